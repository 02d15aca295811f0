"""Listings over HTTP: what is taken, what is told of it, and who sees it."""

import base64
import json
from hashlib import sha256

import pytest

from detector.listings.intake.event_fields import EXAMPLES
from detector.listings.intake.scan_queue import SCAN_KIND
from detector.store.claiming import claim
from detector.store.store import open_store
from tests.detector.api.listing_calls import (
    JSON,
    LIMIT,
    event,
    post,
    read_all,
    send,
    serving_markets,
)
from tests.live_service import picture, require_problem

PNG = {"Content-Type": "image/png"}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("listings") / "data"


@pytest.fixture(scope="module")
def clients(data_dir):
    with serving_markets(data_dir) as clients:
        yield clients


@pytest.fixture
def shop(clients):
    return clients["shop"]


def test_events_are_taken_once_and_the_listing_can_be_read(shop, data_dir):
    first, second = send(shop, EXAMPLES["updated"], EXAMPLES["updated"])
    assert (first["status"], second["status"]) == ("accepted", "duplicate")
    assert first["id"] == second["id"]
    assert (first["listing_id"], first["version"]) == ("4711", 2)
    shown = shop.send("GET", f"/v1/listings/{first['id']}").json
    assert (shown["marketplace_id"], shown["listing_id"]) == ("shop", "4711")
    assert (shown["state"], shown["verdict"]) == ("queued", None)
    assert shown["details"]["price"] == "44.5"
    assert shown["flags"] == []
    (image,) = shown["images"]
    assert (image["position"], image["state"], image["sha256"]) == (0, "waiting", None)
    store = open_store(data_dir)
    job = claim(store.database, [SCAN_KIND], lease_s=60)
    store.close()
    assert job is not None
    assert job.payload["listing_id"] == first["id"]


def test_the_examples_can_be_sent_as_they_are(shop):
    taken = [event for event in EXAMPLES.values() if event["type"] != "listing.created"]
    for each in send(shop, *({**e, "listing_id": "example"} for e in taken)):
        assert each["status"] in {"accepted", "stale"}


def test_an_older_version_is_stale_and_a_deletion_is_an_event(shop):
    (accepted,) = send(shop, event("s", 5))
    (stale,) = send(shop, event("s", 4))
    assert stale["status"] == "stale"
    [note] = stale["warnings"]
    assert (note["code"], note["pointer"]) == (
        "newer_version_known",
        "/listings/0/version",
    )
    assert "Version 5" in note["detail"]
    assert "above 5" in note["remedy"]
    gone = event("s", 6, type="listing.deleted", removal="sold")
    (deleted,) = send(shop, gone)
    assert deleted["status"] == "accepted"
    shown = shop.send("GET", f"/v1/listings/{accepted['id']}").json
    assert (shown["state"], shown["removal"], shown["version"]) == (
        "deleted",
        "sold",
        6,
    )
    assert shown["deleted_at"] is not None
    answer = shop.send("DELETE", f"/v1/listings/{accepted['id']}")
    require_problem(answer, 405, "method_not_allowed")


def test_one_bad_event_never_refuses_the_others(shop):
    bad = event("bad", images=[{"url": "https://a.example/1"}, {"url": "nowhere"}])
    other = event("other", marketplace_id="bazaar")
    results = send(shop, event("good"), bad, 7, event("good", 1, title="x"), other)
    assert [result["status"] for result in results] == [
        "accepted",
        "invalid",
        "invalid",
        "invalid",
        "invalid",
    ]
    assert [result["errors"][0]["pointer"] for result in results[1:]] == [
        "/listings/1/images/1/url",
        "/listings/2",
        "/listings/3/version",
        "/listings/4/marketplace_id",
    ]
    assert results[1]["listing_id"] == "bad"
    assert results[2]["listing_id"] is None
    assert results[1]["id"] is None


def test_a_wrong_gtin_is_told_and_the_listing_taken(shop):
    (result,) = send(shop, event("gtin", gtin="4006381333932"))
    assert result["status"] == "accepted"
    assert result["warnings"][0]["code"] == "gtin_check_digit"


def test_500_events_are_taken_and_501_are_not(shop):
    taken = send(shop, *(event(f"many-{n}") for n in range(500)))
    assert {result["status"] for result in taken} == {"accepted"}
    for events in ([event(f"m-{n}") for n in range(501)], []):
        answer = post(shop, json.dumps({"listings": events}).encode())
        problem = require_problem(answer, 422, "invalid_request")
        assert problem["errors"][0]["pointer"] == "#/listings"


def test_500_events_that_are_all_invalid_are_each_told_why(shop):
    nonsense: list[object] = [None, [], {}, "x", {"listing_id": 1}, {"type": "x"}]
    results = send(shop, *(nonsense * 100)[:500])
    assert {result["status"] for result in results} == {"invalid"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_body"),
        (b"{", 400, "malformed_body"),
        (b"[" * 100_000, 400, "malformed_body"),
        (b'{"listings":' * 100_000, 400, "malformed_body"),
        (b'{"listings": [NaN]}', 400, "malformed_body"),
        (b'{"listings": [], "listings": []}', 400, "malformed_body"),
        ('{"listings": ["é"]}'.encode("latin-1"), 400, "malformed_body"),
        (b"[]", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"listings": {}}', 422, "invalid_request"),
        (b'{"listings": [{}], "more": 1}', 422, "invalid_request"),
        (b"," * 2_000_001, 413, "body_too_large"),
        (b'{"listings": ["' + b"x" * 10 * LIMIT + b'"]}', 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_list_of_events_is_refused_whole(shop, body, status, code):
    require_problem(post(shop, body), status, code)


def test_a_body_has_to_be_declared_as_json(shop):
    answer = shop.send("POST", "/v1/listings", b"{}", {"Content-Type": "text/csv"})
    require_problem(answer, 415, "unsupported_media_type")


def test_oddities_of_json_are_their_events_affair(shop):
    def odd(listing: bytes) -> bytes:
        good = json.dumps(event("beside")).encode()
        return b'{"listings": [' + listing + b"," + good + b"]}"

    for body in (
        b"9" * 10_000,
        b"1e999",
        b"[" * 900 + b"]" * 900,
        b'{"listing_id": "a", "listing_id": "b"}',
        b'{"listing_id": "\\ud800"}',
        b'{"listing_id": "\\u0000"}',
        b'{"\\ud800": 1}',
        b'{"version": ' + b"9" * 5_000 + b"}",
        b'{"images": [' + b"[]," * 1_000 + b"[]]}",
    ):
        answer = post(shop, odd(body))
        assert answer.status == 200, answer.body
        bad, good = answer.json["results"]
        assert bad["status"] == "invalid"
        assert good["status"] in {"accepted", "duplicate"}


def test_pictures_inline_are_bounded_one_by_one(shop):
    def with_picture(name: str, num_bytes: int) -> dict[str, object]:
        data = base64.b64encode(bytes(num_bytes)).decode()
        return event(name, images=[{"data": data}])

    large, fitting = send(
        shop, with_picture("large", LIMIT + 3), with_picture("fits", LIMIT)
    )
    assert large["errors"][0]["pointer"] == "/listings/0/images/0/data"
    assert fitting["status"] == "accepted"


def test_a_picture_is_sent_once_and_named_by_hash(shop, clients):
    data = picture(3)
    digest = sha256(data).hexdigest()
    named = event("named", images=[{"sha256": digest.upper()}])
    (refused,) = send(shop, named)
    assert refused["errors"][0]["pointer"] == "/listings/0/images/0/sha256"
    for _ in range(2):
        answer = shop.send("POST", "/v1/pictures", data, PNG)
        assert answer.status == 200
        assert answer.json == {"sha256": digest, "num_bytes": len(data)}
    (elsewhere,) = send(clients["bazaar"], named)
    assert elsewhere["status"] == "invalid"
    (taken,) = send(shop, named)
    assert taken["status"] == "accepted"


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (b"", PNG, 422, "unreadable_image"),
        (b"no picture", PNG, 422, "unreadable_image"),
        (b"<svg/>", PNG, 422, "unreadable_image"),
        (bytes(LIMIT + 70_000), PNG, 413, "body_too_large"),
        (picture(1) + bytes(LIMIT), PNG, 413, "image_too_large"),
        (picture(1), {"Content-Type": "text/html"}, 415, "unsupported_media_type"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(shop, data, headers, status, code):
    require_problem(shop.send("POST", "/v1/pictures", data, headers), status, code)


def test_a_key_has_to_say_for_which_marketplace_it_is(clients):
    nameless = clients["nameless"]
    body = json.dumps({"listings": [event("x", marketplace_id="shop")]}).encode()
    require_problem(post(nameless, body), 403, "forbidden")
    require_problem(nameless.send("GET", "/v1/listings"), 403, "forbidden")
    require_problem(nameless.send("GET", "/v1/listings/lst_1"), 403, "forbidden")
    answer = nameless.send("POST", "/v1/pictures", picture(1), PNG)
    problem = require_problem(answer, 403, "forbidden")
    assert "--marketplace" in problem["remedy"]


def test_the_platform_names_the_marketplace_in_each_event(clients):
    admin = clients["admin"]
    unnamed, named = send(admin, event("p"), event("p", marketplace_id="third"))
    assert unnamed["errors"][0]["pointer"] == "/listings/0/marketplace_id"
    assert named["status"] == "accepted"
    path = "/v1/pictures"
    answer = admin.send("POST", path, picture(1), PNG)
    problem = require_problem(answer, 422, "invalid_request")
    assert problem["errors"][0]["parameter"] == "marketplace_id"
    answer = admin.send("POST", f"{path}?marketplace_id=third", picture(1), PNG)
    assert answer.status == 200
    shop = clients["shop"]
    answer = shop.send("POST", f"{path}?marketplace_id=third", picture(1), PNG)
    require_problem(answer, 403, "forbidden")


def test_the_same_call_with_a_key_is_answered_the_same(shop):
    body = json.dumps({"listings": [event("idempotent")]}).encode()
    headers = {**JSON, "Idempotency-Key": "listings-1"}
    first = shop.send("POST", "/v1/listings", body, headers)
    again = shop.send("POST", "/v1/listings", body, headers)
    assert first.json == again.json
    assert again.headers["idempotency-replayed"] == "true"


def test_a_full_queue_says_when_to_come_back(data_dir, clients):
    with serving_markets(data_dir, max_queued_listings=1) as narrow:
        client = narrow["shop"]
        pictures = [{"url": "https://img.example/1.jpg"}]
        full = {"listings": [event(f"full-{n}", images=pictures) for n in range(2)]}
        send(clients["shop"], event("waits", images=pictures))
        answer = post(client, json.dumps(full).encode())
        require_problem(answer, 429, "queue_full")
        assert 1 <= int(answer.headers["retry-after"]) <= 600
        assert not [item for item in read_all(client) if item["listing_id"] == "full-0"]

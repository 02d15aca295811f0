"""Listings over HTTP: what is taken, what is told of it, and who sees it."""

import base64
import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest

from detector.access.keys import create_key
from detector.access.roles import Capability, Role
from detector.listings.intake.event_fields import EXAMPLES
from detector.listings.intake.scan_queue import SCAN_KIND
from detector.store.claiming import claim
from detector.store.store import open_store
from tests.detector.api.flagged_shops import serving_shops
from tests.live_service import Answer, Client, picture, require_problem, serving

JSON = {"Content-Type": "application/json"}
PNG = {"Content-Type": "image/png"}
LIMIT = 300_000


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("listings") / "data"


@pytest.fixture(scope="module")
def clients(data_dir):
    """Callers of a service that scans nothing, and whose limits are low."""
    store = open_store(data_dir)
    keys = {
        "admin": create_key(store.database, Role.ADMIN)[0],
        "nameless": create_key(store.database, Role.MARKETPLACE)[0],
    }
    for name in ("shop", "bazaar"):
        keys[name], _ = create_key(store.database, Role.MARKETPLACE, marketplace=name)
    store.close()
    limits = {"max_listings_bytes": 4 * LIMIT, "max_image_bytes": LIMIT}
    with serving(
        data_dir, job_threads=0, scan_threads=0, body_timeout_s=5, **limits
    ) as stranger:
        yield {name: Client(stranger.port, key) for name, key in keys.items()}


@pytest.fixture
def shop(clients):
    return clients["shop"]


def post(client: Client, body: bytes) -> Answer:
    return client.send("POST", "/v1/listings", body, JSON)


def send(client: Client, *events: object) -> Any:
    """Post events; return what became of them."""
    answer = post(client, json.dumps({"listings": events}).encode())
    assert answer.status == 200, answer.body
    results = answer.json["results"]
    assert len(results) == len(events)
    counts = answer.json["counts"]
    assert counts == {
        name: sum(result["status"] == name for result in results)
        for name in ("accepted", "duplicate", "stale", "invalid")
    }
    for n, result in enumerate(results):
        assert (result["status"] == "invalid") == bool(result["errors"])
        for fault in result["errors"] + result["warnings"]:
            assert fault["pointer"].startswith(f"/listings/{n}")
            assert fault["detail"]
            assert fault["remedy"]
    return results


def event(name: str, version: int = 1, **fields: object) -> dict[str, object]:
    return {
        "type": "listing.created",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": name,
        "version": version,
        **fields,
    }


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
        (b'{"listings": ["' + b"x" * 4 * LIMIT + b'"]}', 413, "body_too_large"),
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


def test_a_marketplace_sees_its_own_listings_only(clients):
    (mine,) = send(clients["shop"], event("same-name", title="of the shop"))
    (theirs,) = send(clients["bazaar"], event("same-name", title="of the bazaar"))
    assert mine["id"] != theirs["id"]
    for name, own, other in (("shop", mine, theirs), ("bazaar", theirs, mine)):
        client = clients[name]
        assert client.send("GET", f"/v1/listings/{own['id']}").status == 200
        refused = client.send("GET", f"/v1/listings/{other['id']}")
        nobodys = client.send("GET", "/v1/listings/lst_" + "0" * 24)
        require_problem(refused, 404, "unknown_id")
        require_problem(nobodys, 404, "unknown_id")
        listed = read_all(client)
        assert {item["marketplace_id"] for item in listed} == {name}
        assert read_all(client, "marketplace_id=third") == []
    admin = read_all(clients["admin"])
    assert {item["marketplace_id"] for item in admin} >= {"shop", "bazaar"}


def read_all(client: Client, query: str = "limit=200") -> list[Mapping[str, Any]]:
    items: list[Mapping[str, Any]] = []
    path = f"/v1/listings?{query}"
    while path:
        answer = client.send("GET", path)
        assert answer.status == 200, answer.body
        items += answer.json["items"]
        cursor = answer.json["next_cursor"]
        path = f"/v1/listings?{query}&cursor={cursor}" if cursor else ""
    return items


def test_the_list_comes_in_pages_and_can_be_narrowed(clients):
    bazaar = clients["bazaar"]
    send(
        bazaar,
        *(event(f"page-{n}", seller={"id": f"s{n % 2}"}) for n in range(5)),
        event("page-gone", type="listing.deleted"),
    )
    every = read_all(bazaar, "limit=2")
    assert len(every) == len({item["id"] for item in every}) >= 6
    ones = read_all(bazaar, "seller_id=s1")
    assert {item["listing_id"] for item in ones} == {"page-1", "page-3"}
    gone = read_all(bazaar, "state=deleted")
    assert {item["listing_id"] for item in gone} == {"page-gone"}
    assert read_all(bazaar, "verdict=match") == []
    last = max(item["updated_at"] for item in every)
    send(bazaar, event("page-0", 2, title="later"))
    changed = read_all(bazaar, f"updated_since={last}")
    assert changed[-1]["listing_id"] == "page-0"
    for wrong in ("state=x", "verdict=x", "seller_id=%00", "brand_id=x"):
        answer = bazaar.send("GET", f"/v1/listings?{wrong}")
        require_problem(answer, 422, "invalid_request")


def test_the_same_call_with_a_key_is_answered_the_same(shop):
    body = json.dumps({"listings": [event("idempotent")]}).encode()
    headers = {**JSON, "Idempotency-Key": "listings-1"}
    first = shop.send("POST", "/v1/listings", body, headers)
    again = shop.send("POST", "/v1/listings", body, headers)
    assert first.json == again.json
    assert again.headers["idempotency-replayed"] == "true"


def test_a_full_queue_says_when_to_come_back(data_dir, clients):
    with serving(
        data_dir, job_threads=0, scan_threads=0, max_queued_listings=1
    ) as narrow:
        client = Client(narrow.port, clients["shop"].key)
        pictures = [{"url": "https://img.example/1.jpg"}]
        full = {"listings": [event(f"full-{n}", images=pictures) for n in range(2)]}
        send(clients["shop"], event("waits", images=pictures))
        answer = post(client, json.dumps(full).encode())
        require_problem(answer, 429, "queue_full")
        assert 1 <= int(answer.headers["retry-after"]) <= 600
        assert not [item for item in read_all(client) if item["listing_id"] == "full-0"]


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    with serving_shops(tmp_path_factory.mktemp("shops")) as running:
        yield running


def test_what_was_found_is_shown_with_the_names_of_references(shops):
    client = shops["shop"]
    (listed,) = [i for i in read_all(client) if i["listing_id"] == "both"]
    shown = client.send("GET", f"/v1/listings/{listed['id']}").json
    assert shown["state"] == "scanned"
    assert shown["verdict"] in {"match", "review"}
    bag, shoe = shown["images"]
    assert [bag["state"], shoe["state"]] == ["scanned", "scanned"]
    assert bag["sha256"] == shops.sha256("bag again")
    assert bag["matches"][0]["brand"] == "Acme"
    assert shoe["matches"][0]["brand"] == "Zeta"
    assert bag["cluster_id"] is not None
    assert {flag["brand"]["name"] for flag in shown["flags"]} == {"Acme", "Zeta"}
    listed_flags = client.send("GET", "/v1/flags").json["items"]
    for flag in shown["flags"]:
        assert flag in listed_flags


def test_a_picture_of_another_marketplace_is_not_named(shops):
    """`bag again` is a copy of the bazaar's picture, whose result it shares."""
    (listed,) = [i for i in read_all(shops["admin"]) if i["listing_id"] == "both"]
    path = f"/v1/listings/{listed['id']}"
    of_shop = shops["shop"].send("GET", path)
    of_admin = shops["admin"].send("GET", path)
    assert of_admin.json["images"][0]["same_as"] == shops.sha256("bag")
    assert of_shop.json["images"][0]["same_as"] is None
    assert shops.sha256("bag") not in of_shop.body.decode()
    assert "hidden" not in of_shop.body.decode()


def test_flags_are_for_those_who_may_read_them(shops):
    scopes = frozenset({Capability.LISTINGS_READ})
    key, _ = create_key(
        shops.store.database, Role.MARKETPLACE, marketplace="shop", scopes=scopes
    )
    client = Client(shops.port, key)
    (listed,) = [i for i in read_all(client) if i["listing_id"] == "both"]
    shown = client.send("GET", f"/v1/listings/{listed['id']}").json
    assert shown["flags"] is None
    assert shown["verdict"] is not None


def test_a_brand_sees_no_listing(shops):
    for path in ("/v1/listings", "/v1/listings/lst_1"):
        require_problem(shops["brand"].send("GET", path), 403, "forbidden")

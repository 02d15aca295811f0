"""Files of listing events over HTTP: in as they are, out as counts and problems."""

import csv
import gzip
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from detector.access.roles import Role
from tests.detector.api.people import with_key
from tests.detector.api.tenants import send_files
from tests.live_service import Answer, Client, make_key, require_problem, serving

FILES = "/v1/listing-imports"
NDJSON = "application/x-ndjson"
SOON_S = 60.0


def event(name: str, **more: object) -> dict[str, object]:
    return {
        "type": "listing.created",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": name,
        **more,
    }


def lines(*events: Mapping[str, object] | str) -> bytes:
    texts = (e if isinstance(e, str) else json.dumps(e) for e in events)
    return "".join(f"{text}\n" for text in texts).encode()


TABLE = b"listing_id,type,occurred_at\nt,listing.created,2026-06-01T12:00:00Z\n"
SHORT = lines(event("a"), "oops", event("b", gtin="12"), event("c", price="=much"))


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("service") / "data"
    key = make_key(data_dir, Role.ADMIN)
    with serving(
        data_dir, max_upload_bytes=20_000, max_listings_bytes=2_000, rate_limit=100_000
    ) as client:
        yield Client(client.port, key)


@pytest.fixture(scope="module")
def shop(admin):
    return with_key(admin, role="marketplace", marketplace="shop.example")


@pytest.fixture(scope="module")
def other(admin):
    return with_key(admin, role="marketplace", marketplace="other.example")


def send(client: Client, data: bytes, kind: str = NDJSON, query: str = "") -> Answer:
    return client.send("POST", FILES + query, data, {"Content-Type": kind})


def finished(client: Client, answer: Answer) -> Any:
    """Ask for an import that was just begun until it has ended."""
    assert answer.status == 202, answer.body
    assert answer.headers["location"] == f"{FILES}/{answer.json['id']}"
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        found = client.send("GET", answer.headers["location"]).json
        if found["state"] not in {"queued", "running"}:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"{answer.json['id']} did not end")


def test_a_file_goes_in_and_its_problems_come_out(shop):
    done = finished(shop, send(shop, SHORT))
    assert (done["state"], done["format"]) == ("done", "ndjson")
    assert done["marketplace_id"] == "shop.example"
    assert done["counts"] == {"accepted": 2, "duplicate": 0, "stale": 0, "invalid": 2}
    assert (done["num_rows"], done["num_problems"]) == (4, 3)
    at = f"{FILES}/{done['id']}"
    first = shop.send("GET", f"{at}/problems?limit=2")
    assert "link" in first.headers
    rest = shop.send("GET", f"{at}/problems?cursor={first.json['next_cursor']}")
    found = first.json["items"] + rest.json["items"]
    assert [(p["row"], p["pointer"], p["severity"]) for p in found] == [
        (2, None, "error"),
        (3, "/gtin", "warning"),
        (4, "/price", "error"),
    ]
    assert all(problem["remedy"] for problem in found)
    table = shop.send("GET", f"{at}/problems.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(table.body.decode().splitlines()))
    assert [row["row"] for row in rows] == ["2", "3", "4"]
    listed = shop.send("GET", "/v1/listings?limit=200").json["items"]
    assert {"a", "b"} <= {listing["listing_id"] for listing in listed}


@pytest.mark.parametrize(
    ("data", "kind", "format"),
    [
        (lines(event("d")), "application/jsonl", "ndjson"),
        (TABLE, "text/csv", "csv"),
        (TABLE, "application/octet-stream", "csv"),
        (gzip.compress(TABLE, mtime=0), "application/gzip", "csv"),
        (gzip.compress(lines(event("e")), mtime=0), NDJSON, "ndjson"),
    ],
)
def test_a_file_may_be_the_body_itself(shop, data, kind, format):
    done = finished(shop, send(shop, data, kind))
    assert (done["state"], done["format"], done["num_rows"]) == ("done", format, 1)


def test_a_file_may_be_a_field_of_a_form(shop):
    sent = send_files(shop, FILES, [("file", "more events.ndjson", b"oops\n")])
    done = finished(shop, sent)
    assert (done["file_name"], done["format"]) == ("more events.ndjson", "ndjson")
    assert done["counts"]["invalid"] == 1


def test_what_is_asked_for_counts_for_more_than_what_the_type_says(shop):
    done = finished(shop, send(shop, b"oops\n", "text/csv", "?format=ndjson"))
    assert (done["state"], done["format"]) == ("done", "ndjson")


def test_a_file_that_is_none_fails_with_the_reason(shop):
    for data, kind, said in (
        (b"[{}]", NDJSON, "JSON array"),
        (b"title\n", "text/csv", "listing_id"),
        (gzip.compress(bytes(100_000)), "application/gzip", "unpacked"),
    ):
        done = finished(shop, send(shop, data, kind))
        assert done["state"] == "failed"
        assert said in done["error"]


def test_an_event_may_be_as_long_in_a_file_as_in_a_call(shop):
    long = event("long", title="x" * 900, description="y" * 1_000)
    done = finished(shop, send(shop, lines(long, event("short"))))
    assert (done["counts"]["accepted"], done["counts"]["invalid"]) == (1, 1)


def test_requests_that_hold_no_file_are_refused(shop, admin):
    require_problem(
        send(shop, b"{}", "application/json"), 415, "unsupported_media_type"
    )
    require_problem(send_files(shop, FILES, []), 422, "invalid_request")
    require_problem(
        send_files(shop, FILES, [("events", "a", b"")]), 422, "invalid_request"
    )
    large = lines(*(event(str(n), title="x" * 200) for n in range(100)))
    require_problem(send(shop, large), 413, "body_too_large")
    require_problem(send(shop, b"", NDJSON, "?format=xml"), 422, "invalid_request")
    unnamed = with_key(admin, role="marketplace")
    require_problem(send(unnamed, SHORT), 403, "forbidden")


def test_who_speaks_for_no_marketplace_has_each_event_say_which(admin):
    named = event("z", marketplace_id="third.example")
    done = finished(admin, send(admin, lines(named, event("z"))))
    assert done["marketplace_id"] is None
    assert (done["counts"]["accepted"], done["counts"]["invalid"]) == (1, 1)


def test_another_marketplace_learns_nothing_of_an_import(shop, other, admin):
    done = finished(shop, send(shop, SHORT))
    at = f"{FILES}/{done['id']}"
    for method, path in (
        ("GET", at),
        ("POST", f"{at}/cancel"),
        ("GET", f"{at}/problems"),
        ("GET", f"{at}/problems.csv"),
    ):
        problem = require_problem(other.send(method, path), 404, "unknown_id")
        nobodys = path.replace(done["id"], "lim_" + "0" * 32)
        none = require_problem(other.send(method, nobodys), 404, "unknown_id")
        assert problem["title"] == none["title"]
        assert admin.send(method, path).status != 404
    assert other.send("GET", FILES).json["items"] == []
    ids = {item["id"] for item in shop.send("GET", f"{FILES}?limit=200").json["items"]}
    assert done["id"] in ids
    forged = event("a", marketplace_id="shop.example")
    stolen = finished(other, send(other, lines(forged)))
    assert stolen["counts"]["invalid"] == 1


def test_an_import_that_has_ended_cannot_be_canceled(shop):
    done = finished(shop, send(shop, SHORT))
    canceled = shop.send("POST", f"{FILES}/{done['id']}/cancel")
    require_problem(canceled, 409, "conflict")


def test_the_same_key_sends_a_file_once(shop):
    headers = {"Content-Type": NDJSON, "Idempotency-Key": "files-1"}
    first, again = (shop.send("POST", FILES, SHORT, headers) for _ in range(2))
    assert (first.status, again.status) == (202, 202)
    assert first.json["id"] == again.json["id"]

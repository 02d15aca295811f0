import json
import re
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from detector.access.roles import Role
from tests.live_service import Client, make_key, require_problem, serving

JSON = {"Content-Type": "application/json"}
NUM_BRANDS = 7


@pytest.fixture(scope="module")
def admin(tmp_path_factory):
    """A client of a service with a few brands."""
    data_dir = tmp_path_factory.mktemp("pages") / "data"
    with serving(data_dir) as service:
        client = Client(service.port, make_key(data_dir, Role.ADMIN))
        for number in range(NUM_BRANDS):
            assert add(client, f"Brand {number}").status == 201
        yield client


def add(client, name: str):
    return client.send("POST", "/v1/brands", json.dumps({"name": name}).encode(), JSON)


def ids_of(answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json["items"]]


def next_of(answer) -> str | None:
    """Read where the Link header leads."""
    if "link" not in answer.headers:
        return None
    found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers["link"])
    assert found
    return found[1]


def test_links_lead_through_the_whole_list(admin):
    path: str | None = "/v1/brands?limit=3"
    ids = []
    while path is not None:
        answer = admin.send("GET", path)
        ids += ids_of(answer)
        path = next_of(answer)
        cursor = answer.json["next_cursor"]
        assert (path is None) == (cursor is None)
        if path is not None:
            query = dict(parse_qsl(urlsplit(path).query))
            assert query == {"limit": "3", "cursor": cursor}
    assert ids == ids_of(admin.send("GET", "/v1/brands"))
    assert len(set(ids)) == NUM_BRANDS


def test_a_page_that_ends_with_the_list_is_the_last(admin):
    answer = admin.send("GET", f"/v1/brands?limit={NUM_BRANDS}")
    assert len(ids_of(answer)) == NUM_BRANDS
    assert answer.json["next_cursor"] is None


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2", "9" * 400])
def test_a_limit_that_is_none_is_refused(admin, limit):
    answer = admin.send("GET", f"/v1/brands?limit={limit}")
    problem = require_problem(answer, 422, "invalid_request")
    assert problem["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize(
    "cursor", ["", "x", "\0", "💡", "\ud83d", "A" * 5_000, "' OR 1=1 --", "AAAAAFtd"]
)
def test_a_cursor_that_is_none_is_refused(admin, cursor):
    path = "/v1/brands?cursor=" + quote(cursor.encode("utf-8", "surrogatepass"))
    answer = admin.send("GET", path)
    require_problem(answer, 422, "invalid_cursor")


def test_a_cursor_of_another_list_is_refused(admin):
    cursor = admin.send("GET", "/v1/brands?limit=1").json["next_cursor"]
    answer = admin.send("GET", f"/v1/keys?cursor={cursor}")
    require_problem(answer, 422, "invalid_cursor")


def test_a_cursor_of_somebody_else_leads_nowhere_else(admin):
    first, second, *_ = ids_of(admin.send("GET", "/v1/brands"))
    cursor = admin.send("GET", "/v1/brands?limit=1").json["next_cursor"]
    for brand_id, seen in ((first, []), (second, [second])):
        asked = {"role": "brand_admin", "brand_id": brand_id, "name": "their key"}
        made = admin.send("POST", "/v1/keys", json.dumps(asked).encode(), JSON)
        assert made.status == 201, made.body
        client = Client(admin.port, made.json["key"])
        assert ids_of(client.send("GET", f"/v1/brands?cursor={cursor}")) == seen


@pytest.mark.parametrize(
    "time",
    [
        "now",
        "2026-06-01",
        "2026-06-01T00:00:00",
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "1e400",
        "0.5",
        "1780000000",
        "99999999999999999999",
    ],
)
def test_a_time_that_is_none_is_refused(admin, time):
    (brand_id, *_) = ids_of(admin.send("GET", "/v1/brands?limit=1"))
    path = f"/v1/brands/{brand_id}/products?updated_since={time}"
    problem = require_problem(admin.send("GET", path), 422, "invalid_request")
    assert problem["errors"][0]["parameter"] == "updated_since"
    fine = path.replace(time, "2026-06-01T12:00:00Z")
    assert ids_of(admin.send("GET", fine)) == []


def test_a_key_that_is_made_twice_by_one_request_is_told_of_without_its_secret(admin):
    asked = json.dumps({"role": "marketplace", "name": "once"}).encode()
    headers = {**JSON, "Idempotency-Key": "make-a-key"}
    made = admin.send("POST", "/v1/keys", asked, headers)
    assert made.status == 201, made.body
    again = admin.send("POST", "/v1/keys", asked, headers)
    require_problem(again, 409, "idempotency_secret_not_kept")
    assert made.json["key"] not in again.body.decode()
    keys = admin.send("GET", "/v1/keys").json["items"]
    assert [key["name"] for key in keys].count("once") == 1

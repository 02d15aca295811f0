"""Bodies of JSON: whatever two readers could understand differently, and bombs."""

from typing import Annotated

import pytest
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from detector.store.tables import BrandRow
from tests.live_service import Client, make_app, make_key, require_problem, running

JSON = {"Content-Type": "application/json"}


class Part(BaseModel):
    """A part of what the route takes."""

    count: int


class Thing(BaseModel):
    """What the route takes."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    parts: list[Part] = Field([])
    more: dict[str, object] = Field({})


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("json") / "data"
    app = make_app(data_dir, body_timeout_s=1)

    @app.post("/v1/things")
    async def make(thing: Thing) -> dict[str, object]:
        return thing.model_dump()

    @app.post("/v1/bodiless")
    async def ignore() -> dict[str, object]:
        return {}

    @app.get("/v1/things")
    async def find(number: Annotated[int, Query(ge=0, le=9)]) -> dict[str, object]:
        return {"number": number}

    @app.post("/v1/twins")
    def conflict() -> None:
        with app.state.service.store.database.write() as session:
            session.add(BrandRow(id="a", key="a", name="a"))

    with running(app) as service:
        yield Client(service.port, make_key(data_dir))


def test_json_is_taken_under_its_names(client):
    body = '{"name": "Größe 💡", "parts": [{"count": 1}], "more": {"a": [1.5, null]}}'
    for kind in (
        "application/json",
        "application/json; charset=utf-8",
        "application/x+json",
    ):
        answer = client.send(
            "POST", "/v1/things", body.encode(), {"Content-Type": kind}
        )
        assert answer.status == 200
        assert answer.json["name"] == "Größe 💡"
        assert answer.json["more"] == {"a": [1.5, None]}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"name=a",
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "more": {"x": {"y": 1, "y": 2}}}',
        b'{"name": "a", "more": {"x": NaN}}',
        b'{"name": "a", "more": {"x": -Infinity}}',
        b'{"name": "a", "more": {"x": 1e999}}',
        b'{"name": "a", "more": {"x": 9223372036854775808}}',
        b'{"name": "a", "more": {"x": ' + b"9" * 5_000 + b"}}",
        b'{"name": "\\ud800"}',
        b'{"name": "a", "more": {"\\udc00": 1}}',
        b'{"name": "a\\u0000b"}',
        b'{"name": "a", "more": {"x": ' + b"[" * 40 + b"]" * 40 + b"}}",
        b"[" * 400_000,
        b'{"a":' * 150_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_what_could_be_understood_in_two_ways_is_refused(client, body):
    answer = client.send("POST", "/v1/things", body, JSON)
    problem = require_problem(answer, 400, "malformed_body")
    assert problem["errors"] is None


@pytest.mark.parametrize("kind", ["", "text/plain", "image/png", "application/xml"])
def test_what_is_not_declared_as_json_is_refused(client, kind):
    answer = client.send("POST", "/v1/things", b'{"name": "a"}', {"Content-Type": kind})
    require_problem(answer, 415, "unsupported_media_type")


def test_a_body_over_a_megabyte_is_refused_whatever_it_says(client):
    large = b'{"name": "' + b"a" * 1_000_000 + b'"}'
    for kind in ("application/json", "image/png"):
        answer = client.send("POST", "/v1/things", large, {"Content-Type": kind})
        require_problem(answer, 413, "body_too_large")


def head_of(client, path: str, *lines: str) -> bytes:
    first = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {client.key}"]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def test_a_body_that_is_large_slow_or_endless_is_given_up(client):
    head = head_of(client, "/v1/things", "Content-Length: 10000000000")
    assert b"body_too_large" in client.send_raw(head)
    head = head_of(client, "/v1/things", "Content-Length: 100")
    assert b"body_too_slow" in client.send_raw(head + b'{"name"')
    head = head_of(client, "/v1/things", "Transfer-Encoding: chunked")
    assert b"body_too_large" in client.send_raw(head, max_more=200)


def test_allow_names_all_that_a_path_takes(client):
    answer = client.send("PUT", "/v1/things", b"{}", JSON)
    require_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"


def test_a_body_that_no_route_takes_is_not_read(client):
    head = head_of(client, "/v1/bodiless", "Content-Length: 10000000000")
    answer = client.send_raw(head)
    assert b"200 OK" in answer.splitlines()[0]
    assert b"connection: close" in answer.lower()


def test_every_field_that_does_not_fit_is_named(client):
    body = b'{"name": "", "parts": [{"count": 1}, {"count": "x"}], "a/b~c": 1}'
    problem = require_problem(
        client.send("POST", "/v1/things", body, JSON), 422, "invalid_request"
    )
    pointers = {each["pointer"] for each in problem["errors"]}
    assert pointers == {"#/name", "#/parts/1/count", "#/a~1b~0c"}
    assert "2 more" in problem["detail"]


def test_at_most_twenty_are_named(client):
    parts = ", ".join(['{"count": "x"}'] * 1_000)
    body = f'{{"name": "a", "parts": [{parts}]}}'.encode()
    problem = require_problem(
        client.send("POST", "/v1/things", body, JSON), 422, "invalid_request"
    )
    assert len(problem["errors"]) == 20


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"a"', b"1"])
def test_a_body_that_is_no_object_is_a_field_that_does_not_fit(client, body):
    problem = require_problem(
        client.send("POST", "/v1/things", body, JSON), 422, "invalid_request"
    )
    assert problem["errors"][0]["pointer"] == "#"


@pytest.mark.parametrize(
    "text", ["10", "-1", "9223372036854775808", "9" * 5_000, "1e3", "", "%00", "%FF"]
)
def test_parameters_of_any_size_are_refused_by_name(client, text):
    answer = client.send("GET", f"/v1/things?number={text}")
    problem = require_problem(answer, 422, "invalid_request")
    assert [e["parameter"] for e in problem["errors"]] == ["number"]


def test_what_goes_against_the_database_is_a_conflict(client, caplog):
    assert client.send("POST", "/v1/twins").status == 200
    require_problem(client.send("POST", "/v1/twins"), 409, "conflict")
    (record,) = [r for r in caplog.records if r.getMessage() == "conflict"]
    assert record.levelname == "WARNING"

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from sqlalchemy import func, select

from detector.api.app import create_app
from detector.api.idempotency import SECRET
from detector.errors import InvalidInput, StoreFault
from detector.settings import Settings
from detector.store.database import Database
from detector.store.work_tables import GivenAnswerRow
from tests.live_service import (
    Answer,
    Client,
    make_app,
    make_key,
    require_problem,
    running,
)

JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


class Work:
    """Routes that count how often they were worked on."""

    def __init__(self, app: FastAPI) -> None:
        self.num_done = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.has_begun = threading.Event()

        @app.post("/v1/things", status_code=201)
        async def make(request: Request, response: Response) -> dict[str, int]:
            await request.body()
            self.has_begun.set()
            await asyncio.to_thread(self.may_end.wait)
            self.num_done += 1
            response.headers["Location"] = f"/v1/things/{self.num_done}"
            return {"number": self.num_done}

        @app.post("/v1/unread")
        async def leave_unread() -> dict[str, int]:
            self.num_done += 1
            return {"number": self.num_done}

        @app.delete("/v1/things", status_code=204)
        async def remove() -> None:
            self.num_done += 1

        @app.post("/v1/failing/{how}")
        async def fail(how: str) -> Response:
            self.num_done += 1
            if how == "break":
                raise RuntimeError("a secret")
            if how == "store":
                raise StoreFault("It is full.", remedy="Empty it.")
            if how == "input":
                raise InvalidInput("It is odd.", remedy="Make it even.")
            return Response(str(self.num_done), int(how))

        @app.post("/v1/large")
        async def large() -> Response:
            self.num_done += 1
            return Response(bytes(1_500_000))


@pytest.fixture
def data_dir(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def served(data_dir):
    app = make_app(data_dir, body_timeout_s=5)
    work = Work(app)
    with running(app) as service:
        yield work, Client(service.port, make_key(data_dir))


def post(
    client: Client,
    body: bytes = b"{}",
    path: str = "/v1/things",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    return client.send("POST", path, body, {**JSON, **KEY, **(headers or {})})


def test_a_repeated_write_is_done_once_and_answered_alike(served):
    work, client = served
    first, second = post(client), post(client)
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body == b'{"number":1}'
    assert second.headers["location"] == "/v1/things/1"
    assert second.headers["content-type"] == "application/json"
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert work.num_done == 1


def test_an_empty_answer_is_given_again(served):
    work, client = served
    answers = [client.send("DELETE", "/v1/things", headers=KEY) for _ in range(3)]
    assert [(a.status, a.body) for a in answers] == [(204, b"")] * 3
    assert work.num_done == 1


def test_a_key_may_come_bare_or_quoted(served):
    work, client = served
    post(client)
    bare = {"Idempotency-Key": KEY["Idempotency-Key"].strip('"')}
    assert post(client, headers=bare).headers["idempotency-replayed"] == "true"
    assert work.num_done == 1


def test_without_a_key_a_write_is_done_each_time(served):
    work, client = served
    for _ in range(2):
        assert client.send("POST", "/v1/things", b"{}", JSON).status == 201
    assert work.num_done == 2


@pytest.mark.parametrize(
    "key", ["", '""', '"open', "a b", "\xe9", "x" * 256, '"' + "x" * 256 + '"', '"\\x"']
)
def test_a_key_that_cannot_be_understood_is_refused(served, key):
    work, client = served
    answer = post(client, headers={"Idempotency-Key": key})
    require_problem(answer, 400, "invalid_idempotency_key")
    assert work.num_done == 0


@pytest.mark.parametrize("key", ["x" * 255, '"' + "x" * 255 + '"', '"a \\" b"', "!"])
def test_keys_of_all_lengths_are_taken(served, key):
    _, client = served
    assert post(client, headers={"Idempotency-Key": key}).status == 201
    again = post(client, headers={"Idempotency-Key": key})
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/things", b'{"other": 1}'),
        ("POST", "/v1/things", b""),
        ("POST", "/v1/things?a=1", b"{}"),
        ("POST", "/v1/unread", b"{}"),
        ("DELETE", "/v1/things", b"{}"),
    ],
)
def test_a_key_used_for_another_request_is_refused(served, method, path, body):
    work, client = served
    post(client)
    answer = client.send(method, path, body, {**JSON, **KEY})
    require_problem(answer, 422, "idempotency_key_reused")
    assert work.num_done == 1


def test_keys_of_different_callers_are_different(served, data_dir):
    work, client = served
    other = Client(client.port, make_key(data_dir))
    assert post(client).json == {"number": 1}
    assert post(other).json == {"number": 2}
    assert work.num_done == 2


def test_while_the_first_is_worked_on_others_are_told_to_come_back(served):
    work, client = served
    work.may_end.clear()
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(post, client)
        assert work.has_begun.wait(30)
        try:
            require_problem(post(client), 409, "idempotency_in_progress")
        finally:
            work.may_end.set()
        assert first.result().json == {"number": 1}
    assert post(client).json == {"number": 1}


def test_many_at_once_are_done_once(served):
    work, client = served
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: post(client), range(24)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert work.num_done == 1


@pytest.mark.parametrize("how", ["500", "503", "429", "409", "408", "store", "break"])
def test_what_is_to_be_tried_again_is_worked_on_again(served, how):
    work, client = served
    for number in (1, 2):
        answer = post(client, path=f"/v1/failing/{how}")
        assert answer.status >= 400
        assert work.num_done == number


@pytest.mark.parametrize("how", ["200", "404", "422", "input"])
def test_other_refusals_are_answers_like_all(served, how):
    work, client = served
    first, second = (post(client, path=f"/v1/failing/{how}") for _ in range(2))
    assert (first.status, first.body) == (second.status, second.body)
    assert work.num_done == 1


def test_a_body_that_nobody_read_counts_by_its_length(served):
    _, client = served
    assert post(client, b"12345", "/v1/unread").json == {"number": 1}
    assert post(client, b"54321", "/v1/unread").json == {"number": 1}
    require_problem(post(client, b"1234", "/v1/unread"), 422, "idempotency_key_reused")


def test_an_answer_that_is_too_large_to_keep_is_not_worked_on_again(served):
    work, client = served
    first = post(client, path="/v1/large")
    assert first.body == bytes(1_500_000)
    again = post(client, path="/v1/large")
    require_problem(again, 409, "idempotency_answer_not_kept")
    assert work.num_done == 1


def multipart(boundary: str, data: bytes) -> dict[str, Any]:
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a"; filename="a.csv"'
        f"\r\n\r\n"
    ).encode()
    body += data + f"\r\n--{boundary}--\r\n".encode()
    return {
        "body": body,
        "headers": {"Content-Type": f'multipart/form-data; boundary="{boundary}"'},
    }


def test_a_form_sent_again_with_another_boundary_is_the_same(served):
    work, client = served
    data = bytes(range(256)) * 4_000
    assert post(client, **multipart("b1", data)).status == 201
    again = post(client, **multipart("------------another-one", data))
    assert (again.status, again.headers["idempotency-replayed"]) == (201, "true")
    other = post(client, **multipart("b1", data[:-1] + b"!"))
    require_problem(other, 422, "idempotency_key_reused")
    assert work.num_done == 1


def test_a_replay_reads_no_endless_body(served):
    _, client = served
    post(client)
    head = (
        f"POST /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.key}\r\n"
        f"Idempotency-Key: {KEY['Idempotency-Key']}\r\nContent-Length: 10000000000\r\n"
        "\r\n"
    )
    assert b"body_too_large" in client.send_raw(head.encode())
    slow = head.replace("10000000000", "100") + "{"
    assert b"body_too_slow" in client.send_raw(slow.encode())


def test_nothing_is_stored_of_matches(served, data_dir):
    _, client = served
    answer = client.send("POST", "/v1/match", b"no picture", KEY)
    assert answer.status in {415, 422}
    database = Database(data_dir / "detector.db")
    with database.read() as session:
        assert session.scalar(select(func.count(GivenAnswerRow.id))) == 0
    database.close()


def shows_secret(schema) -> bool:
    secrets = {"key", "token", "secret", "password"}
    return bool(secrets & schema.get("properties", {}).keys())


def test_every_route_that_answers_a_secret_is_known_to_do_so():
    described = create_app(Settings()).openapi()
    schemas = described["components"]["schemas"]
    found = set()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                for content in response.get("content", {}).values():
                    name = content["schema"].get("$ref", "").rpartition("/")[2]
                    if status < "300" and shows_secret(schemas.get(name, {})):
                        found.add(path)
    assert {"/v1/keys"} <= found
    # Outside /v1 nobody looks at keys.
    for path in {path for path in found if path.startswith("/v1")}:
        assert SECRET.fullmatch(path), path

"""What comes in with ill intent: each ends in a refusal of ours, and harms nothing."""

import json
import re
import socket

import pytest

from detector.access.roles import Role
from tests.detector.api.hostile_requests import JSON, REQUESTS
from tests.detector.api.tenants import serving_tenants, unharmed
from tests.live_service import Answer, Client, require_problem


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    """A service with low limits."""
    data_dir = tmp_path_factory.mktemp("service") / "data"
    limits = {"max_image_bytes": 300_000, "max_upload_bytes": 12_000_000}
    with serving_tenants(data_dir, body_timeout_s=2, **limits) as tenants:
        yield tenants


@pytest.fixture
def caller(tenants):
    return tenants.clients[Role.BRAND_ADMIN]


@pytest.fixture(autouse=True)
def check_that_nothing_was_harmed(tenants):
    with unharmed(tenants):
        yield


@pytest.mark.parametrize("name", REQUESTS)
def test_a_hostile_request_is_refused(tenants, caller, name):
    target, body, headers, status_and_code = REQUESTS[name]
    method, path = target.split(" ", 1)
    if not path.startswith("/"):
        path = f"/v1/brands/{tenants.acme.brand_id}/{path}"
    status, code = status_and_code.split()
    answer = caller.send(method, path, body, headers)
    require_problem(answer, int(status), code)


def raw(client: Client, method: str, path: str, *lines: str) -> bytes:
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {client.key}",
    ]
    return ("\r\n".join([*head, *lines]) + "\r\n\r\n").encode()


def read_answer(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return Answer(int(first.split()[1]), {n.lower(): v for n, _, v in pairs}, body)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "products", "application/json"),
        ("POST", "references", "multipart/form-data; boundary=XX"),
        ("POST", "imports", "multipart/form-data; boundary=XX"),
        ("POST", "health", "application/json"),
        ("PUT", "rights/file", "text/csv"),
        ("PUT", "authorized-sellers/file", "text/csv"),
    ],
)
def test_bodies_without_end_are_cut_off(tenants, caller, method, path, kind):
    path = f"/v1/brands/{tenants.acme.brand_id}/{path}"
    typed = f"Content-Type: {kind}"
    start = b'--XX\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\n'
    start %= b"file" if path.endswith("imports") else b"image"
    chunk = b"%x\r\n%s\r\n" % (len(start), start) if "form" in kind else b""

    def refused(how: str, body: bytes, code: str, *, max_more: int = 0) -> None:
        head = raw(caller, method, path, typed, how)
        received = caller.send_raw(head + body, max_more=max_more, pause_s=0.001)
        status = 408 if code == "body_too_slow" else 413
        require_problem(read_answer(received), status, code)

    refused("Content-Length: 10000000000", b"", "body_too_large")
    refused("Transfer-Encoding: chunked", chunk, "body_too_large", max_more=2_000)
    refused("Content-Length: 1000", start[:20], "body_too_slow")


def statuses_of(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", received)]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/me HTTP/1.1\r\n\r\n",
        b"GET /v1/me HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
        b"Content-Length: 2\r\n\r\nxx",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST /v1/me HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\n folded: y\r\nX: z\r\n\r\n" + b"\0" * 10,
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_two_servers_could_read_differently_is_not_read(tenants, head):
    with socket.create_connection(("127.0.0.1", tenants.admin.port), 60) as sent:
        sent.sendall(head)
        sent.shutdown(socket.SHUT_WR)
        received = b""
        while some := sent.recv(65_536):
            received += some
    assert set(statuses_of(received)) <= {400, 401, 404}
    assert received


def test_a_length_beside_chunks_smuggles_no_second_request(tenants, caller):
    hidden = b"0\r\n\r\nGET /v1/service HTTP/1.1\r\nHost: x\r\n\r\n"
    lines = ("Transfer-Encoding: chunked", "Content-Length: 5")
    head = raw(caller, "POST", "/v1/compare", *lines)
    with socket.create_connection(("127.0.0.1", tenants.admin.port), 60) as sent:
        sent.sendall(head + hidden)
        received = b""
        while received.count(b"}") < 2 and (some := sent.recv(65_536)):
            received += some
    first, *others = statuses_of(received)
    assert first in {400, 415}
    assert set(others) <= {401}  # without a key of its own


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "OPTIONS", "HEAD", "FOO"])
def test_other_methods_are_refused_and_echo_nothing(tenants, caller, method):
    path = f"/v1/brands/{tenants.acme.brand_id}/products"
    answer = caller.send(method, path, headers={"X-Echo": "canary"})
    assert answer.status == 405
    assert b"canary" not in answer.body
    assert b"canary" not in json.dumps(dict(answer.headers)).encode()


def test_a_key_of_one_caller_is_nothing_to_another(tenants, caller):
    """Not even to say that it is there: each gets the answer to its own request."""
    headers = {**JSON, "Idempotency-Key": "the-same"}
    body = b'{"sample": 0}'
    path = f"/v1/brands/{tenants.acme.brand_id}/health"
    first = caller.send("POST", path, body, headers)
    again = caller.send("POST", path, body, headers)
    other = tenants.user.send("POST", path, body, headers)
    assert (first.status, again.body) == (202, first.body)
    assert other.status == 202
    assert other.json["id"] != first.json["id"]
    changed = caller.send("POST", path, b'{"sample": 1}', headers)
    require_problem(changed, 422, "idempotency_key_reused")

"""Whatever goes wrong, on any route, ends in one shape."""

import socket
import struct
import zlib

import pytest

from tests.drawing import png_chunk
from tests.live_service import (
    Answer,
    Client,
    form,
    make_app,
    make_key,
    picture,
    require_problem,
    running,
    serving,
)

RAW = {"Content-Type": "application/octet-stream"}
FORM = {"Content-Type": "multipart/form-data; boundary=XX"}
GOOD = picture(1)


def bomb() -> bytes:
    """A PNG of a few kB that says it has 400 megapixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", rows)
        + png_chunk(b"IEND", b"")
    )


def read_answer(received: bytes) -> Answer:
    """Take a response from the wire apart."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    return Answer(int(first.split()[1]), headers, body)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("GET", "/nothing", {}, None, 404, "not_found"),
        ("GET", "/static/../app.py", {}, None, 404, "not_found"),
        ("GET", "/static/nothing.js", {}, None, 404, "not_found"),
        ("POST", "/static/console.js", {}, b"x", 405, "method_not_allowed"),
        ("POST", "/", {}, b"x", 405, "method_not_allowed"),
        ("PUT", "/livez", {}, b"x", 405, "method_not_allowed"),
        ("DELETE", "/readyz", {}, None, 405, "method_not_allowed"),
        ("POST", "/openapi.json", {}, b"x", 405, "method_not_allowed"),
        ("GET", "/v1", {}, None, 404, "not_found"),
        ("GET", "/v1/nothing", {}, None, 404, "not_found"),
        ("GET", "/v1/match", {}, None, 405, "method_not_allowed"),
        ("POST", "/v1/match/", RAW, GOOD, 404, "not_found"),
        ("POST", "/v1/match?limit=0", RAW, GOOD, 422, "invalid_request"),
        ("POST", "/v1/match?limit=101", RAW, GOOD, 422, "invalid_request"),
        ("POST", "/v1/match?limit=ten", RAW, GOOD, 422, "invalid_request"),
        ("POST", "/v1/match?evidnce=true", RAW, GOOD, 422, "invalid_request"),
        ("POST", "/v1/match", RAW, b"", 422, "unreadable_image"),
        ("POST", "/v1/match", RAW, None, 422, "unreadable_image"),
        ("POST", "/v1/match", RAW, b"no picture", 422, "unreadable_image"),
        ("POST", "/v1/match", RAW, GOOD[:900], 422, "unreadable_image"),
        ("POST", "/v1/match", RAW, bomb(), 413, "image_too_large"),
        ("POST", "/v1/match", RAW, bytes(310_000), 413, "image_too_large"),
        ("POST", "/v1/match", RAW, bytes(400_000), 413, "body_too_large"),
        (
            "POST",
            "/v1/match",
            {"Content-Type": "application/json"},
            b"{}",
            415,
            "unsupported_media_type",
        ),
        (
            "POST",
            "/v1/match",
            {"Content-Type": "text/plain; charset=\xff"},
            GOOD,
            415,
            "unsupported_media_type",
        ),
        ("POST", "/v1/match", FORM, b"", 400, "malformed_body"),
        ("POST", "/v1/match", FORM, b"--XX\r\nno form", 400, "malformed_body"),
        (
            "POST",
            "/v1/match",
            FORM,
            form([("image", GOOD)])[0][:-30],
            400,
            "malformed_body",
        ),
        (
            "POST",
            "/v1/match",
            {"Content-Type": "multipart/form-data"},
            form([("image", GOOD)])[0],
            400,
            "malformed_body",
        ),
        (
            "POST",
            "/v1/match",
            {"Content-Type": "multipart/form-data; boundary=" + "x" * 5000},
            b"x",
            400,
            "malformed_body",
        ),
        (
            "POST",
            "/v1/match",
            FORM,
            form([("image", GOOD), ("image", GOOD)])[0],
            422,
            "invalid_request",
        ),
        ("POST", "/v1/match", FORM, form([("x", GOOD)])[0], 422, "invalid_request"),
        ("POST", "/v1/match", FORM, form([("image", b"")])[0], 422, "unreadable_image"),
        ("POST", "/v1/compare", RAW, GOOD, 415, "unsupported_media_type"),
        ("POST", "/v1/compare", FORM, form([("a", GOOD)])[0], 422, "invalid_request"),
        (
            "POST",
            "/v1/compare",
            FORM,
            form([("a", GOOD), ("b", b"no picture")])[0],
            422,
            "unreadable_image",
        ),
        (
            "POST",
            "/v1/compare?limit=3",
            FORM,
            form([("a", GOOD), ("b", GOOD)])[0],
            422,
            "invalid_request",
        ),
        ("POST", "/v1/compare", RAW, bytes(700_000), 413, "body_too_large"),
    ],
)
def test_every_route_fails_in_one_shape(
    client, method, path, headers, body, status, code
):
    answer = client.send(method, path, body, headers)
    require_problem(answer, status, code)
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v1/match", "/v1/nothing", "//v1/match", "/V1/match", "/%761/x"],
)
def test_without_a_key_anything_under_v1_is_unauthorized(stranger, method, path):
    answer = stranger.send(method, path, headers={"Content-Length": "0"})
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if method != "HEAD":
        require_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer dk_00000000_" + "A" * 43,
        "Bearer dk_00000000_",
        "Bearer " + "x" * 5000,
        "Basic dXNlcjpwYXNz",
        "Bearer dk_' OR 1=1 --",
        "Bearer \xff\xfe",
    ],
)
def test_a_key_that_is_none_is_unauthorized(stranger, value):
    answer = stranger.send("POST", "/v1/match", GOOD, {"Authorization": value})
    require_problem(answer, 401, "unauthorized")


def test_a_key_with_one_letter_changed_is_unauthorized(stranger, data_dir):
    key = make_key(data_dir)
    other = key[:-1] + ("A" if key[-1] != "A" else "B")
    headers = {"Authorization": f"Bearer {other}", **RAW}
    require_problem(
        stranger.send("POST", "/v1/match", GOOD, headers), 401, "unauthorized"
    )
    headers = {"Authorization": f"Bearer {key}", **RAW}
    assert stranger.send("POST", "/v1/match", GOOD, headers).status == 200


def test_unauthorized_comes_before_the_body_is_sent(stranger):
    head = (
        "POST /v1/match?limit=no HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    answer = read_answer(stranger.send_raw(head.encode()))
    require_problem(answer, 401, "unauthorized")
    assert answer.headers["connection"] == "close"


def head_of(client: Client, path: str, *lines: str) -> bytes:
    head = [
        f"POST {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {client.key}",
        *lines,
    ]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@pytest.mark.parametrize("path", ["/v1/match", "/v1/compare"])
def test_a_body_declared_too_large_is_refused_before_it_is_sent(client, path):
    head = head_of(client, path, "Content-Length: 10000000000")
    answer = read_answer(client.send_raw(head))
    require_problem(answer, 413, "body_too_large")
    assert answer.headers["connection"] == "close"


def test_an_endless_body_is_cut_off_at_the_limit(client):
    head = head_of(client, "/v1/match", "Transfer-Encoding: chunked")
    answer = read_answer(client.send_raw(head, max_more=2_000))
    require_problem(answer, 413, "body_too_large")


def test_a_body_that_does_not_arrive_is_given_up(client):
    head = head_of(client, "/v1/match", "Content-Length: 1000")
    answer = read_answer(client.send_raw(head + b"only a little"))
    require_problem(answer, 408, "body_too_slow")


def test_a_client_that_leaves_halfway_harms_nobody(client):
    head = head_of(client, "/v1/match", "Content-Length: 1000")
    with socket.create_connection(("127.0.0.1", client.port)) as sent:
        sent.sendall(head + b"only a little")
    assert client.match(GOOD).status == 200


def test_a_head_without_end_is_refused(client):
    with socket.create_connection(("127.0.0.1", client.port), timeout=60) as sent:
        sent.sendall(b"GET / HTTP/1.1\r\nX: ")
        with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012
            for _ in range(2_000):
                sent.sendall(b"x" * 10_000)
    assert client.send("GET", "/livez").status == 200


def hold_a_place(client: Client, head: bytes) -> socket.socket:
    """Send a request that never ends, and see it waiting for its body."""
    while True:
        held = socket.create_connection(("127.0.0.1", client.port), timeout=1)
        held.sendall(head + b"x")
        try:
            held.recv(1)  # refused: the place was not free yet
        except TimeoutError:
            return held
        held.close()


def test_more_requests_than_may_wait_are_told_to_come_back(data_dir):
    with serving(data_dir, max_requests=1, body_timeout_s=20) as service:
        client = Client(service.port, make_key(data_dir))
        head = head_of(client, "/v1/match", "Content-Length: 1000")
        with hold_a_place(client, head):
            answer = client.match(GOOD)
            require_problem(answer, 503, "overloaded")
            assert service.send("GET", "/livez").status == 200
        answer = client.match(GOOD)
        while answer.status == 503:  # it has not seen it leave yet
            answer = client.match(GOOD)
        assert answer.status == 200


def test_a_request_id_is_kept_if_it_is_a_harmless_one(stranger):
    kept = stranger.send("GET", "/livez", headers={"X-Request-ID": "order-66.a_B"})
    assert kept.headers["x-request-id"] == "order-66.a_B"
    for odd in ["x" * 65, "a b", "<script>", ""]:
        made = stranger.send("GET", "/livez", headers={"X-Request-ID": odd})
        assert len(made.headers["x-request-id"]) == 32


def test_headers_keep_browsers_from_guessing(stranger):
    for path in ["/", "/livez", "/static/console.js", "/nothing", "/v1/match"]:
        headers = stranger.send("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"


def test_a_mistake_of_ours_says_nothing_of_itself_and_is_logged(tmp_path, caplog):
    app = make_app(tmp_path / "data")

    @app.get("/broken")
    def break_down():
        raise RuntimeError("a secret")

    with running(app) as service:
        answer = service.send("GET", "/broken")
    problem = require_problem(answer, 500, "internal_error")
    assert "secret" not in answer.body.decode()
    (record,) = [r for r in caplog.records if r.getMessage() == "unexpected error"]
    assert record.fields == {"request_id": problem["request_id"]}
    assert "a secret" in caplog.text

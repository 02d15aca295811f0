import http.client
from collections.abc import Iterator

import pytest

from detector.api.cookies import SESSION_COOKIE, csrf_token
from detector.api.page_bodies import MAX_PAGE_BYTES, MAX_STRANGER_BYTES
from tests.detector.api.reviewers import serving_office
from tests.live_service import Client, require_problem

FORM = "application/x-www-form-urlencoded"
FILES = "multipart/form-data; boundary=XX"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("pages") / "data") as office:
        yield office


@pytest.fixture
def stranger(office):
    return Client(office.clients["ann"].port)


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/brands", "/nowhere"])
@pytest.mark.parametrize("kind", [FORM, FILES])
def test_a_stranger_cannot_send_pages_more_than_they_take(stranger, path, kind):
    declared = {"Content-Type": kind, "Content-Length": str(MAX_STRANGER_BYTES + 1)}
    answer = stranger.send("POST", path, b"", declared)
    require_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("path", ["/sign-in", "/brands"])
def test_nor_by_not_saying_how_much_there_is(stranger, path):
    def pieces() -> Iterator[bytes]:
        yield b'--XX\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        yield bytes(MAX_STRANGER_BYTES)

    connection = http.client.HTTPConnection("127.0.0.1", stranger.port, timeout=60)
    try:  # a body of unknown length is sent in chunks
        connection.request("POST", path, pieces(), {"Content-Type": FILES})
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_whoever_has_signed_in_may_send_long_lists(office, stranger):
    token = office.clients["acme"].key
    word = f"csrf={csrf_token(token)}&name="
    given = {"Content-Type": FORM, "Cookie": f"{SESSION_COOKIE}={token}"}
    body = word.encode().ljust(10 * MAX_STRANGER_BYTES, b"x")
    assert stranger.send("POST", "/brands", body, given).status == 403  # no admin
    declared = {**given, "Content-Length": str(MAX_PAGE_BYTES + 1)}
    answer = stranger.send("POST", "/brands", b"", declared)
    require_problem(answer, 413, "body_too_large")
    made_up = {**given, "Cookie": f"{SESSION_COOKIE}=made-up"}
    answer = stranger.send("POST", "/brands", body, made_up)
    require_problem(answer, 413, "body_too_large")

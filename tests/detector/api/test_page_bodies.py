import http.client
from collections.abc import Iterator

import pytest

from detector.api.page_bodies import MAX_PAGE_BYTES
from tests.live_service import require_problem, serving

FORM = "application/x-www-form-urlencoded"
PIECE_BYTES = 100_000
FILES = "multipart/form-data; boundary=XX"


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("pages") / "data") as client:
        yield client


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/brands", "/nowhere"])
@pytest.mark.parametrize("kind", [FORM, FILES])
def test_a_stranger_cannot_send_pages_more_than_they_take(stranger, path, kind):
    declared = {"Content-Type": kind, "Content-Length": str(MAX_PAGE_BYTES + 1)}
    answer = stranger.send("POST", path, b"", declared)
    require_problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("path", ["/sign-in", "/brands"])
def test_nor_by_not_saying_how_much_there_is(stranger, path):
    def pieces() -> Iterator[bytes]:
        yield b'--XX\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        for _ in range(MAX_PAGE_BYTES // PIECE_BYTES + 1):
            yield bytes(PIECE_BYTES)

    connection = http.client.HTTPConnection("127.0.0.1", stranger.port, timeout=60)
    try:  # a body of unknown length is sent in chunks
        connection.request("POST", path, pieces(), {"Content-Type": FILES})
        assert connection.getresponse().status == 413
    finally:
        connection.close()

import asyncio

import pytest

from detector.api.fingerprint import Fingerprint

DATA = b"--b --zz --zzun--boundaryX-\r\n--" * 20


def form_of(boundary: str) -> bytes:
    return f"--{boundary}\r\n\r\n".encode() + DATA + f"\r\n--{boundary}--".encode()


def fingerprint(boundary: str, *, size: int, key: str = "key", path: str = "/v1/a"):
    """Make the fingerprint of a form that arrives in pieces."""
    body = form_of(boundary)
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [
            (b"content-type", f"multipart/form-data; boundary={boundary}".encode()),
            (b"content-length", str(len(body)).encode()),
        ],
    }

    async def receive():
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    made = Fingerprint(scope, key)
    receive_and_see = made.seeing(receive)

    async def read() -> None:
        while pieces:
            await receive_and_see()

    asyncio.run(read())
    return str(made)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 50, 10_000])
def test_it_depends_neither_on_the_boundary_nor_on_how_a_form_is_cut(size):
    assert fingerprint("boXX", size=size) == fingerprint("qqqqqqq", size=10_000)


def test_it_depends_on_the_key_which_is_stored_nowhere():
    first, second = (fingerprint("b0", size=99, key=key) for key in ("a", "b"))
    assert first.split(":")[0] != second.split(":")[0]
    assert first.split(":")[1] != second.split(":")[1]


def test_its_parts_are_of_the_head_and_of_the_body():
    first, second = (fingerprint("b0", size=99, path=path) for path in ("/a", "/b"))
    assert first.split(":")[0] != second.split(":")[0]
    assert first.split(":")[1] == second.split(":")[1]

"""What tells a request from another one that came with the same Idempotency-Key."""

from hashlib import sha256

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope

from detector.api.body import FORM

MARK = b"--boundary"
"""Stands for a form's boundary, which is another one at every attempt."""


class Fingerprint:
    """Made from a request while its body is read by somebody else.

    Two parts: one of the head, and one of the body or, where nobody has read all of
    it, of its length. The key is mixed in, which is stored nowhere: a digest of a
    body with a password would let others try passwords out.
    """

    def __init__(self, scope: Scope, key: str) -> None:
        headers = Headers(scope=scope)
        target = "\n".join(
            [
                key,
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
            ]
        )
        self.head = sha256(target.encode("utf-8", "surrogatepass")).hexdigest()
        self._length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            self._length = "unknown"
        self._has_read_all = self._length == "0"
        self._digest = sha256(key.encode())
        self._boundary = b""
        self._tail = b""
        media_type, options = parse_options_header(headers.get("content-type"))
        if media_type.decode("latin-1") == FORM and options.get(b"boundary"):
            self._boundary = b"--" + options[b"boundary"]

    def seeing(self, receive: Receive) -> Receive:
        """Make a `receive` that shows us what is read of the body."""

        async def receive_and_see() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not self._has_read_all:
                self._add(message.get("body", b""))
                self._has_read_all = not message.get("more_body", False)
            return message

        return receive_and_see

    @property
    def body(self) -> str:
        """The part that is made from the body."""
        if not self._has_read_all:
            return f"length {self._length}"
        digest = self._digest.copy()
        digest.update(self._tail)
        return digest.hexdigest()

    def __str__(self) -> str:
        return f"{self.head}:{self.body}"

    def _add(self, data: bytes) -> None:
        if not self._boundary:
            self._digest.update(data)
            return
        # What may be the beginning of a boundary waits for the next piece.
        *pieces, last = (self._tail + data).split(self._boundary)
        cut = max(0, len(last) - len(self._boundary) + 1)
        self._digest.update(MARK.join([*pieces, last[:cut]]))
        self._tail = last[cut:]

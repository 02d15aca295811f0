"""What is sent to pages: bounded before it is read, also where nobody has signed in."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.api.authentication import is_protected
from detector.api.errors import BodyTooLarge

MAX_PAGE_BYTES = 12_000_000
"""A little more than the longest list that the API takes."""


class PageBodies:
    """Refuses what is too long, at paths that are not of the API.

    The framework reads a form whole, to the disk too, before a page sees who sends it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, and give up as soon as its body is over the limit."""
        if scope["type"] != "http" or is_protected(scope["path"]):
            await self._app(scope, receive, send)
            return
        num_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal num_bytes
            message = await receive()
            num_bytes += len(message.get("body", b""))
            _require_small(num_bytes)
            return message

        _require_small(int(Headers(scope=scope).get("content-length", "0")))
        await self._app(scope, receive_bounded, send)


def _require_small(num_bytes: int) -> None:
    if num_bytes > MAX_PAGE_BYTES:
        raise BodyTooLarge(
            f"What is sent to a page may have {MAX_PAGE_BYTES:,} bytes.",
            remedy="Part the list into several files; each leaves the others' rows "
            "alone.",
        )

"""What is sent to pages: bounded before it is read, most of all from strangers."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.access.principal import Principal
from detector.api.authentication import is_protected
from detector.api.cookies import session_token
from detector.api.errors import BodyTooLarge

MAX_PAGE_BYTES = 12_000_000
"""A little more than the longest list that the API takes."""
MAX_STRANGER_BYTES = 65_536


class PageBodies:
    """Refuses what is too long, at paths that are not of the API.

    The framework reads and parses a form whole before a page sees who sends it.
    """

    def __init__(
        self, app: ASGIApp, find_principal: Callable[[str], Principal | None]
    ) -> None:
        self._app = app
        self._find_principal = find_principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, and give up as soon as its body is over the limit."""
        if scope["type"] != "http" or is_protected(scope["path"]):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = int(headers.get("content-length", "0"))
        most = MAX_STRANGER_BYTES
        if declared > most or "transfer-encoding" in headers:
            most = MAX_PAGE_BYTES if await self._knows(headers) else most
        num_bytes = 0

        async def receive_bounded() -> Message:
            nonlocal num_bytes
            message = await receive()
            num_bytes += len(message.get("body", b""))
            _require_small(num_bytes, most)
            return message

        _require_small(declared, most)
        await self._app(scope, receive_bounded, send)

    async def _knows(self, headers: Headers) -> bool:
        """Say whether somebody has signed in."""
        token = session_token(headers)
        if token is None:
            return False
        return await asyncio.to_thread(self._find_principal, token) is not None


def _require_small(num_bytes: int, most: int) -> None:
    if num_bytes > most:
        raise BodyTooLarge(
            f"What is sent to a page may have {most:,} bytes.",
            remedy="Sign in first. Part a long list into several files; each leaves "
            "the others' rows alone.",
        )

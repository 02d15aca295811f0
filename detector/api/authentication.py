"""Who is asking: every request under /v1 shows a key before anything else is seen."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from detector.access.principal import Principal
from detector.api.cookies import SAFE_METHODS, require_our_page, session_token
from detector.api.errors import Unauthorized

PROTECTED = "v1"


class Authentication:
    """Refuses requests under /v1 that carry no valid key, whatever else they are.

    Neither the route, the method nor the body has been looked at by then. A slow disk
    must not hold up other requests, so the look-up happens in a thread.
    """

    def __init__(
        self, app: ASGIApp, find_principal: Callable[[str], Principal | None]
    ) -> None:
        self._app = app
        self._find_principal = find_principal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or raise Unauthorized."""
        if scope["type"] == "http" and is_protected(scope["path"]):
            principal = None
            headers = Headers(scope=scope)
            text = bearer_token(headers) or _browser_token(headers)
            if text is not None:
                principal = await asyncio.to_thread(self._find_principal, text)
            if principal is None:
                raise Unauthorized(
                    "The request carries no valid API key.",
                    remedy="Send the header `Authorization: Bearer KEY`; `detector key "
                    "create` makes a key.",
                )
            if "authorization" not in headers and scope["method"] not in SAFE_METHODS:
                require_our_page(headers, text or "")
            scope["state"]["principal"] = principal
        await self._app(scope, receive, send)


def _browser_token(headers: Headers) -> str | None:
    """Read the cookie of a browser, which sends no Authorization header."""
    return None if "authorization" in headers else session_token(headers)


def is_protected(path: str) -> bool:
    """Say whether a path lies under /v1, also where it is spelled oddly."""
    return path.lstrip("/").partition("/")[0].lower() == PROTECTED


def bearer_token(headers: Headers) -> str | None:
    """Read the one Authorization header; None without it, or with several."""
    values = headers.getlist("authorization")
    if len(values) != 1:
        return None
    scheme, _, token = values[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None

"""Routes whose bodies are small: read under limits before they are understood."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from detector.api.body import read_body
from detector.api.service import service_of

MAX_BODY_BYTES = 10_000


class SmallBody(APIRoute):
    """Refuses a body over 10 kB, or one that takes too long, before it is parsed."""

    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the limits before the framework's own handler."""
        handle = super().get_route_handler()

        async def handle_small(request: Request) -> Response:
            body = await read_body(
                request,
                max_bytes=MAX_BODY_BYTES,
                timeout_s=service_of(request).settings.body_timeout_s,
                setting=None,
            )

            async def replay() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await handle(Request(request.scope, replay))

        return handle_small

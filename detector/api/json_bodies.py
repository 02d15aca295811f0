"""JSON in: read under limits, and refused unless everybody reads it alike."""

from fastapi import Request, params
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.api.body import read_body
from detector.api.errors import MalformedBody, UnsupportedMediaType
from detector.strict_json import parse_json

MAX_JSON_BYTES = 1_000_000


class JsonBodies:
    """Reads the whole body when a route that takes JSON asks for the first of it.

    Only then is it known which route it is, and whether it takes a body at all.
    """

    def __init__(self, app: ASGIApp, *, timeout_s: float) -> None:
        self._app = app
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its body checked if it is JSON that is wanted."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_read = False

        async def receive_checked() -> Message:
            nonlocal has_read
            if has_read or not takes_json(scope.get("route")):
                return await receive()
            has_read = True
            request = Request(scope, receive)
            body = await read_body(
                request,
                max_bytes=MAX_JSON_BYTES,
                timeout_s=self._timeout_s,
                setting=None,
            )
            if body:
                require_json(request.headers.get("content-type"), body)
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, receive_checked, send)


def takes_json(route: object) -> bool:
    """Say whether the framework parses a body of JSON for that route."""
    return (
        isinstance(route, APIRoute)
        and route.body_field is not None
        and not isinstance(route.body_field.field_info, params.Form)
    )


def require_json(content_type: str | None, body: bytes) -> None:
    """Refuse what is no JSON, or is read otherwise by others, or cannot be stored.

    Raises:
        UnsupportedMediaType: not declared as JSON.
        MalformedBody: not well-formed, not UTF-8, nested too deep, with a name twice,
            a number that is none or out of range, or text that is none.
    """
    kind = parse_options_header(content_type)[0].decode("latin-1")
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if not is_json:
        raise UnsupportedMediaType(
            f"A body of the type {kind[:100]!r} is not taken.",
            remedy="Send JSON, as application/json.",
        )
    try:
        parse_json(body)
    except ValueError as error:
        raise MalformedBody(
            f"The body is not the JSON it should be: {str(error)[:200]}.",
            remedy="Let a JSON library write the body, in UTF-8.",
        ) from error

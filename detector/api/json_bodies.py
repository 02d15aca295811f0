"""JSON in: read under limits, and refused unless everybody reads it alike."""

import json
import math
from collections.abc import Iterator, Sequence

from fastapi import Request, params
from fastapi.routing import APIRoute
from python_multipart.multipart import parse_options_header
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.api.body import read_body
from detector.api.errors import MalformedBody, UnsupportedMediaType

MAX_JSON_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1


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


def require_json_type(content_type: str | None) -> None:
    """Refuse what is not declared as JSON.

    Raises:
        UnsupportedMediaType: it is declared as something else, or as nothing.
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


def require_json(content_type: str | None, body: bytes) -> None:
    """Refuse what is no JSON, or is read otherwise by others, or cannot be stored.

    Raises:
        UnsupportedMediaType: not declared as JSON.
        MalformedBody: not well-formed, not UTF-8, nested too deep, with a name twice,
            a number that is none or out of range, or text that is none.
    """
    require_json_type(content_type)
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_names_once,
            parse_constant=_no_number,
            parse_float=_finite,
        )
        for each in _walk(value):
            if isinstance(each, str):
                _require_text(each)
            elif isinstance(each, int) and abs(each) > MAX_INTEGER:
                raise ValueError("an integer has more than 64 bits")
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if type(error) is RecursionError else error
        raise MalformedBody(
            f"The body is not the JSON it should be: {str(reason)[:200]}.",
            remedy="Let a JSON library write the body, in UTF-8.",
        ) from error


def _walk(value: object) -> Iterator[object]:
    """Yield all values and names."""
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        yield each
        if isinstance(each, dict):
            waiting += [(part, depth + 1) for pair in each.items() for part in pair]
        elif isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]


def _names_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _require_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("a text holds the character NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("a text holds half of a surrogate pair") from None

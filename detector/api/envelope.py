"""Around every request: its id, a line in the log, safe headers, errors in one form."""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.api.problems import problem_response
from detector.api.rate_limit import Allowance
from detector.errors import DetectorError
from detector.store.database import is_conflict

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SMALL_BODY_BYTES = 65_536
CLIENT_GONE = 499
LINGER_S = 1.0
LINGER_BYTES = 2_000_000
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@dataclass(slots=True)
class Exchange:
    """What is known of a request while it is answered."""

    scope: Scope
    request_id: str
    status: int | None = None
    num_bytes: int = 0
    has_read_all: bool = False
    is_cut_short: bool = False
    started_at: float = field(default_factory=time.perf_counter)

    def take(self, message: Message) -> None:
        """See what the client sends."""
        if message["type"] == "http.request":
            self.num_bytes += len(message.get("body", b""))
            self.has_read_all = not message.get("more_body", False)

    def dress(self, message: Message) -> None:
        """See what is answered, and add headers to it."""
        if message["type"] != "http.response.start":
            return
        self.status = message["status"]
        headers = MutableHeaders(scope=message)
        headers["X-Request-ID"] = self.request_id
        for name, value in SAFE_HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        allowance = self.scope["state"].get("allowance")
        if isinstance(allowance, Allowance):
            headers["RateLimit-Policy"] = allowance.policy
            headers["RateLimit"] = allowance.left
        self.is_cut_short = self._leaves_much_unread()
        if self.is_cut_short:
            headers["Connection"] = "close"

    def _leaves_much_unread(self) -> bool:
        """Say whether a body is on its way that would be read to no purpose."""
        if self.has_read_all:
            return False
        headers = Headers(scope=self.scope)
        length = headers.get("content-length", "0")
        is_small = length.isdecimal() and int(length) <= SMALL_BODY_BYTES
        return "transfer-encoding" in headers or not is_small

    def write_line(self) -> None:
        """Log the request."""
        principal = self.scope["state"].get("principal")
        fields = {
            "request_id": self.request_id,
            "method": self.scope["method"],
            "path": self.scope["path"][:200],
            "status": self.status,
            "duration_ms": round(1000 * (time.perf_counter() - self.started_at), 1),
            "bytes_in": self.num_bytes,
            "principal": None if principal is None else principal.id,
        }
        log.info("request", extra={"fields": fields})


class Envelope:
    """The outermost middleware of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to it that it is answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        state: MutableMapping[str, object] = scope.setdefault("state", {})
        state["request_id"] = request_id
        exchange = Exchange(scope, request_id)

        async def receive_and_see() -> Message:
            message = await receive()
            exchange.take(message)
            return message

        async def dress_and_send(message: Message) -> None:
            exchange.dress(message)
            if exchange.is_cut_short and message["type"] == "http.response.body":
                await send({**message, "more_body": True})
                await linger(receive)
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        try:
            await self._app(scope, receive_and_see, dress_and_send)
        except ClientDisconnect:
            exchange.status = CLIENT_GONE
        except Exception as error:
            if exchange.status is not None:
                raise
            if is_conflict(error):
                fields = {"request_id": request_id}
                log.warning("conflict", exc_info=True, extra={"fields": fields})
            elif not isinstance(error, DetectorError):
                fields = {"request_id": request_id}
                log.exception("unexpected error", extra={"fields": fields})
            response = problem_response(error, request_id)
            await response(scope, receive_and_see, dress_and_send)
        finally:
            exchange.write_line()


async def linger(receive: Receive) -> None:
    """Go on reading for a moment after an early answer.

    A connection closed at once on a client that is still sending is reset, which may
    take the answer away from it (RFC 9112, section 9.6).
    """
    num_bytes = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while num_bytes < LINGER_BYTES:
                message = await receive()
                num_bytes += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return

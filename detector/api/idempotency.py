"""A write that is sent again with the same Idempotency-Key is done once.

As draft-ietf-httpapi-idempotency-key-header has it.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from detector.access.principal import Principal
from detector.api.authentication import is_protected
from detector.api.body import FORM_OVERHEAD_BYTES, stream_body
from detector.api.errors import (
    AnswerNotKept,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidIdempotencyKey,
    SecretNotKept,
)
from detector.api.fingerprint import Fingerprint
from detector.api.problems import problem_response
from detector.api.service import Service
from detector.errors import DetectorError
from detector.store.given_answers import (
    LOCKED,
    Claim,
    GivenAnswer,
    claim_answer,
    forget_old_answers,
    keep_answer,
    release_claim,
    renew_claim,
)

log = logging.getLogger(__name__)

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
WRITING = frozenset({"DELETE", "PATCH", "POST", "PUT"})
STORING_NOTHING = frozenset({"/v1/match", "/v1/compare"})
SECRET = re.compile(r"/v1/keys(/[^/]+/rotate)?|/v1/webhooks(/[^/]+/rotate-secret)?")
"""Paths whose answers show a secret once, which must not be kept."""
KEPT_HEADERS = ("content-type", "location", "link")
TRIED_AGAIN = frozenset({408, 409, 429})
"""What the client is to try again, besides 5xx: such answers are not kept."""
MAX_ANSWER_BYTES = 1_000_000
RENEW_S = LOCKED.total_seconds() / 3
CLEAN_S = 3_600.0
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(r"[!#-~]*")
MAX_KEY_LENGTH = 255


class Idempotency:
    """Gives the first answer again; stands behind authentication."""

    def __init__(self, app: ASGIApp, *, service: Service) -> None:
        self._app = app
        self._service = service
        self._clean_at = 0.0
        self._cleaning: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or give the answer that it got before."""
        key = wanted_key(scope)
        if key is None:
            await self._app(scope, receive, send)
            return
        database = self._service.store.database
        found = await asyncio.to_thread(claim_answer, database, answer_id(scope, key))
        if found is None:
            raise IdempotencyInProgress(
                "The first request with this Idempotency-Key is being worked on.",
                remedy="Send it again after the time in Retry-After.",
            )
        fingerprint = Fingerprint(scope, key)
        if isinstance(found, GivenAnswer):
            await self._replay(found, fingerprint, scope, receive, send)
        else:
            await self._answer(found, fingerprint, scope, receive, send)
        self._clean_up()

    async def _replay(
        self,
        given: GivenAnswer,
        fingerprint: Fingerprint,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Give an answer again, if it is the same request."""
        head, _, body = given.fingerprint.partition(":")
        if fingerprint.head == head and not body.startswith("length"):
            settings = self._service.settings
            async for _ in stream_body(
                Request(scope, fingerprint.seeing(receive)),
                max_bytes=settings.max_upload_bytes + FORM_OVERHEAD_BYTES,
                timeout_s=settings.body_timeout_s,
            ):
                pass
        if str(fingerprint) != given.fingerprint:
            raise IdempotencyKeyReused(
                "This Idempotency-Key came with another request before.",
                remedy="Make a new key for each request, and send it again only with "
                "the same method, path, query and body.",
            )
        if given.body is None:
            raise not_kept(scope["path"])
        response = Response(given.body, given.status)
        for name, value in given.headers.items():
            response.headers[name] = value
        response.headers[REPLAYED] = "true"
        await response(scope, receive, send)

    async def _answer(
        self,
        claim: Claim,
        fingerprint: Fingerprint,
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        """Let a request be worked on, and keep what is answered."""
        receive = fingerprint.seeing(receive)

        async def keep(status: int, headers: Headers, body: bytes | None) -> None:
            if status >= 500 or status in TRIED_AGAIN:
                await self._try(release_claim, claim)
                return
            kept = {n: headers[n] for n in KEPT_HEADERS if n in headers}
            if SECRET.fullmatch(scope["path"]) and status < 300:
                body = None
            given = GivenAnswer(str(fingerprint), status, kept, body)
            await self._try(keep_answer, claim, given)

        held = _HeldAnswer(send, keep)
        renewing = asyncio.create_task(self._renew(claim))
        try:
            try:
                await self._app(scope, receive, held.send)
            except DetectorError as error:
                if held.has_begun:
                    raise
                request_id = scope["state"]["request_id"]
                response = problem_response(error, request_id)
                await response(scope, receive, held.send)
        except Exception:
            await self._try(release_claim, claim)
            raise
        finally:
            renewing.cancel()

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._try(renew_claim, claim)

    async def _try(
        self, step: Callable[..., None], claim: Claim, *more: GivenAnswer
    ) -> None:
        """Write to the database; what was done for the client stays done if not."""
        database = self._service.store.database
        try:
            await asyncio.to_thread(step, database, claim, *more)
        except DetectorError as error:
            log.error("An answer could not be kept for a repetition: %s", error)

    def _clean_up(self) -> None:
        """Delete old answers now and then, while nobody waits for it."""
        if time.monotonic() < self._clean_at:
            return
        self._clean_at = time.monotonic() + CLEAN_S
        self._cleaning = asyncio.create_task(self._forget())

    async def _forget(self) -> None:
        try:
            await asyncio.to_thread(forget_old_answers, self._service.store.database)
        except DetectorError as error:
            log.error("Old answers could not be deleted: %s", error)


class _HeldAnswer:
    """Keeps an answer before the client sees the end of it.

    Otherwise one who hears nothing and asks again might come too early.
    """

    def __init__(
        self,
        send: Send,
        keep: Callable[[int, Headers, bytes | None], Awaitable[None]],
    ) -> None:
        self._send = send
        self._keep = keep
        self._start: Message = {}
        self._body = bytearray()
        self._is_too_large = False
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Take a part of the answer, and pass it on when its time has come."""
        if message["type"] == "http.response.start":
            self._start, self.has_begun = message, True
            return
        body = message.get("body", b"")
        has_ended = not message.get("more_body", False)
        if self._is_too_large and not has_ended:
            await self._send(message)
            return
        self._body += body
        is_over = len(self._body) > MAX_ANSWER_BYTES
        if not is_over and not has_ended:
            return
        was_too_large, self._is_too_large = self._is_too_large, is_over
        if has_ended:
            is_lost = was_too_large or is_over
            kept = None if is_lost else bytes(self._body)
            headers = Headers(raw=self._start["headers"])
            await self._keep(self._start["status"], headers, kept)
        if not was_too_large:
            await self._send(self._start)
        held, self._body = bytes(self._body), bytearray()
        await self._send({**message, "body": held})


def wanted_key(scope: Scope) -> str | None:
    """Read the Idempotency-Key of a write, bare or quoted; None without one.

    Raises:
        InvalidIdempotencyKey: several, none after all, or too long.
    """
    if (
        scope["type"] != "http"
        or scope["method"] not in WRITING
        or not is_protected(scope["path"])
        or scope["path"] in STORING_NOTHING
    ):
        return None
    values = Headers(scope=scope).getlist(HEADER)
    if not values:
        return None
    text = values[0].strip()
    quoted, bare = _QUOTED.fullmatch(text), _BARE.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text if bare else ""
    if len(values) > 1 or not 0 < len(key) <= MAX_KEY_LENGTH:
        raise InvalidIdempotencyKey(
            "The Idempotency-Key cannot be understood.",
            remedy=f"Send one of 1 to {MAX_KEY_LENGTH} printable ASCII characters, "
            "such as a new UUID for each request.",
        )
    return key


def answer_id(scope: Scope, key: str) -> str:
    """Name the answer to a key; everybody's keys are their own."""
    principal = scope["state"]["principal"]
    if not isinstance(principal, Principal):
        raise TypeError(f"{principal!r} is no Principal")
    return sha256(f"{principal.id}\n{key}".encode()).hexdigest()


def not_kept(path: str) -> AnswerNotKept:
    """Say how to go on without the answer."""
    if SECRET.fullmatch(path):
        return SecretNotKept(
            "This was done already; the secret in the answer was shown once and is "
            "not kept.",
            remedy="List what there is, end the one that got lost, and make "
            "another with a new Idempotency-Key.",
        )
    return AnswerNotKept(
        "This was done already; the answer was too large to be kept.",
        remedy="Read what there is now; for another one, use a new Idempotency-Key.",
    )

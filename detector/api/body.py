"""Request bodies: read under limits, then taken apart into pictures."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from detector.api.errors import (
    BodyTooLarge,
    BodyTooSlow,
    InvalidRequest,
    MalformedBody,
    UnsupportedMediaType,
)

FORM = "multipart/form-data"
MIN_BYTES_PER_S = 100_000
"""A large body may take a second longer for each so many bytes of it."""
FORM_OVERHEAD_BYTES = 65_536
"""What boundaries and part headers may add to the pictures of a form."""


async def read_body(
    request: Request,
    *,
    max_bytes: int,
    timeout_s: float,
    setting: str | None = "DETECTOR_MAX_IMAGE_BYTES",
) -> bytes:
    """Read a body, and give up as soon as a limit is passed.

    Args:
        request: whose body it is.
        max_bytes: of the whole body.
        timeout_s: for the whole body.
        setting: that bounds it, if there is one.

    Raises:
        BodyTooLarge: declared to be, or grown, over the limit.
        BodyTooSlow: not all of it was there in time.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in bounded(request, max_bytes=max_bytes, setting=setting):
                body += chunk
    except TimeoutError as error:
        raise BodyTooSlow(
            f"The body did not arrive within {timeout_s:g} s.",
            remedy="Send a smaller copy, or raise DETECTOR_BODY_TIMEOUT_S.",
        ) from error
    return bytes(body)


async def stream_body(
    request: Request, *, max_bytes: int, timeout_s: float
) -> AsyncIterator[bytes]:
    """Read a large body in pieces; the larger it is, the longer it may take.

    Raises:
        BodyTooLarge: declared to be, or grown, over the limit.
        BodyTooSlow: slower than `MIN_BYTES_PER_S`.
    """
    started_at, num_bytes = time.monotonic(), 0
    chunks = bounded(request, max_bytes=max_bytes, setting="DETECTOR_MAX_UPLOAD_BYTES")
    while True:
        until = started_at + timeout_s + num_bytes / MIN_BYTES_PER_S
        try:
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise BodyTooSlow(
                f"The body did not arrive at {MIN_BYTES_PER_S:,} bytes a second.",
                remedy="Send it in parts, or raise DETECTOR_BODY_TIMEOUT_S.",
            ) from error
        if chunk is None:
            return
        num_bytes += len(chunk)
        yield chunk


async def bounded(
    request: Request, *, max_bytes: int, setting: str | None
) -> AsyncIterator[bytes]:
    """Read a body in pieces, and give up as soon as it is over the limit."""
    too_large = BodyTooLarge(
        f"The body is over the limit of {max_bytes:,} bytes.",
        remedy="Send less at once" + (f", or raise {setting}." if setting else "."),
    )
    if int(request.headers.get("content-length", "0")) > max_bytes:
        raise too_large
    num_bytes = 0
    async for chunk in request.stream():
        num_bytes += len(chunk)
        if num_bytes > max_bytes:
            raise too_large
        yield chunk


def one_picture(content_type: str | None, body: bytes, name: str) -> bytes:
    """Take the picture that is the whole body, or a field of a form."""
    media_type, _ = parse_options_header(content_type)
    kind = media_type.decode("latin-1")
    if kind == FORM:
        return form_pictures(content_type, body, [name])[0]
    if kind and kind != "application/octet-stream" and not kind.startswith("image/"):
        raise UnsupportedMediaType(
            f"A body of the type {kind[:100]!r} is not taken.",
            remedy="Send the picture's bytes as image/jpeg or application/octet-stream,"
            f" or as the field `{name}` of a {FORM}.",
        )
    return body


def form_pictures(
    content_type: str | None, body: bytes, names: Sequence[str]
) -> list[bytes]:
    """Take the fields of a form; each has to be there once, and no others.

    Raises:
        UnsupportedMediaType: not a form.
        MalformedBody: not well-formed, or cut short.
        InvalidRequest: fields other than those.
    """
    media_type, options = parse_options_header(content_type)
    wanted = " and ".join(f"`{name}`" for name in names)
    if media_type.decode("latin-1") != FORM:
        raise UnsupportedMediaType(
            f"Only {FORM} is taken here.", remedy=f"Send the fields {wanted}."
        )
    form = _Form(len(names))
    try:
        parser = MultipartParser(
            options.get(b"boundary", b""),
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_to_header_name,
                "on_header_value": form.add_to_header_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_data,
                "on_end": form.end,
            },
        )
        parser.write(body)
    except FormParserError as error:
        raise _malformed(f"The form is not well-formed: {error}") from error
    if not form.has_ended:
        raise _malformed("The form is cut short or has no boundary")
    if sorted(field for field, _ in form.parts) != sorted(names):
        raise InvalidRequest(
            "The form has other fields than it should have, or some twice.",
            remedy=f"Send {wanted}, once each, as files.",
        )
    fields = {name: bytes(data) for name, data in form.parts}
    return [fields[name] for name in names]


def _malformed(message: str) -> MalformedBody:
    return MalformedBody(
        f"{message.rstrip('.')}.",
        remedy="Let an HTTP library write the form, and its Content-Type too.",
    )


class _Form:
    """Collects the parts of a form, a few at most."""

    def __init__(self, max_parts: int) -> None:
        self.parts: list[tuple[str, bytearray]] = []
        self.has_ended = False
        self._max_parts = max_parts
        self._name = b""
        self._value = b""

    def begin_part(self) -> None:
        if len(self.parts) == self._max_parts:
            raise InvalidRequest(
                f"The form has more than {self._max_parts} fields.",
                remedy="Send the pictures only.",
            )
        self.parts.append(("", bytearray()))

    def add_to_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def add_to_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            name = options.get(b"name", b"").decode("utf-8", "replace")
            self.parts[-1] = (name, self.parts[-1][1])
        self._name = self._value = b""

    def add_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1][1].extend(memoryview(data)[start:end])

    def end(self) -> None:
        self.has_ended = True

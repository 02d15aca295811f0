"""Request bodies: read under limits, then taken apart into pictures."""

import asyncio
from collections.abc import Sequence

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
FORM_OVERHEAD_BYTES = 65_536
"""What boundaries and part headers may add to the pictures of a form."""


async def read_body(request: Request, *, max_bytes: int, timeout_s: float) -> bytes:
    """Read a body, and give up as soon as a limit is passed.

    Raises:
        BodyTooLarge: declared to be, or grown, over the limit.
        BodyTooSlow: not all of it was there in time.
    """
    too_large = BodyTooLarge(
        f"The body is over the limit of {max_bytes:,} bytes.",
        remedy="Send a smaller copy, or raise DETECTOR_MAX_IMAGE_BYTES.",
    )
    if int(request.headers.get("content-length", "0")) > max_bytes:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for chunk in request.stream():
                if len(body) + len(chunk) > max_bytes:
                    raise too_large
                body += chunk
    except TimeoutError as error:
        raise BodyTooSlow(
            f"The body did not arrive within {timeout_s:g} s.",
            remedy="Send a smaller copy, or raise DETECTOR_BODY_TIMEOUT_S.",
        ) from error
    return bytes(body)


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

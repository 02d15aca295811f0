"""Forms with files, written to disk as they arrive."""

import asyncio
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from detector.api.body import FORM, FORM_OVERHEAD_BYTES, stream_body
from detector.api.catalogue_schemas import PLAIN
from detector.api.errors import (
    InvalidRequest,
    MalformedBody,
    UnsupportedMediaType,
)
from detector.errors import StoreFault

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_TEXT_BYTES = 4_000
MAX_NAME_CHARS = 255


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file of a form.

    Attributes:
        field: of the form.
        name: that the client gave it, without folders; may be empty.
        path: where its bytes are now.
        sha256: of its bytes.
        num_bytes: how many there are.
    """

    field: str
    name: str
    path: Path
    sha256: str
    num_bytes: int


@dataclass(slots=True)
class ReceivedForm:
    """What a form held."""

    files: list[ReceivedFile] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def of_field(self, name: str) -> list[ReceivedFile]:
        """List the files of one field."""
        return [file for file in self.files if file.field == name]


async def receive_form(
    request: Request,
    folder: Path,
    *,
    files: Mapping[str, int],
    texts: Mapping[str, int],
    max_bytes: int,
    timeout_s: float,
) -> ReceivedForm:
    """Read a form under limits; its files lie in the folder, synced to disk.

    Args:
        request: whose body it is.
        folder: new; the caller deletes it.
        files: field → how many files of it there may be.
        texts: other fields → how many characters each may have; each is optional.
        max_bytes: of the whole body.
        timeout_s: for a small body; a large one may take longer.

    Raises:
        UnsupportedMediaType: not a form.
        MalformedBody: not well-formed, or cut short.
        BodyTooLarge: declared to be, or grown, over the limit.
        BodyTooSlow: it did not arrive in time.
        InvalidRequest: other fields, too many files, or too long a text.
    """
    media_type, options = parse_options_header(request.headers.get("content-type"))
    if media_type.decode("latin-1") != FORM:
        raise UnsupportedMediaType(
            f"Only {FORM} is taken here.",
            remedy="Send " + ", ".join(f"`{n}`" for n in [*files, *texts]) + ".",
        )
    limit = max_bytes + FORM_OVERHEAD_BYTES
    with _writing(folder, files, texts) as form:
        try:
            parser = MultipartParser(options.get(b"boundary", b""), form.callbacks)
            async for chunk in stream_body(
                request, max_bytes=limit, timeout_s=timeout_s
            ):
                if chunk:
                    parser.write(chunk)
        except FormParserError as error:
            raise _malformed(f"The form is not well-formed: {error}") from error
        if not form.has_ended:
            raise _malformed("The form is cut short or has no boundary")
        await asyncio.to_thread(form.sync)
        return form.received


async def receive_file(
    request: Request, folder: Path, *, max_bytes: int, timeout_s: float
) -> ReceivedFile:
    """Read a body that is a file itself; it lies in the folder, synced to disk.

    Raises:
        BodyTooLarge: declared to be, or grown, over the limit.
        BodyTooSlow: it did not arrive in time.
    """
    path, digest = folder / "body", sha256()
    with path.open("wb") as file:
        async for chunk in stream_body(
            request, max_bytes=max_bytes, timeout_s=timeout_s
        ):
            file.write(chunk)
            digest.update(chunk)
        num_bytes = file.tell()
    await asyncio.to_thread(_sync, [path, folder])
    return ReceivedFile("", "", path, digest.hexdigest(), num_bytes)


@contextmanager
def temporary_folder(parent: Path, name: str) -> Iterator[Path]:
    """Make a folder for a request's files, and delete what is left of it.

    Raises:
        StoreFault: the disk is full, or the folder may not be written to.
    """
    folder = parent / f"{name}.part"
    try:
        folder.mkdir()
        yield folder
    except OSError as error:
        raise StoreFault(
            f"The upload cannot be kept: {error.strerror}.",
            remedy="Send it again once whoever runs the service has made room for it.",
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync(paths: Iterable[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _malformed(message: str) -> MalformedBody:
    return MalformedBody(
        f"{message.rstrip('.')}.",
        remedy="Let an HTTP library write the form, and its Content-Type too.",
    )


@contextmanager
def _writing(
    folder: Path, files: Mapping[str, int], texts: Mapping[str, int]
) -> Iterator["_Form"]:
    form = _Form(folder, files, texts)
    try:
        yield form
    finally:
        form.close()


class _Form:
    """Takes the parts of a form as the parser finds them."""

    def __init__(
        self, folder: Path, files: Mapping[str, int], texts: Mapping[str, int]
    ) -> None:
        self.received = ReceivedForm()
        self.has_ended = False
        self._folder = folder
        self._files = files
        self._texts = texts
        self._counts: Counter[str] = Counter()
        self._header = (bytearray(), bytearray())
        self._field = ""
        self._file_name = ""
        self._file: BinaryIO | None = None
        self._text = bytearray()
        self._digest = sha256()
        self._paths: list[Path] = []
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda d, s, e: self._header[0].extend(d[s:e]),
            "on_header_value": lambda d, s, e: self._header[1].extend(d[s:e]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_data,
            "on_part_data": self._add_data,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def close(self) -> None:
        """Let go of a file that was cut short."""
        if self._file is not None:
            self._file.close()

    def sync(self) -> None:
        """See to it that what was received survives a power cut."""
        _sync([*self._paths, self._folder])

    def _begin_part(self) -> None:
        self._field = self._file_name = ""
        self._text = bytearray()
        self._digest = sha256()

    def _end_header(self) -> None:
        name, value = (bytes(part) for part in self._header)
        self._header = (bytearray(), bytearray())
        if name.lower() == b"content-disposition":
            _, options = parse_options_header(value)
            self._field = options.get(b"name", b"").decode("utf-8", "replace")
            given = options.get(b"filename", b"").decode("utf-8", "replace")
            plain = "".join(c for c in given if c.isprintable())
            self._file_name = plain.replace("\\", "/").rpartition("/")[2]
            self._file_name = self._file_name[:MAX_NAME_CHARS]

    def _begin_data(self) -> None:
        self._counts[self._field] += 1
        limit = self._files.get(self._field, 1 if self._field in self._texts else 0)
        if self._counts[self._field] > limit:
            raise InvalidRequest(
                f"The form has {'too many fields' if limit else 'an unknown field'} "
                f"{self._field[:100]!r}.",
                remedy="Send "
                + ", ".join(f"`{n}` ({c} at most)" for n, c in self._files.items())
                + "".join(f", `{n}`" for n in self._texts)
                + ".",
            )
        if self._field in self._files:
            path = self._folder / f"{self._field}-{self._counts[self._field]}"
            self._paths.append(path)
            self._file = path.open("wb")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        some = data[start:end]
        if self._file is not None:
            self._file.write(some)
            self._digest.update(some)
        else:
            self._text += some
            if len(self._text) > MAX_TEXT_BYTES:
                raise self._bad_text("is too long")

    def _end_part(self) -> None:
        if self._file is not None:
            num_bytes = self._file.tell()
            self._file.close()
            self._file = None
            self.received.files.append(
                ReceivedFile(
                    self._field,
                    self._file_name,
                    self._paths[-1],
                    self._digest.hexdigest(),
                    num_bytes,
                )
            )
            return
        try:
            text = self._text.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise self._bad_text("is not UTF-8") from None
        if len(text) > self._texts[self._field]:
            raise self._bad_text("is too long")
        if not re.fullmatch(PLAIN, text):
            raise self._bad_text("has control characters")
        if text:
            self.received.texts[self._field] = text

    def _bad_text(self, reason: str) -> InvalidRequest:
        return InvalidRequest(
            f"The field {self._field[:100]!r} {reason}.",
            remedy=f"Use one line of at most {self._texts.get(self._field, 0):,} "
            "characters.",
        )

    def _end(self) -> None:
        self.has_ended = True

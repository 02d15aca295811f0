"""Files of listing events, row by row: NDJSON or CSV, packed by gzip or not."""

import codecs
import gzip
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from typing import BinaryIO, Literal, cast

from detector.catalogue.formats.decoding import encoding_of
from detector.catalogue.formats.tables import open_table
from detector.errors import InvalidInput
from detector.listings.intake.batch_json import parse_batch
from detector.listings.intake.listing_table import ListingTable

MAX_TABLE_ROWS = 10_000_000
_CHUNK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_HEAD_BYTES = 4_096


class ListingFileFormat(StrEnum):
    """The layouts of a file of events; `auto` looks at its beginning."""

    AUTO = "auto"
    NDJSON = "ndjson"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class ListingProblem:
    """What is wrong with a row of a file.

    Attributes:
        row: the line of NDJSON, or as a spreadsheet counts, the header being row 1.
        pointer: JSON pointer into the event; None where it is the row as such.
        code: stable, for programs.
        message: what is wrong.
        remedy: what to do about it.
        severity: a row with an error is not taken, one with warnings is.
    """

    row: int
    pointer: str | None
    code: str
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row, not yet looked into, so that many can be passed over fast.

    Attributes:
        row: its number.
        given: a line of JSON, an event that a table's row was made into, or why it is
            neither.
    """

    row: int
    given: bytes | dict[str, object] | ListingProblem

    def parse(self) -> object:
        """Return what `read_event` takes, or a `ListingProblem`."""
        if not isinstance(self.given, bytes):
            return self.given
        try:
            return parse_batch(self.given)
        except ValueError as error:
            return ListingProblem(
                self.row,
                None,
                "bad_json",
                f"The line is no JSON: {str(error)[:200]}.",
                "Write each event on a line of its own, in UTF-8, by a JSON library.",
            )


@dataclass(frozen=True, slots=True)
class ListingFile:
    """An open file of events.

    Attributes:
        format: what it is.
        warnings: of its header.
    """

    format: ListingFileFormat
    warnings: tuple[ListingProblem, ...]
    _file: BinaryIO
    _max_line_bytes: int

    def rows(self) -> Iterator[FileRow]:
        """Yield the rows from the first one on, blank ones left out."""
        if self.format is ListingFileFormat.NDJSON:
            return _read_lines(self._file, self._max_line_bytes)
        return _read_table(self._file)


@contextmanager
def open_listing_file(
    path: Path,
    *,
    name: str = "",
    format: ListingFileFormat = ListingFileFormat.AUTO,
    max_bytes: int,
    max_line_bytes: int,
) -> Iterator[ListingFile]:
    """Open a file of events.

    Args:
        path: where it lies.
        name: that its sender gave it; that of the path if it is empty.
        format: `auto` goes by the name, and looks if that does not tell.
        max_bytes: that it may have once unpacked.
        max_line_bytes: that a line of NDJSON may have; longer ones are passed over.

    Raises:
        InvalidInput: there is no such file, or it cannot be read as a whole.
    """
    with ExitStack() as stack:
        try:
            file: BinaryIO = stack.enter_context(path.open("rb"))
            if file.read(2) == _GZIP:
                file = stack.enter_context(_unpacked(file, max_bytes))
        except OSError as error:
            raise InvalidInput(
                f"{path} cannot be read: {error.strerror or error}.",
                remedy="Check the path and its permissions.",
            ) from error
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        if format is ListingFileFormat.AUTO:
            format = _by_name(name or path.name) or sniff(head)
        if format is ListingFileFormat.NDJSON:
            _require_lines(head)
        warnings: tuple[ListingProblem, ...] = ()
        if format is ListingFileFormat.CSV:
            table = ListingTable(open_table(file, max_rows=MAX_TABLE_ROWS))
            warnings = tuple(
                ListingProblem(
                    problem.row,
                    None,
                    problem.code,
                    problem.message,
                    problem.remedy,
                    "warning",
                )
                for problem in table.unknown_columns()
            )
        yield ListingFile(format, warnings, file, max_line_bytes)


def sniff(head: bytes) -> ListingFileFormat:
    """Tell the format by the beginning of a file."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    is_json = text.startswith((b"{", b"["))
    return ListingFileFormat.NDJSON if is_json else ListingFileFormat.CSV


def _by_name(name: str) -> ListingFileFormat | None:
    ending = PurePath(name.lower().removesuffix(".gz")).suffix
    if ending in (".ndjson", ".jsonl"):
        return ListingFileFormat.NDJSON
    return ListingFileFormat.CSV if ending in (".csv", ".tsv") else None


def _require_lines(head: bytes) -> None:
    if encoding_of(head) != "utf-8-sig":
        raise InvalidInput("The file is not in UTF-8.", remedy="Save it as UTF-8.")
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        raise InvalidInput(
            "The file is a JSON array.",
            remedy="Write one event a line, without brackets and commas around them: "
            "`jq -c '.[]' events.json > events.ndjson`.",
        )


@contextmanager
def _unpacked(packed: BinaryIO, max_bytes: int) -> Iterator[BinaryIO]:
    """Unpack into a temporary file: what is damaged is refused before it is read."""
    packed.seek(0)
    with tempfile.TemporaryFile() as file:
        try:
            with gzip.GzipFile(fileobj=packed) as members:
                while chunk := members.read(_CHUNK_BYTES):
                    if file.tell() + len(chunk) > max_bytes:
                        raise InvalidInput(
                            f"The file holds over {max_bytes:,} bytes once unpacked.",
                            remedy="Part it into several.",
                        )
                    file.write(chunk)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InvalidInput(
                f"The gzip file is damaged: {error}.", remedy="Pack and send it again."
            ) from error
        yield cast("BinaryIO", file)


def _read_lines(file: BinaryIO, max_bytes: int) -> Iterator[FileRow]:
    file.seek(0)
    row = 0
    while line := file.readline(max_bytes + 2):
        row += 1
        if len(line.rstrip(b"\r\n")) > max_bytes:
            while line and not line.endswith(b"\n"):
                line = file.readline(_CHUNK_BYTES)
            yield FileRow(row, _too_long(row, max_bytes))
            continue
        if row == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line := line.strip():
            yield FileRow(row, line)


def _read_table(file: BinaryIO) -> Iterator[FileRow]:
    table = ListingTable(open_table(file, max_rows=MAX_TABLE_ROWS))
    for each in table.events():
        if isinstance(each.event, dict):
            yield FileRow(each.row, each.event)
        else:
            problem = each.event
            yield FileRow(
                each.row,
                ListingProblem(
                    each.row, None, problem.code, problem.message, problem.remedy
                ),
            )


def _too_long(row: int, max_bytes: int) -> ListingProblem:
    return ListingProblem(
        row,
        None,
        "line_too_long",
        f"The line has over {max_bytes:,} bytes.",
        "Send smaller pictures, or name them by URL.",
    )

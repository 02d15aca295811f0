"""The format of a backup: a ZIP with a stream of records a table, and a manifest.

A record is a line of JSON, a list; where a value is bytes the list has their number,
and the bytes themselves follow the line. `blobs` and `uploads` are streams too, of
names and contents, so that an archive has few members however much it holds.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import IO

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
)

from detector.store.schema import METADATA
from detector.store.table import UtcDateTime

FORMAT = "detector-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
BLOBS = "blobs"
UPLOADS = "uploads"
LEFT_OUT = frozenset({"user_session", "sign_in_link", "given_answer"})
"""Tables of what is over soon: people log in again, requests are made again."""

CHUNK_BYTES = 1 << 20
MAX_LINE_BYTES = 64 << 20
MAX_VALUE_BYTES = 1 << 30

PLAIN = (String, Integer, Float, Boolean)
Columns = Sequence[Column[object]]


@dataclass(frozen=True, slots=True)
class Member:
    """A stream of the archive, as the manifest tells of it."""

    name: str
    num_records: int
    num_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    Attributes:
        created_at: when, in UTC.
        detector_version: by which version.
        schema: revision of the tables.
        members: every stream.
        faults: what could not be read, and so is missing.
    """

    created_at: str
    detector_version: str
    schema: str
    members: tuple[Member, ...]
    faults: tuple[str, ...] = ()
    format: str = field(default=FORMAT)
    format_version: int = field(default=FORMAT_VERSION)

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read it.

        Raises:
            ValueError: it is none, or of another format.
        """
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError("it is no backup of detector")
        if found.get("format_version") != FORMAT_VERSION:
            raise ValueError(f"its format is {found.get('format_version')!r}")
        try:
            members = tuple(
                Member(
                    name=str(each["name"]),
                    num_records=int(each["num_records"]),
                    num_bytes=int(each["num_bytes"]),
                    sha256=str(each["sha256"]),
                )
                for each in found["members"]
            )
            return cls(
                created_at=str(found["created_at"]),
                detector_version=str(found["detector_version"]),
                schema=str(found["schema"]),
                members=members,
                faults=tuple(str(each) for each in found["faults"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"its manifest lacks {error}") from error

    def counts(self) -> Mapping[str, int]:
        """Say how many records each stream has."""
        return {
            member.name.removeprefix("tables/"): member.num_records
            for member in self.members
        }


def tables() -> list[Table]:
    """List what is kept, in an order in which rows can be inserted."""
    return [table for table in METADATA.sorted_tables if table.name not in LEFT_OUT]


def member_name(table: Table) -> str:
    """Name the stream of a table."""
    return f"tables/{table.name}"


class RecordWriter:
    """Writes records, and counts and hashes what it writes."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        self._file = file
        self._hash = sha256()
        self._num_records = 0
        self._num_bytes = 0

    def write(self, values: Sequence[object]) -> None:
        """Write a row."""
        plain = [_plain(value) for value in values]
        self._begin(plain)
        for value in values:
            if isinstance(value, bytes):
                self._put(value)

    def copy(self, name: str, file: IO[bytes], *, num_bytes: int) -> None:
        """Write the contents of a file under a name.

        Raises:
            EOFError: it has fewer bytes.
        """
        self._begin([name, num_bytes])
        for chunk in chunks(file, num_bytes):
            self._put(chunk)

    def member(self) -> Member:
        """Tell of what was written."""
        return Member(
            self._name, self._num_records, self._num_bytes, self._hash.hexdigest()
        )

    def _begin(self, record: list[object]) -> None:
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        self._put(line.encode() + b"\n")
        self._num_records += 1

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)
        self._num_bytes += len(data)


def read_rows(file: IO[bytes], columns: Columns) -> Iterator[dict[str, object]]:
    """Read the rows of a table.

    Raises:
        ValueError, EOFError: they are none of this table's.
    """
    for record in read_records(file):
        yield {
            column.name: _typed(column, value, file)
            for column, value in zip(columns, record, strict=True)
        }


def read_names(file: IO[bytes]) -> Iterator[tuple[str, int]]:
    """Read names with the number of bytes that follow; the caller takes those."""
    for record in read_records(file):
        name, num_bytes = record
        if type(name) is not str or type(num_bytes) is not int or num_bytes < 0:
            raise ValueError(f"{record!r:.100} is no name with a length")
        yield name, num_bytes


def read_records(file: IO[bytes]) -> Iterator[list[object]]:
    """Read the lines of a stream; the caller takes the bytes between them."""
    while line := file.readline(MAX_LINE_BYTES):
        record = json.loads(line)
        if not isinstance(record, list):
            raise ValueError("a record is no list")
        yield record


def take(file: IO[bytes], num_bytes: int) -> bytes:
    """Read so many bytes.

    Raises:
        ValueError: more than memory is meant for.
        EOFError: there are fewer.
    """
    if not 0 <= num_bytes <= MAX_VALUE_BYTES:
        raise ValueError(f"a value of {num_bytes} bytes")
    return b"".join(chunks(file, num_bytes))


def chunks(file: IO[bytes], num_bytes: int) -> Iterator[bytes]:
    """Read so many bytes, a piece at a time.

    Raises:
        EOFError: there are fewer.
    """
    while num_bytes:
        data = file.read(min(num_bytes, CHUNK_BYTES))
        if not data:
            raise EOFError("the file ends too early")
        num_bytes -= len(data)
        yield data


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return len(value)
    return value.isoformat() if isinstance(value, date) else value


def _typed(column: Column[object], value: object, file: IO[bytes]) -> object:
    """Make what the table takes of what JSON has."""
    kind = column.type
    if isinstance(kind, JSON):
        return value
    if value is None:
        if not column.nullable:
            raise ValueError(f"{column} may not be empty")
        return None
    if isinstance(kind, LargeBinary) and type(value) is int:
        return take(file, value)
    if isinstance(kind, UtcDateTime) and type(value) is str:
        time = datetime.fromisoformat(value)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    elif isinstance(kind, Date) and type(value) is str:
        return date.fromisoformat(value)
    elif isinstance(kind, PLAIN):
        expected = kind.python_type
        if type(value) is expected or (expected is float and type(value) is int):
            return value
    raise ValueError(f"{column} takes no {value!r:.100}")

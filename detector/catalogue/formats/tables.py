"""Delimited tables, record by record, whatever their rows hold."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from detector.catalogue.formats.decoding import open_text
from detector.catalogue.formats.rows import MAX_ROWS, RowProblem
from detector.errors import InvalidInput

MAX_RECORD_CHARS = 250_000
MAX_COLUMNS = 2_000
_MAX_RECOVERIES = 20
"""Each reads a record's worth again, so a hostile file could ask for a great many."""
_DELIMITERS = "\t;,"


@dataclass(frozen=True, slots=True)
class Record:
    """One row; `cells` are stripped, and may be more or fewer than the headings."""

    row: int
    cells: list[str]


class _Lines:
    """The lines of a table, those of the record being read kept for a second try."""

    def __init__(self, text: TextIO) -> None:
        self.taken: list[str] = []
        self.is_at_end = False
        self._text = text
        self._num_chars = 0
        self._returned: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._returned:
            line = self._returned.popleft()
        else:
            line = self._text.readline(MAX_RECORD_CHARS + 1)
        if not line:
            self.is_at_end = True
            raise StopIteration
        self.taken.append(line)
        self._num_chars += len(line)
        if self._num_chars > MAX_RECORD_CHARS:
            raise csv.Error(f"a row of over {MAX_RECORD_CHARS:,} characters")
        return line

    def start_record(self) -> None:
        """Forget the lines of the record before."""
        self.taken.clear()
        self._num_chars = 0

    def return_all(self) -> None:
        """Hand the lines taken out again."""
        self._returned.extendleft(reversed(self.taken))
        self.is_at_end = False
        self.start_record()

    def drop_first_line(self) -> None:
        """Hand all lines of the failed record out again, but the first."""
        tail = self.taken.pop(0)
        if not self.taken and not self._returned:
            while tail and tail[-1] not in "\r\n":
                tail = self._text.readline(MAX_RECORD_CHARS)
        self.return_all()


class Table:
    """An open table: its header, then its records.

    Attributes:
        header: the headings, stripped.
        header_row: where they were found; blank rows before them are skipped.
    """

    def __init__(self, text: TextIO, *, max_rows: int = MAX_ROWS) -> None:
        self._lines = _Lines(text)
        self._max_rows = max_rows
        first = self._read_line_of_header()
        self._delimiter = _delimiter_of(first)
        self._reader = csv.reader(self._lines, delimiter=self._delimiter)
        self._row = 0
        header: list[str] = []
        for record in self.records():
            if isinstance(record, RowProblem):
                raise InvalidInput(
                    f"The header cannot be read: {record.message}", remedy=record.remedy
                )
            header = record.cells
            while not header[-1]:
                header.pop()
            break
        if not header:
            raise InvalidInput(
                "The file has no header row.",
                remedy="Name the columns in the first row.",
            )
        if len(header) > MAX_COLUMNS:
            raise InvalidInput(
                f"The header has {len(header):,} columns.",
                remedy=f"Keep to {MAX_COLUMNS:,} columns.",
            )
        self.header = tuple(header)
        self.header_row = self._row

    def records(self) -> Iterator[Record | RowProblem]:
        """Yield what follows, blank rows left out."""
        num_recoveries = num_rows = 0
        while True:
            self._lines.start_record()
            self._row += 1
            try:
                cells = next(self._reader)
                # The reader asks for another line only within a quoted cell.
                if self._lines.is_at_end:
                    raise csv.Error("no closing quote before the end of the file")
            except StopIteration:
                return
            except csv.Error as error:
                num_recoveries += 1
                is_last = num_recoveries > _MAX_RECOVERIES
                yield RowProblem(
                    self._row,
                    None,
                    "row_unreadable",
                    f"The row cannot be told apart from those after it ({error})."
                    + (" The rest of the file is not read." if is_last else ""),
                    'Close every quote that a cell opens; write a quote within as "".',
                )
                if is_last:
                    return
                self._lines.drop_first_line()
                self._reader = csv.reader(self._lines, delimiter=self._delimiter)
                continue
            cells = [cell.strip() for cell in cells]
            if any(cells):
                if num_rows >= self._max_rows:
                    yield too_many_rows(self._row, self._max_rows)
                    return
                num_rows += 1
                yield Record(self._row, cells)

    def _read_line_of_header(self) -> str:
        """Look at the first line that says something, and hand all out again."""
        try:
            first = next((line for line in self._lines if line.strip()), "")
        except csv.Error:
            raise InvalidInput(
                f"The file has no header row in its first {MAX_RECORD_CHARS:,} "
                "characters.",
                remedy="Upload a table whose first row names the columns.",
            ) from None
        self._lines.return_all()
        return first


def open_table(file: BinaryIO, *, max_rows: int = MAX_ROWS) -> Table:
    """Open a table from the beginning of the file, which stays open.

    Raises:
        InvalidInput: no text, or no header row.
    """
    return Table(open_text(file), max_rows=max_rows)


def too_many_rows(row: int, max_rows: int) -> RowProblem:
    """Say where reading stops."""
    return RowProblem(
        row,
        None,
        "too_many_rows",
        f"The file has over {max_rows:,} rows; from this one on it is not read.",
        "Part the file into several and upload them one after the other.",
    )


def _delimiter_of(line: str) -> str:
    """Say which of tab, semicolon and comma parts the headings of a line."""
    outside_quotes = "".join(line.split('"')[::2])
    return max(_DELIMITERS, key=lambda d: (outside_quotes.count(d), d == ","))

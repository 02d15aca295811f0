"""Where a scan's results go: a format, and stdout or a file."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detector.cli.output import results
from detector.cli.scan_format import ScanFormat
from detector.errors import InvalidInput
from detector.listings.formats import CsvRows, JsonLines
from detector.listings.report import RELATIONS, HtmlReport
from detector.listings.scan import ScanCounts, ScannedImage, ScanWriter
from detector.matching.match import Verdict

STYLES = {Verdict.MATCH: "bold red", Verdict.REVIEW: "yellow"}


class FlaggedTable:
    """Shows the pictures that somebody should look at, and counts the others."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._table = Table(
            "verdict", "picture", "brand", "reference", "similarity", "likeness"
        )
        for column in self._table.columns:
            column.overflow = "fold"
        self._unreadable: list[ScannedImage] = []
        self._counts = ScanCounts()

    def add(self, scanned: ScannedImage) -> None:
        """Take the next result."""
        self._counts.add(scanned)
        result = scanned.result
        if result is None:
            self._unreadable.append(scanned)
        elif result.verdict is not Verdict.NO_MATCH:
            best = result.matches[0]
            reference = scanned.references.get(best.reference_id)
            likeness = RELATIONS[best.relation] + (
                ", mirrored" if best.mirrored else ""
            )
            self._table.add_row(
                Text(result.verdict, STYLES[result.verdict]),
                Text(scanned.image),
                Text(reference.brand if reference else ""),
                Text(reference.external_id if reference else ""),
                f"{best.similarity:.3f}",
                likeness,
            )

    def finish(self) -> None:
        """Print the table and the counts."""
        if self._table.row_count:
            self._console.print(self._table)
        for scanned in self._unreadable:
            self._console.print(Text(f"{scanned.image}: {scanned.error}"))
        self._console.print(self._counts.summary())


@contextmanager
def open_writer(form: ScanFormat, out: Path | None) -> Iterator[ScanWriter]:
    """Open a file, or stdout, for results in one of the formats.

    Lines and rows are written as they come. A table or a report appears at the end,
    in place of an older one only if it was completed.
    """
    if out is None:
        if form is ScanFormat.HTML and sys.stdout.isatty():
            raise InvalidInput(
                "A report is no text for a terminal.", remedy="Add --out report.html."
            )
        yield _writer(form, sys.stdout)
        return
    is_whole = form in (ScanFormat.TABLE, ScanFormat.HTML)
    part = out.with_name(f".{out.name}.{os.getpid()}.part") if is_whole else out
    try:
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        file = part.open("w", encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise InvalidInput(
            f"{out} cannot be written: {error.strerror}.",
            remedy="Give --out a file in a folder that exists and can be written to.",
        ) from error
    try:
        with file:
            yield _writer(form, file)
        part.replace(out)
    finally:
        if is_whole:
            part.unlink(missing_ok=True)


def _writer(form: ScanFormat, file: TextIO) -> ScanWriter:
    match form:
        case ScanFormat.TABLE:
            return FlaggedTable(results(file))
        case ScanFormat.JSONL:
            return JsonLines(file)
        case ScanFormat.CSV:
            return CsvRows(file)
        case ScanFormat.HTML:
            return HtmlReport(file)

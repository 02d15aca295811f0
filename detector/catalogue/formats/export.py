"""Tables for people to open in a spreadsheet, with nothing in them that it runs."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields

from detector.catalogue.formats.rows import RowProblem

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""As OWASP lists them: https://owasp.org/www-community/attacks/CSV_Injection."""


def neutralize(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_STARTS) else cell


def csv_line(cells: Iterable[object]) -> str:
    """Write one row, blank for None, every cell neutralized."""
    line = io.StringIO(newline="")
    texts = (neutralize("" if cell is None else str(cell)) for cell in cells)
    csv.writer(line).writerow(texts)
    return line.getvalue()


def write_problems(problems: Iterable[RowProblem]) -> Iterator[str]:
    """Yield the lines of a CSV of problems, its header first."""
    yield csv_line(field.name for field in fields(RowProblem))
    for problem in problems:
        yield csv_line(astuple(problem))

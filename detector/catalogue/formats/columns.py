"""Which column of a table is which of ours."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from detector.catalogue.formats.cells import Cells, shown
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import Record, Table
from detector.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Columns:
    """The header of a table, understood.

    Attributes:
        names: our name of each column; None where we have no use for it.
        headings: our name → how the file spells it.
        unknown: headings that we have no use for.
    """

    names: tuple[str | None, ...]
    headings: Mapping[str, str]
    unknown: tuple[str, ...]

    def cells(self, record: Record) -> Cells:
        """Name the cells of a record; of repeated columns the filled ones are joined.

        A row with more cells than headings fails: they may have slipped sideways.
        """
        values: dict[str, str] = {}
        for name, cell in zip(self.names, record.cells, strict=False):
            if name is not None and cell:
                values[name] = f"{values[name]},{cell}" if name in values else cell
        cells = Cells(record.row, values, self.headings)
        if any(extra := record.cells[len(self.names) :]):
            first = next(cell for cell in extra if cell)
            cells.fail(
                None,
                "too_many_cells",
                f"The row has {len(record.cells)} cells, the header "
                f"{len(self.names)}; {shown(first)} has no heading.",
                remedy="Put cells that hold the delimiter or a line break in quotes.",
            )
        return cells


def snake(heading: str) -> str:
    """Spell a heading as our canonical names are: `Image URLs` is `image_urls`."""
    return re.sub(r"[\s-]+", "_", heading.strip().casefold())


def map_columns(
    header: Collection[str],
    known: Mapping[str, str],
    *,
    normalize: Callable[[str], str] = snake,
    repeatable: Collection[str] = (),
) -> Columns:
    """Find our columns in a header.

    Args:
        header: headings as the file spells them.
        known: normalized heading → our name.
        normalize: applied to each heading before it is looked up.
        repeatable: our names that several columns may have.

    Raises:
        InvalidInput: two columns are the same one of ours.
    """
    names = tuple(known.get(normalize(heading)) for heading in header)
    headings: dict[str, str] = {}
    for name, heading in zip(names, header, strict=True):
        if name in headings and name not in repeatable:
            raise InvalidInput(
                f"The columns {shown(headings[name])} and {shown(heading)} say the "
                "same.",
                remedy="Remove one of them.",
            )
        if name is not None:
            headings.setdefault(name, heading)
    unknown = tuple(h for h, n in zip(header, names, strict=True) if n is None and h)
    return Columns(names, headings, unknown)


def named_rows(table: Table, columns: Columns) -> Iterator[Cells | RowProblem]:
    """Yield the rows with their cells named."""
    for record in table.records():
        if isinstance(record, RowProblem):
            yield record
        else:
            yield columns.cells(record)


def unknown_columns(table: Table, columns: Columns) -> Iterator[RowProblem]:
    """Warn of the columns that are not read."""
    for heading in columns.unknown:
        yield RowProblem(
            table.header_row,
            heading,
            "unknown_column",
            f"The column {shown(heading)} is not read.",
            "Remove it, or correct its heading if it should be one of ours.",
            "warning",
        )


def require_columns(
    table: Table, columns: Columns, needed: Collection[str], *, what: str
) -> None:
    """Check that a table has the columns without which no row can be read.

    Raises:
        InvalidInput: one is missing; names what was found.
    """
    missing = [name for name in needed if name not in columns.headings]
    if missing:
        raise InvalidInput(
            f"{what} needs the column {', '.join(missing)}; "
            f"found {found_headings(table.header)}.",
            remedy="Name the columns in the first row as the manual does.",
        )


def found_headings(header: Collection[str]) -> str:
    """List headings for a message, the first dozen of them."""
    listed = ", ".join(shown(h) for h in list(header)[:12])
    return f"{listed} and {len(header) - 12} more" if len(header) > 12 else listed

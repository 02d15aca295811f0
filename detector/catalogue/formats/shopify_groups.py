"""Rows of a Shopify export, gathered by product."""

from collections.abc import Iterator, Mapping

from detector.catalogue.formats.cells import Cells
from detector.catalogue.formats.columns import Columns, named_rows
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import Table

MAX_ROWS_OF_A_PRODUCT = 5_000
"""Shopify itself allows 2,048 variants and 250 pictures."""
MAX_WAITING_ROWS = 20_000
"""Rows kept in memory because their product comes back further down."""


def handles_that_return(table: Table, columns: Columns) -> Mapping[int, int]:
    """Find the handles whose rows do not lie together.

    Returns:
        The hash of each such handle → its last row.
    """
    seen: set[int] = set()
    last_rows: dict[int, int] = {}
    current = 0
    for cells in named_rows(table, columns):
        if isinstance(cells, RowProblem):
            continue
        key = hash(cells.values.get("handle", ""))
        if key in last_rows or (key != current and key in seen):
            last_rows[key] = cells.row
        seen.add(key)
        current = key
    last_rows.pop(hash(""), None)
    return last_rows


def grouped(
    table: Table, columns: Columns, returning: Mapping[int, int]
) -> Iterator[list[Cells] | RowProblem]:
    """Yield all rows of one product after the other.

    A row with no handle is a product of its own, which Shopify makes a handle for.

    Args:
        table: to read.
        columns: of the table.
        returning: what `handles_that_return` found in the same table.
    """
    group: list[Cells] = []
    waiting: dict[str, list[Cells]] = {}
    left_out: set[str] = set()
    num_waiting = 0
    for cells in named_rows(table, columns):
        if isinstance(cells, RowProblem):
            yield cells
            continue
        handle = cells.values.get("handle", "")
        last_row = returning.get(hash(handle)) if handle else None
        if last_row is None:
            if group and (not handle or group[0].values.get("handle") != handle):
                yield group
                group = []
            if len(group) < MAX_ROWS_OF_A_PRODUCT:
                group.append(cells)
            else:
                yield _too_many(cells)
            continue
        if num_waiting >= MAX_WAITING_ROWS or handle in left_out:
            # A product whose first rows are missing would be taken for another.
            if handle not in waiting:
                left_out.add(handle)
            yield _scattered(cells)
        elif len(rows := waiting.setdefault(handle, [])) >= MAX_ROWS_OF_A_PRODUCT:
            yield _too_many(cells)
        else:
            rows.append(cells)
            num_waiting += 1
        if cells.row == last_row:
            left_out.discard(handle)
            if rows := waiting.pop(handle, []):
                num_waiting -= len(rows)
                yield rows
    if group:
        yield group
    # Only where reading has stopped short of a product's last row.
    yield from waiting.values()


def _too_many(cells: Cells) -> RowProblem:
    return RowProblem(
        cells.row,
        cells.heading("handle"),
        "too_many_rows_of_product",
        f"The product has over {MAX_ROWS_OF_A_PRODUCT:,} rows; this one is left out.",
        "Give each product its own handle.",
    )


def _scattered(cells: Cells) -> RowProblem:
    return RowProblem(
        cells.row,
        cells.heading("handle"),
        "handle_scattered",
        "The rows of too many products are scattered over the file; this one is left "
        "out.",
        "Sort the file by handle, then upload it again.",
    )

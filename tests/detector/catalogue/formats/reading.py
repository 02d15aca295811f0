"""Reads catalogues that tests write down as text."""

import io
from collections.abc import Collection

from detector.catalogue.formats.reader import read_catalogue
from detector.catalogue.formats.rows import (
    MAX_ROWS,
    CatalogueFormat,
    ProductRow,
    RowProblem,
)


def read(
    text: str | bytes,
    *,
    format: CatalogueFormat = CatalogueFormat.AUTO,
    brands: Collection[str] = (),
    max_rows: int = MAX_ROWS,
) -> tuple[list[ProductRow], list[RowProblem]]:
    """Read a whole catalogue and part products from problems."""
    data = text.encode() if isinstance(text, str) else text
    file = io.BytesIO(data)
    rows = list(read_catalogue(file, format=format, brands=brands, max_rows=max_rows))
    assert not file.closed
    products = [row for row in rows if isinstance(row, ProductRow)]
    return products, [row for row in rows if isinstance(row, RowProblem)]


def codes(problems: list[RowProblem]) -> list[tuple[int, str | None, str]]:
    """Name each problem by its row, column and code."""
    for problem in problems:
        assert problem.message
        assert problem.remedy
    return [(problem.row, problem.column, problem.code) for problem in problems]

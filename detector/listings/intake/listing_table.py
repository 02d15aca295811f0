"""Tables of listing events: a row is an event, its columns are the event's fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from detector.catalogue.formats.columns import (
    map_columns,
    require_columns,
    snake,
    unknown_columns,
)
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import Record, Table

_PLAIN = (
    "event_id",
    "type",
    "occurred_at",
    "marketplace_id",
    "listing_id",
    "version",
    "url",
    "title",
    "description",
    "price",
    "currency",
    "condition",
    "brand_claimed",
    "gtin",
    "category",
    "ships_from",
    "country",
    "removal",
)
_SELLER = ("id", "type", "country", "created_at", "verified", "rating")
_IMAGES: Mapping[str, str] = {
    "image_url": "url",
    "image_urls": "url",
    "image_link": "url",
    "image_links": "url",
    "image_sha256": "sha256",
    "image_sha256s": "sha256",
    "image_path": "path",
    "image_paths": "path",
}
"""Heading → the field of an image that its cells hold; several to a cell, by `|`."""
_KNOWN = {
    **{name: name for name in _PLAIN},
    **{f"seller_{name}": f"seller_{name}" for name in _SELLER},
    **{heading: f"image_{field}" for heading, field in _IMAGES.items()},
}
_MANY = {f"image_{field}" for field in _IMAGES.values()}
_VERDICTS = {"true": True, "yes": True, "1": True}
_VERDICTS |= {"false": False, "no": False, "0": False}
_MAX_DIGITS = 19


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as an event, or why it is none."""

    row: int
    event: dict[str, object] | RowProblem


class ListingTable:
    """A table whose header is understood.

    Raises:
        InvalidInput: a column that every event needs is missing, or is there twice.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = map_columns(table.header, _KNOWN, repeatable=_MANY)
        require_columns(
            table,
            self._columns,
            ["type", "occurred_at", "listing_id"],
            what="A table of listing events",
        )

    def unknown_columns(self) -> Iterator[RowProblem]:
        """Tell which columns are not read."""
        return unknown_columns(self._table, self._columns)

    def events(self) -> Iterator[TableRow]:
        """Yield the rows; whether they are good events others tell."""
        for record in self._table.records():
            if isinstance(record, RowProblem):
                yield TableRow(record.row, record)
            else:
                yield TableRow(record.row, self._event(record))

    def _event(self, record: Record) -> dict[str, object] | RowProblem:
        cells = self._columns.cells(record)
        if cells.has_failed:
            return cells.problems[0]
        event: dict[str, object] = {}
        seller: dict[str, object] = {}
        images: list[object] = []
        for name, cell in zip(self._columns.names, record.cells, strict=False):
            if name is None or not cell:
                continue
            if name in _MANY:
                field = name.removeprefix("image_")
                images += [
                    {field: p} for part in cell.split("|") if (p := part.strip())
                ]
            elif name.startswith("seller_"):
                seller[name.removeprefix("seller_")] = _value(name, cell)
            else:
                event[name] = _value(name, cell)
        if seller:
            event["seller"] = seller
        if images:
            event["images"] = images
        return event


def _value(name: str, cell: str) -> object:
    """Turn a cell into what JSON would hold; what is none stays text, to be told."""
    if name == "version" and cell.isdecimal() and len(cell) <= _MAX_DIGITS:
        return int(cell)
    if name == "seller_verified":
        return _VERDICTS.get(snake(cell), cell)
    if name == "seller_rating":
        try:
            return float(cell.replace(",", "."))
        except ValueError:
            return cell
    return cell

"""The list of rights that a brand uploads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from detector.catalogue.formats.cells import Cells, shown
from detector.catalogue.formats.columns import (
    map_columns,
    named_rows,
    require_columns,
    unknown_columns,
)
from detector.catalogue.formats.countries import UNIONS
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import open_table

RIGHT_TYPES = ("trademark", "copyright", "design", "patent", "gi")
LAST_NICE_CLASS = 45
COLUMNS = (
    "right_id",
    "type",
    "office",
    "application_no",
    "registration_no",
    "mark_text",
    "image",
    "nice_classes",
    "territories",
    "owner",
    "status",
    "registered_on",
    "expires_on",
    "representative",
    "authority_document",
)
_OFFICE = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class RightRow:
    """One right of a brand.

    Attributes:
        row: where it was listed.
        right_id: the brand's own name for it, 1 to 50 printable characters.
        type: one of RIGHT_TYPES.
        office: two letters of WIPO ST.3, such as EM or US; None for a copyright.
        application_no, registration_no: as the office writes them.
        mark_text: the words of the mark.
        image: a web address, or a path within the accompanying ZIP.
        nice_classes: 1 to 45, in order.
        territories: country codes, EU for the Union; empty where the office says it.
        owner, status, representative, authority_document: in the brand's words.
        registered_on, expires_on: ISO dates.
    """

    row: int
    right_id: str
    type: str
    office: str | None = None
    application_no: str | None = None
    registration_no: str | None = None
    mark_text: str | None = None
    image: str | None = None
    nice_classes: tuple[int, ...] = ()
    territories: tuple[str, ...] = ()
    owner: str | None = None
    status: str | None = None
    registered_on: str | None = None
    expires_on: str | None = None
    representative: str | None = None
    authority_document: str | None = None


def read_rights(file: BinaryIO) -> Iterator[RightRow | RowProblem]:
    """Check the header of rights.csv, then yield its rows.

    An office, class, territory or date that cannot be read leaves the row out:
    without it the right would seem to reach further than it does.

    Raises:
        InvalidInput: the file as a whole cannot be read.
    """
    table = open_table(file)
    columns = map_columns(table.header, {name: name for name in COLUMNS})
    require_columns(table, columns, ["right_id", "type"], what="A list of rights")

    def rows() -> Iterator[RightRow | RowProblem]:
        yield from unknown_columns(table, columns)
        for cells in named_rows(table, columns):
            if isinstance(cells, RowProblem):
                yield cells
                continue
            right = None if cells.has_failed else _read_row(cells)
            yield from cells.problems
            if right is not None and not cells.has_failed:
                yield right

    return rows()


def _read_row(cells: Cells) -> RightRow | None:
    right_id = cells.identifier("right_id")
    kind = cells.choice("type", RIGHT_TYPES, is_required=True)
    office = _read_office(cells, is_required=kind not in {None, "copyright"})
    registered_on, expires_on = cells.period(
        "registered_on", "expires_on", is_vital=True
    )
    nice_classes = _read_nice_classes(cells)
    territories = cells.countries("territories", also=UNIONS, is_vital=True)
    image = cells.text("image")
    if right_id is None or kind is None:
        return None
    return RightRow(
        cells.row,
        right_id,
        kind,
        office=office,
        application_no=cells.text("application_no"),
        registration_no=cells.text("registration_no"),
        mark_text=cells.text("mark_text"),
        image=cells.image_link("image", image) if image else None,
        nice_classes=nice_classes,
        territories=tuple(territories),
        owner=cells.text("owner"),
        status=cells.text("status"),
        registered_on=registered_on,
        expires_on=expires_on,
        representative=cells.text("representative"),
        authority_document=cells.text("authority_document"),
    )


def _read_office(cells: Cells, *, is_required: bool) -> str | None:
    value = cells.text("office", is_required=is_required, is_vital=True)
    if value is None or _OFFICE.fullmatch(value.upper()):
        return value and value.upper()
    cells.fail(
        "office",
        "bad_office",
        f"{cells.heading('office')} {shown(value)} is no office.",
        remedy="Use the two letters of WIPO ST.3, such as EM, WO, US or CN.",
    )
    return None


def _read_nice_classes(cells: Cells) -> tuple[int, ...]:
    words = [
        w for word in cells.words("nice_classes", is_vital=True) for w in word.split()
    ]
    wrong = [
        word
        for word in words
        if not (word.isascii() and word.isdigit() and len(word) <= 3)
        or not 1 <= int(word) <= LAST_NICE_CLASS
    ]
    if not wrong:
        return tuple(sorted({int(word) for word in words}))
    cells.fail(
        "nice_classes",
        "bad_nice_class",
        f"{cells.heading('nice_classes')} holds {shown(wrong[0])}, no Nice class.",
        remedy=f"List numbers from 1 to {LAST_NICE_CLASS}, such as 18|25.",
    )
    return ()

"""A file of listings to give notice of: CSV, a listing in each row."""

from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from detector.catalogue.formats.columns import (
    map_columns,
    named_rows,
    require_columns,
    unknown_columns,
)
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import open_table
from detector.review.actor import Actor
from detector.review.notices.give import give_notice
from detector.review.notices.notice import MAX_ITEMS, GivenNotice, NoticeItem

COLUMNS = ("listing_id", "url")


def read_items(file: BinaryIO) -> tuple[list[NoticeItem], list[RowProblem]]:
    """Read the rows; those that cannot be used are told, the others kept.

    Args:
        file: seekable; not closed.

    Raises:
        InvalidInput: the file as a whole cannot be read.
    """
    table = open_table(file)
    columns = map_columns(table.header, {name: name for name in COLUMNS})
    require_columns(table, columns, ["listing_id"], what="A notice")
    items: list[NoticeItem] = []
    problems = list(unknown_columns(table, columns))
    known: set[str] = set()
    for cells in named_rows(table, columns):
        if isinstance(cells, RowProblem):
            problems.append(cells)
            continue
        listing_id = cells.text("listing_id", is_required=True, limit=200)
        url = cells.url("url")
        problems += cells.problems
        if listing_id is None or cells.has_failed or listing_id in known:
            continue
        known.add(listing_id)
        items.append(NoticeItem(listing_id, url))
    return items, problems


def give_in_parts(
    session: Session, given: GivenNotice, *, actor: Actor, brand_id: str, at: datetime
) -> list[str]:
    """Give notice of any number of listings: of each 300 a notice of its own.

    Args:
        session: that writes.
        given: the notice, with all its listings.
        actor: who gives it.
        brand_id: for which brand.
        at: now.

    Returns:
        The notices' ids.
    """
    return [
        give_notice(
            session,
            replace(given, items=given.items[start : start + MAX_ITEMS]),
            actor=actor,
            brand_id=brand_id,
            at=at,
        ).id
        for start in range(0, len(given.items), MAX_ITEMS)
    ]

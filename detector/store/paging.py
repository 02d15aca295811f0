"""Lists in pages: a cursor says after which row the next page begins."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import Integer, Select, String, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import TypeEngine

from detector.errors import InvalidCursor
from detector.store.table import UtcDateTime

Row = TypeVar("Row")
Key = InstrumentedAttribute[str] | InstrumentedAttribute[int]
SortKey = Key | InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
Value = str | int | datetime

MAX_CURSOR_LENGTH = 1_000
MAX_INTEGER = 2**63 - 1


def page(
    session: Session,
    query: Select[Row],
    *,
    keys: Sequence[SortKey],
    limit: int,
    cursor: str | None = None,
    is_descending: bool = False,
) -> tuple[list[Row], str | None]:
    """Read the page of a list that begins after a cursor.

    Nothing is skipped or seen twice while rows come and go; a row whose keys change
    is seen again if it moves on. What the query does not select, no cursor reaches.

    Args:
        session: to read with.
        query: of one kind of row, with its conditions and without an order.
        keys: columns to sort by, never null; together they are unique, so that the
            last one is an id. `(updated_at, id)` for lists of what has changed.
        limit: most rows to return.
        cursor: what came with the page before; None for the first.
        is_descending: begin at the end.

    Returns:
        The rows, and the cursor of the next page; None if this is the last.

    Raises:
        InvalidCursor: it was not made for this list, or damaged on the way.
    """
    if cursor is not None:
        after = [
            literal(value, key.type)
            for key, value in zip(keys, read_cursor(cursor, keys), strict=True)
        ]
        here, there = tuple_(*keys), tuple_(*after)
        query = query.where(here < there if is_descending else here > there)
    order = [key.desc() for key in keys] if is_descending else keys
    wanted = query.add_columns(*keys).order_by(*order).limit(limit + 1)
    found = session.execute(wanted).all()
    rows = [each[0] for each in found[:limit]]
    if len(found) <= limit:
        return rows, None
    return rows, write_cursor(found[limit - 1][-len(keys) :], keys)


def write_cursor(values: Sequence[Value], keys: Sequence[SortKey]) -> str:
    """Write the cursor that leads on from the row with these values."""
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    text = json.dumps(plain, separators=(",", ":")).encode()
    checksum = crc32(repr([str(key) for key in keys]).encode() + text)
    return base64.urlsafe_b64encode(checksum.to_bytes(4) + text).decode().rstrip("=")


def read_cursor(cursor: str, keys: Sequence[SortKey]) -> list[Value]:
    """Take a cursor apart; whoever sends it may have made it up.

    Raises:
        InvalidCursor: it was not made for this list, or damaged on the way.
    """
    try:
        if len(cursor) > MAX_CURSOR_LENGTH:
            raise ValueError("too long")
        padding = "=" * (-len(cursor) % 4)
        data = base64.b64decode(cursor + padding, altchars=b"-_", validate=True)
        parts = json.loads(data[4:])
        values = [_typed(part, key.type) for part, key in zip(parts, keys, strict=True)]
        if write_cursor(values, keys) != cursor:
            raise ValueError("of another list")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidCursor(
            "The cursor is none that this list has given out.",
            remedy="Send a `next_cursor` as it came, with the same path, or none to "
            "begin again.",
        ) from error
    return values


def _typed(part: object, kind: TypeEngine[Any]) -> Value:
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(str(part)).astimezone(UTC)
    if isinstance(kind, Integer) and type(part) is int and abs(part) <= MAX_INTEGER:
        return part
    if isinstance(kind, String) and type(part) is str and "\0" not in part:
        part.encode()  # no half of a surrogate pair
        return part
    raise TypeError(f"{part!r} is no {kind!r}")

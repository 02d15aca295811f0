"""Events for those who come and ask: a cursor leads on, also from the last one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.events.audience import Audience, is_visible
from detector.events.event_type import EventType
from detector.store.event_tables import EventRow
from detector.store.paging import read_cursor, write_cursor

KEYS = (EventRow.id,)
"""A cursor names the last event that was read. Its number would tell how many events
there are of others; and if it is gone, all that are kept are later ones."""
BEGINNING = ""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, in the order in which they came to be.

    Attributes:
        events: the oldest first.
        next_cursor: leads on from the last one, at the end to what is yet to come.
        has_more: whether there are more now.
    """

    events: Sequence[EventRow]
    next_cursor: str
    has_more: bool


def list_events(
    session: Session,
    audience: Audience,
    *,
    limit: int,
    cursor: str | None = None,
    types: Sequence[EventType] = (),
) -> EventPage:
    """List the events that an audience sees, a page at a time.

    Whoever goes on from each cursor sees every event once: they are numbered in the
    order of commits, so that none appears before one that was seen.

    Raises:
        InvalidCursor: it was not made for this list.
    """
    last_id = BEGINNING if cursor is None else str(read_cursor(cursor, KEYS)[0])
    query = select(EventRow).where(is_visible(audience))
    if types:
        query = query.where(EventRow.type.in_(sorted(set(types))))
    last = session.scalar(
        select(EventRow.seq).where(EventRow.id == last_id, is_visible(audience))
    )
    if last is not None:
        query = query.where(EventRow.seq > last)
    found = list(session.scalars(query.order_by(EventRow.seq).limit(limit + 1)))
    events = found[:limit]
    if events:
        last_id = events[-1].id
    return EventPage(events, write_cursor([last_id], KEYS), len(found) > limit)

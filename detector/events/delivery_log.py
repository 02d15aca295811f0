"""The delivery log of an endpoint: what was sent, and sending it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Unknown
from detector.events.audience import Audience, is_visible
from detector.events.deliveries import deliver_to, new_delivery, now_of
from detector.events.endpoints import find_endpoint, lock_endpoint
from detector.events.event_type import EventType
from detector.events.outbox import CLOCK, record_event
from detector.store.clock import next_seq
from detector.store.event_tables import (
    EventRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.paging import page

MAX_REPLAYED = 10_000


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery, the event it is of, and all attempts so far."""

    row: WebhookDeliveryRow
    event: EventRow
    attempts: Sequence[WebhookAttemptRow]


def list_deliveries(
    session: Session,
    owner: Audience,
    endpoint_id: str,
    *,
    limit: int,
    cursor: str | None = None,
    state: str | None = None,
    newest_first: bool = False,
) -> tuple[list[LoggedDelivery], str | None]:
    """List deliveries to an endpoint a page at a time, by when they were made.

    Raises:
        Unknown: there is no such endpoint, or it is somebody else's.
        InvalidCursor: it was not made for this list.
    """
    find_endpoint(session, owner, endpoint_id)
    query = select(WebhookDeliveryRow).where(
        WebhookDeliveryRow.endpoint_id == endpoint_id
    )
    if state is not None:
        query = query.where(WebhookDeliveryRow.state == state)
    keys = (WebhookDeliveryRow.created_at, WebhookDeliveryRow.id)
    rows, next_cursor = page(
        session,
        query,
        keys=keys,
        limit=limit,
        cursor=cursor,
        is_descending=newest_first,
    )
    return _logged(session, rows), next_cursor


def retry_delivery(
    session: Session, owner: Audience, endpoint_id: str, delivery_id: str
) -> LoggedDelivery:
    """Send an event again at once, whatever has become of it.

    Raises:
        Unknown: there is no such endpoint or delivery, or it is somebody else's.
        Conflict: the endpoint is disabled.
    """
    _lock_enabled(session, owner, endpoint_id)
    row = session.get(
        WebhookDeliveryRow, delivery_id, with_for_update=True, populate_existing=True
    )
    if row is None or row.endpoint_id != endpoint_id:
        raise Unknown(
            f"There is no delivery {delivery_id[:100]!r} to that webhook.",
            remedy="List its deliveries.",
        )
    row.state, row.next_at = "pending", now_of(session)
    session.flush()
    return _logged(session, [row])[0]


def replay(
    session: Session,
    owner: Audience,
    endpoint_id: str,
    *,
    since: datetime,
    until: datetime | None = None,
    types: Sequence[EventType] = (),
) -> int:
    """Send all events of a time again, those too that the endpoint was never sent.

    Args:
        session: of a transaction.
        owner: of the endpoint.
        endpoint_id: where to.
        since: the first moment.
        until: the first moment that is not meant; None for now.
        types: only these; all that the endpoint wants if none is named.

    Returns:
        How many.

    Raises:
        Unknown: there is no such endpoint, or it is somebody else's.
        Conflict: the endpoint is disabled.
        InvalidInput: they are too many.
    """
    endpoint = _lock_enabled(session, owner, endpoint_id)
    wanted = _wanted(owner, endpoint, types)
    meant = [wanted, EventRow.created_at >= since]
    if until is not None:
        meant.append(EventRow.created_at < until)
    chosen = and_(*meant)
    count = session.scalar(select(func.count()).select_from(EventRow).where(chosen))
    if (count or 0) > MAX_REPLAYED:
        raise InvalidInput(
            f"There were {count:,} events, and no more than {MAX_REPLAYED:,} can be "
            "sent again at once.",
            remedy="Choose a shorter time, or types.",
        )
    seqs = list(session.scalars(select(EventRow.seq).where(chosen)))
    return _send_again(session, endpoint_id, seqs)


def send_test(session: Session, owner: Audience, endpoint_id: str) -> LoggedDelivery:
    """Send an endpoint an event that means nothing.

    Raises:
        Unknown: there is no such endpoint, or it is somebody else's.
        Conflict: the endpoint is disabled.
    """
    find_endpoint(session, owner, endpoint_id)
    next_seq(session, CLOCK, 0)  # comes before the endpoint, in the order of locks
    _lock_enabled(session, owner, endpoint_id)
    event = record_event(
        session,
        EventType.WEBHOOK_TEST,
        marketplace=owner.marketplace,
        brand_id=owner.brand_id,
        data={"webhook_id": endpoint_id},
    )
    deliver_to(session, event, [endpoint_id])
    row = session.scalars(
        select(WebhookDeliveryRow).where(WebhookDeliveryRow.event_seq == event.seq)
    ).one()
    return _logged(session, [row])[0]


def _lock_enabled(
    session: Session, owner: Audience, endpoint_id: str
) -> WebhookEndpointRow:
    endpoint = lock_endpoint(session, owner, endpoint_id)
    if endpoint.state != "enabled":
        raise Conflict(
            f"The webhook is disabled. {endpoint.disabled_reason or ''}".strip(),
            remedy="Enable it first.",
        )
    return endpoint


def _wanted(
    owner: Audience, endpoint: WebhookEndpointRow, types: Sequence[EventType]
) -> ColumnElement[bool]:
    chosen = set(types) or set(owner.types)
    if endpoint.types:
        chosen &= set(map(EventType, endpoint.types))
    return and_(is_visible(owner), EventRow.type.in_(sorted(chosen)))


def _send_again(session: Session, endpoint_id: str, seqs: Sequence[int]) -> int:
    """Make deliveries of events pending, and those that are missing."""
    now, step = now_of(session), 500
    for start in range(0, len(seqs), step):
        some = seqs[start : start + step]
        there = and_(
            WebhookDeliveryRow.endpoint_id == endpoint_id,
            WebhookDeliveryRow.event_seq.in_(some),
        )
        known = set(session.scalars(select(WebhookDeliveryRow.event_seq).where(there)))
        session.execute(
            update(WebhookDeliveryRow).where(there).values(state="pending", next_at=now)
        )
        session.add_all(
            new_delivery(endpoint_id, seq, now) for seq in some if seq not in known
        )
        session.flush()
        session.expunge_all()
    return len(seqs)


def _logged(
    session: Session, rows: Sequence[WebhookDeliveryRow]
) -> list[LoggedDelivery]:
    """Put events and attempts to deliveries."""
    events = {
        event.seq: event
        for event in session.scalars(
            select(EventRow).where(EventRow.seq.in_([row.event_seq for row in rows]))
        )
    }
    attempts: dict[str, list[WebhookAttemptRow]] = {row.id: [] for row in rows}
    for attempt in session.scalars(
        select(WebhookAttemptRow)
        .where(WebhookAttemptRow.delivery_id.in_(list(attempts)))
        .order_by(WebhookAttemptRow.delivery_id, WebhookAttemptRow.n)
    ):
        attempts[attempt.delivery_id].append(attempt)
    return [
        LoggedDelivery(row, events[row.event_seq], attempts[row.id]) for row in rows
    ]

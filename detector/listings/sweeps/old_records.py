"""Deletes records of what is long over: events, deliveries, jobs that are done."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from detector.store.database import Database
from detector.store.event_tables import (
    EventRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.job_list import OVER
from detector.store.table import utc_now
from detector.store.work_tables import JobRow

BATCH = 200
KEEP_EVENTS = timedelta(days=30)
"""How long events can be read, and their deliveries replayed."""
KEEP_DONE = timedelta(days=7)

ShouldStop = Callable[[], bool]
Delete = Callable[[Session, Sequence[str]], None]


def forget_events(
    database: Database, *, should_stop: ShouldStop = lambda: False
) -> int:
    """Delete old events and how they were delivered; return how many events.

    What is still to be delivered stays, and so does its event; but what waits for an
    endpoint that is disabled may wait no longer than that.
    """
    cutoff = utc_now() - KEEP_EVENTS
    row, event, endpoint = WebhookDeliveryRow, EventRow, WebhookEndpointRow
    disabled = select(endpoint.id).where(endpoint.state == "disabled")
    is_over = or_(row.state != "pending", row.endpoint_id.in_(disabled))
    deliveries = select(row.id).where(row.created_at < cutoff, is_over)
    _delete_all(database, deliveries, _delete_deliveries, should_stop)
    is_needed = exists().where(row.event_seq == event.seq)
    events = select(event.id).where(event.created_at < cutoff, ~is_needed)
    return _delete_all(database, events, _delete_events, should_stop)


def forget_jobs(database: Database, *, should_stop: ShouldStop = lambda: False) -> int:
    """Delete jobs that were over long ago; those that were given up stay."""
    jobs = select(JobRow.id).where(
        JobRow.state.in_(OVER), JobRow.finished_at < utc_now() - KEEP_DONE
    )
    return _delete_all(database, jobs, _delete_jobs, should_stop)


def _delete_all(
    database: Database, ids: Select[str], delete: Delete, should_stop: ShouldStop
) -> int:
    """Delete what is selected, a batch in a transaction; return how many."""
    num_deleted = 0
    while not should_stop():
        with database.read() as session:
            if session.scalar(ids.limit(1)) is None:
                break
        with database.write() as session:
            # What somebody works with at the moment is none of what is long over.
            free = ids.limit(BATCH).with_for_update(skip_locked=True)
            batch = session.scalars(free).all()
            delete(session, batch)
        num_deleted += len(batch)
        if not batch:
            break
    return num_deleted


def _delete_deliveries(session: Session, ids: Sequence[str]) -> None:
    attempt = WebhookAttemptRow
    session.execute(delete(attempt).where(attempt.delivery_id.in_(ids)))
    session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.id.in_(ids)))


def _delete_events(session: Session, ids: Sequence[str]) -> None:
    session.execute(delete(EventRow).where(EventRow.id.in_(ids)))


def _delete_jobs(session: Session, ids: Sequence[str]) -> None:
    session.execute(delete(JobRow).where(JobRow.id.in_(ids)))

"""Deliveries: which event goes to which endpoint, and what became of it.

An endpoint has one job, which sends what is due to it, one after the other; so none
keeps more than one thread waiting. Locks are taken in one order by all: the clock of
events, the endpoint's job, the endpoint, its deliveries.
"""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from detector.events.audience import concerns
from detector.store.event_tables import (
    EventRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.inserting import insert_new
from detector.store.jobs import MAX_ATTEMPTS, clock_of, put_back
from detector.store.work_tables import JobRow

JOB_KIND = "webhook_delivery"

SCHEDULE = (
    5.0,
    300.0,
    1_800.0,
    7_200.0,
    18_000.0,
    36_000.0,
    50_400.0,
    72_000.0,
    86_400.0,
)
"""Seconds from each failed attempt to the next, as Standard Webhooks has them."""
JITTER = 0.1
"""Share by which a wait may be longer."""
GONE = 410
THROTTLED = frozenset({429, 502, 503, 504})
"""Answers that ask for less of everything, not only for this event later."""
MIN_PAUSE_S = 5.0
MAX_PAUSE_S = 300.0
MAX_ASKED_PAUSE_S = 3_600.0
"""Longest time that an endpoint's Retry-After is heeded for."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of an attempt.

    Attributes:
        at: when it began.
        duration_ms: until there was an answer, or none.
        status: of the answer; None if there was none.
        error: why it failed; None if it did not.
        retry_after_s: how long the endpoint asks to be left alone.
    """

    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    retry_after_s: float | None = None

    @property
    def asks_for_a_pause(self) -> bool:
        """Whether other events are better not sent there now, either."""
        return self.error is not None and (
            self.status is None or self.status in THROTTLED
        )


def deliver(session: Session, event: EventRow) -> None:
    """Write deliveries of an event to every endpoint that wants it."""
    wanting = session.scalars(
        select(WebhookEndpointRow)
        .where(WebhookEndpointRow.state == "enabled", concerns(event))
        .order_by(WebhookEndpointRow.id)
    )
    ids = [row.id for row in wanting if not row.types or event.type in row.types]
    deliver_to(session, event, ids)


def deliver_to(session: Session, event: EventRow, endpoint_ids: Sequence[str]) -> None:
    """Write deliveries of an event to endpoints, as far as they are still there."""
    if not endpoint_ids:
        return
    for id in endpoint_ids:
        wake(session, id)
    enabled = session.scalars(
        select(WebhookEndpointRow.id)
        .where(WebhookEndpointRow.id.in_(endpoint_ids))
        .where(WebhookEndpointRow.state == "enabled")
        .with_for_update(read=True, key_share=True)
    )
    now = now_of(session)
    for id in enabled:
        session.add(new_delivery(id, event.seq, now))
    session.flush()


def new_delivery(
    endpoint_id: str, event_seq: int, next_at: datetime
) -> WebhookDeliveryRow:
    """Make a delivery that is to be tried for the first time."""
    return WebhookDeliveryRow(
        id="dlv_" + uuid.uuid4().hex,
        endpoint_id=endpoint_id,
        event_seq=event_seq,
        next_at=next_at,
    )


def now_of(session: Session) -> datetime:
    """Read the clock that jobs go by."""
    return session.execute(select(clock_of(session))).scalar_one()


def job_id(endpoint_id: str) -> str:
    """Name the one job of an endpoint."""
    return f"job_{endpoint_id}"


def wake(session: Session, endpoint_id: str) -> None:
    """Let an endpoint's job see at once what this transaction is about to write.

    Until the transaction ends the job cannot come to an end without having seen it.
    """
    id, now = job_id(endpoint_id), now_of(session)
    row = None
    while row is None:
        if insert_new(
            session,
            JobRow,
            id=id,
            kind=JOB_KIND,
            payload={"endpoint_id": endpoint_id},
            max_attempts=MAX_ATTEMPTS,
            run_at=now,
            created_at=now,
        ):
            return
        row = session.get(JobRow, id, with_for_update=True, populate_existing=True)
    if row.state == "ready":
        row.run_at = min(row.run_at, now)
    elif row.state != "leased":  # given up or canceled
        row.attempts, row.finished_at = 0, None
        put_back(row, now)
    session.flush()


def locked_endpoint(session: Session, endpoint_id: str) -> WebhookEndpointRow | None:
    """Lock an endpoint for a change, which those who emit need not wait for."""
    return session.get(
        WebhookEndpointRow,
        endpoint_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def next_due(session: Session, endpoint_id: str) -> WebhookDeliveryRow | None:
    """Find what is to be sent to an endpoint now, if anything is."""
    now = now_of(session)
    endpoint = session.get(WebhookEndpointRow, endpoint_id)
    if endpoint is None or endpoint.state != "enabled":
        return None
    if endpoint.paused_until is not None and endpoint.paused_until > now:
        return None
    return session.scalars(
        _pending(endpoint_id).where(WebhookDeliveryRow.next_at <= now)
    ).first()


def wait_s(session: Session, endpoint_id: str) -> float | None:
    """Say for how long there is nothing to send; None if that is until further notice.

    The endpoint's job is locked by the caller, so that nobody adds anything meanwhile.
    """
    endpoint = session.get(WebhookEndpointRow, endpoint_id, populate_existing=True)
    first = session.scalars(_pending(endpoint_id)).first()
    if endpoint is None or endpoint.state != "enabled" or first is None:
        return None
    now = now_of(session)
    at = max(first.next_at or now, endpoint.paused_until or now)
    return max(0.0, (at - now).total_seconds())


def record_attempt(
    session: Session, delivery_id: str, sent: Sent, *, schedule: Sequence[float]
) -> str | None:
    """Write down what came of an attempt, and when the next one is.

    Args:
        session: of a transaction that holds the endpoint's job.
        delivery_id: what was tried.
        sent: what came of it.
        schedule: seconds from each failed attempt to the next.

    Returns:
        The delivery's state, `pending` if it is tried again; None if it is gone.
    """
    found = session.get(WebhookDeliveryRow, delivery_id)
    endpoint = locked_endpoint(session, found.endpoint_id) if found else None
    delivery = session.get(
        WebhookDeliveryRow, delivery_id, with_for_update=True, populate_existing=True
    )
    if delivery is None or endpoint is None:
        return None  # deleted while it was sent
    delivery.num_attempts += 1
    session.add(
        WebhookAttemptRow(
            delivery_id=delivery_id,
            n=delivery.num_attempts,
            at=sent.at,
            duration_ms=sent.duration_ms,
            status=sent.status,
            error=sent.error,
        )
    )
    delivery.last_status, delivery.last_error = sent.status, sent.error
    now = now_of(session)
    if sent.error is None:
        delivery.state, delivery.delivered_at, delivery.next_at = "delivered", now, None
        endpoint.failing_since = endpoint.paused_until = None
        return delivery.state
    endpoint.failing_since = endpoint.failing_since or now
    if delivery.num_attempts > len(schedule):
        delivery.state, delivery.next_at = "failed", None
    else:
        plain = schedule[delivery.num_attempts - 1]
        delivery.next_at = now + timedelta(
            seconds=plain * random.uniform(1, 1 + JITTER)
        )
    if sent.asks_for_a_pause:
        pause_s = pause_after(sent, now - endpoint.failing_since)
        endpoint.paused_until = now + timedelta(seconds=pause_s)
    return delivery.state


def pause_after(sent: Sent, failing: timedelta) -> float:
    """Say for how many seconds an endpoint is left alone.

    As long as it asks for, if it does; else as long again as it has been failing, so
    that one that is down is tried ever more rarely, whatever waits for it.
    """
    if sent.retry_after_s is not None:
        return min(sent.retry_after_s, MAX_ASKED_PAUSE_S)
    return min(max(failing.total_seconds(), MIN_PAUSE_S), MAX_PAUSE_S)


def _pending(endpoint_id: str) -> Select[WebhookDeliveryRow]:
    return (
        select(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.endpoint_id == endpoint_id)
        .where(WebhookDeliveryRow.state == "pending")
        .order_by(WebhookDeliveryRow.next_at, WebhookDeliveryRow.event_seq)
        .limit(1)
    )

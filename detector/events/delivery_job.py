"""Works on what is to be sent to an endpoint, until nothing is left for now."""

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.orm import Session

from detector.events.deliveries import (
    GONE,
    JOB_KIND,
    SCHEDULE,
    Sent,
    next_due,
    record_attempt,
    wait_s,
)
from detector.events.endpoints import disable, valid_secrets
from detector.events.sending import Message, WebhookSender, write_body
from detector.store.counting import Count, Counted, count_nothing
from detector.store.database import Database
from detector.store.event_tables import EventRow, WebhookEndpointRow
from detector.store.table import utc_now
from detector.store.worker import Context, Handler

log = logging.getLogger(__name__)

TURN_S = 2.0
"""How long an endpoint goes on while others may be waiting; the last message that is
begun within may take longer."""
SLOW_S = 2.0
LANE_S = 1.0
"""How long a slow endpoint waits before it tries again to be the one."""
GIVE_UP_AFTER = timedelta(days=5)
"""An endpoint where everything has failed for so long is disabled."""


OUTCOMES = {
    "delivered": Counted.DELIVERY_DELIVERED,
    "pending": Counted.DELIVERY_RETRIED,
    "failed": Counted.DELIVERY_FAILED,
    "canceled": Counted.DELIVERY_CANCELED,
}
"""What is counted, by the state of a delivery after an attempt."""


class SlowLane:
    """Lets one slow endpoint at a time keep a thread of this process."""

    def __init__(self) -> None:
        self._slow: set[str] = set()
        self._taken = threading.Lock()

    @contextmanager
    def enter(self, endpoint_id: str) -> Iterator[bool]:
        """Yield whether the endpoint may be sent to now: if it is fast, always."""
        if endpoint_id not in self._slow:
            yield True
        elif not self._taken.acquire(blocking=False):
            yield False
        else:
            try:
                yield True
            finally:
                self._taken.release()

    def observe(self, endpoint_id: str, duration_s: float) -> None:
        """Remember whether an endpoint is slow."""
        if duration_s > SLOW_S:
            self._slow.add(endpoint_id)
        else:
            self._slow.discard(endpoint_id)


@dataclass(frozen=True, slots=True)
class DeliveryJob:
    """Handles jobs of the kind `webhook_delivery`, one for each endpoint.

    What was sent when a process is killed, and not yet written down, is sent again
    under the same id. Events may overtake each other.

    Attributes:
        database: where deliveries are.
        sender: posts them.
        schedule: seconds from each failed attempt to the next.
        give_up_after: how long everything may fail before an endpoint is disabled.
        count: told what came of attempts.
    """

    database: Database
    sender: WebhookSender
    schedule: Sequence[float] = SCHEDULE
    give_up_after: timedelta = GIVE_UP_AFTER
    count: Count = count_nothing
    lane: SlowLane = field(default_factory=SlowLane)

    def run(self, context: Context) -> None:
        """Send for a while, then let others have their turn."""
        endpoint_id = str(context.job.payload["endpoint_id"])
        with self.lane.enter(endpoint_id) as may_send:
            if may_send:
                self._send_for_a_while(context, endpoint_id)
        if context.should_stop():
            return
        with context.session() as session:
            delay_s = wait_s(session, endpoint_id)
            if delay_s is None:
                context.finish(session, is_forgotten=True)
            else:
                context.postpone(
                    session, delay_s=delay_s if may_send else max(delay_s, LANE_S)
                )

    def _send_for_a_while(self, context: Context, endpoint_id: str) -> None:
        until = time.monotonic() + TURN_S
        while time.monotonic() < until and not context.should_stop():
            with self.database.read() as session:
                delivery = next_due(session, endpoint_id)
                if delivery is None:
                    return
                endpoint = session.get_one(WebhookEndpointRow, endpoint_id)
                message = message_of(session, endpoint, delivery.event_seq)
            sent = self.sender.send(message)
            self.lane.observe(endpoint_id, sent.duration_ms / 1000)
            self._disable_if_due(endpoint, sent)
            with context.session() as session:
                state = record_attempt(
                    session, delivery.id, sent, schedule=self.schedule
                )
                context.progress(session)
            if state is not None:
                self.count(OUTCOMES[state], 1)

    def _disable_if_due(self, endpoint: WebhookEndpointRow, sent: Sent) -> None:
        """Send nothing more to an endpoint that is gone.

        In a transaction of its own, as it emits: that comes before an endpoint's job
        in the order of locks. If it is all that is committed, the attempt is made
        again once the endpoint is enabled.
        """
        since = endpoint.failing_since
        if sent.status == GONE:
            reason = "It answered 410 Gone."
        elif sent.error and since and utc_now() - since >= self.give_up_after:
            reason = f"Everything sent to it has failed since {since.isoformat()}."
        else:
            return
        with self.database.write() as session:
            if disable(session, endpoint.id, reason=reason):
                log.warning("Webhook endpoint %s is disabled: %s", endpoint.id, reason)


def message_of(
    session: Session, endpoint: WebhookEndpointRow, event_seq: int
) -> Message:
    """Write what an endpoint is told of an event."""
    event = session.get_one(EventRow, event_seq)
    return Message(
        url=endpoint.url,
        id=event.id,
        body=write_body(event.type, event.created_at, event.data),
        secrets=valid_secrets(endpoint, utc_now()),
    )


def delivery_handlers(
    database: Database,
    sender: WebhookSender,
    *,
    schedule: Sequence[float] = SCHEDULE,
    give_up_after: timedelta = GIVE_UP_AFTER,
    count: Count = count_nothing,
) -> Mapping[str, Handler]:
    """Name the handler of webhooks, to be given to a worker of two threads or more.

    Args:
        database: where events and endpoints are.
        sender: to be closed when the worker has ended.
        schedule: seconds from each failed attempt to the next.
        give_up_after: how long everything may fail before an endpoint is disabled.
        count: told what came of attempts.
    """
    job = DeliveryJob(database, sender, schedule, give_up_after, count)
    return {JOB_KIND: job.run}

"""Endpoints, events and a worker that delivers them, for tests."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select

from detector.events.audience import Audience
from detector.events.delivery_job import GIVE_UP_AFTER, delivery_handlers
from detector.events.endpoints import create_endpoint
from detector.events.outbox import EventType, emit
from detector.events.sending import WebhookSender
from detector.network.hosts import AllowedHosts
from detector.store.database import Database
from detector.store.event_tables import (
    EventRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.inserting import insert_new
from detector.store.tables import BrandRow
from detector.store.work_tables import JobRow
from detector.store.worker import Worker
from tests.webhook_receiver import Receiver

PLATFORM = Audience()
SHOP = Audience(marketplace="shop")
ACME = Audience(brand_id="brand_acme")

QUICK = (0.2,) * 9
"""A schedule for those who do not have three days."""


def add_brand(database: Database, id: str) -> None:
    with database.write() as session:
        insert_new(session, BrandRow, id=id, name=id, key=id)


def add_endpoint(
    database: Database,
    receiver: Receiver | None = None,
    *,
    owner: Audience = SHOP,
    types: Sequence[EventType] = (),
    url: str = "https://hooks.example/in",
) -> str:
    """Add an endpoint; a receiver learns its secret."""
    with database.write() as session:
        row, secret = create_endpoint(
            session,
            owner,
            url=url if receiver is None else receiver.url,
            types=types,
            description=None,
            created_by="user:test",
        )
        id = row.id
    if receiver is not None:
        receiver.secret = secret
    return id


def tell(
    database: Database,
    number: int = 0,
    *,
    type: EventType = EventType.MATCH_CREATED,
    marketplace: str | None = "shop",
    brand_id: str | None = None,
) -> str:
    """Emit an event; return its id."""
    with database.write() as session:
        return emit(
            session,
            type,
            marketplace=marketplace,
            brand_id=brand_id,
            data={"number": number},
        ).id


def endpoint_of(database: Database, id: str) -> WebhookEndpointRow:
    with database.read() as session:
        return session.get_one(WebhookEndpointRow, id)


def deliveries_of(database: Database, endpoint_id: str) -> list[WebhookDeliveryRow]:
    """Read the deliveries to an endpoint, in the order of the events."""
    with database.read() as session:
        return list(
            session.scalars(
                select(WebhookDeliveryRow)
                .where(WebhookDeliveryRow.endpoint_id == endpoint_id)
                .order_by(WebhookDeliveryRow.event_seq)
            )
        )


def events_sent_to(database: Database, endpoint_id: str) -> list[str]:
    """Name the events for which there is a delivery."""
    with database.read() as session:
        return list(
            session.scalars(
                select(EventRow.id)
                .join(WebhookDeliveryRow, WebhookDeliveryRow.event_seq == EventRow.seq)
                .where(WebhookDeliveryRow.endpoint_id == endpoint_id)
                .order_by(EventRow.seq)
            )
        )


def attempts_of(database: Database, delivery_id: str) -> list[WebhookAttemptRow]:
    with database.read() as session:
        return list(
            session.scalars(
                select(WebhookAttemptRow)
                .where(WebhookAttemptRow.delivery_id == delivery_id)
                .order_by(WebhookAttemptRow.n)
            )
        )


@contextmanager
def sending(hosts: str, *, timeout_s: float = 5) -> Iterator[WebhookSender]:
    """Make a sender to these hosts of this machine."""
    sender = WebhookSender(AllowedHosts.parse(hosts), timeout_s=timeout_s)
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def delivering(
    database: Database,
    *receivers: Receiver,
    schedule: Sequence[float] = QUICK,
    give_up_after: timedelta = GIVE_UP_AFTER,
    timeout_s: float = 5,
    threads: int = 2,
    lease_s: float = 30,
) -> Iterator[list[str]]:
    """Run a worker that delivers to receivers; yield its notes."""
    notes: list[str] = []
    hosts = ",".join(receiver.hosts for receiver in receivers)
    with sending(hosts, timeout_s=timeout_s) as sender:
        handlers = delivery_handlers(
            database, sender, schedule=schedule, give_up_after=give_up_after
        )
        worker = Worker(
            database,
            handlers,
            lease_s=lease_s,
            threads=threads,
            poll_s=0.02,
            on_note=notes.append,
        )
        worker.start()
        try:
            yield notes
        finally:
            assert worker.stop(30)


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not come to be")
        time.sleep(0.02)


def all_are(database: Database, endpoint: str, state: str) -> bool:
    """Tell whether there are deliveries, all in a state."""
    rows = deliveries_of(database, endpoint)
    return bool(rows) and {row.state for row in rows} == {state}


def num_jobs(database: Database) -> int:
    with database.read() as session:
        return len(session.scalars(select(JobRow.id)).all())

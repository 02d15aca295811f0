from datetime import datetime

from sqlalchemy import select

from detector.listings.sweeps.old_records import (
    BATCH,
    KEEP_DONE,
    KEEP_EVENTS,
    forget_events,
    forget_jobs,
)
from detector.listings.sweeps.tending import Forgotten, forget
from detector.store.database import Database
from detector.store.event_tables import (
    EventRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.store import open_store
from detector.store.table import utc_now
from detector.store.work_tables import JobRow
from tests.detector.listings.sweeps.stored import ago

OLD = utc_now() - 2 * KEEP_EVENTS


def add_event(
    database: Database, seq: int, at: datetime, delivery: str | None = None
) -> None:
    with database.write() as session:
        session.add(
            EventRow(seq=seq, id=f"evt_{seq}", type="test", data={}, created_at=at)
        )
        if delivery is None:
            return
        if session.get(WebhookEndpointRow, "end") is None:
            session.add(WebhookEndpointRow(id="end", url="", types=[], secrets=[]))
        session.flush()
        row = WebhookDeliveryRow(
            id=f"dlv_{seq}",
            endpoint_id="end",
            event_seq=seq,
            state=delivery,
            created_at=at,
        )
        session.add(row)
        session.flush()
        session.add(WebhookAttemptRow(delivery_id=row.id, n=1, duration_ms=1))


def test_old_events_go_but_none_that_is_still_to_be_delivered(database):
    add_event(database, 1, OLD)
    add_event(database, 2, OLD, "delivered")
    add_event(database, 3, OLD, "pending")
    add_event(database, 4, OLD, "failed")
    add_event(database, 5, ago(days=29), "delivered")
    assert forget_events(database) == 3
    with database.read() as session:
        assert set(session.scalars(select(EventRow.seq))) == {3, 5}
        query = select(WebhookAttemptRow.delivery_id)
        assert set(session.scalars(query)) == {"dlv_3", "dlv_5"}
    assert forget_events(database) == 0


def test_what_waits_for_a_disabled_endpoint_goes_after_the_same_age(database):
    add_event(database, 1, OLD, "pending")
    add_event(database, 2, ago(days=29), "pending")
    with database.write() as session:
        session.get_one(WebhookEndpointRow, "end").state = "disabled"
    assert forget_events(database) == 1
    with database.read() as session:
        assert session.scalars(select(EventRow.seq)).all() == [2]
        assert session.scalars(select(WebhookDeliveryRow.id)).all() == ["dlv_2"]


def test_jobs_go_a_while_after_they_are_done(database):
    long_ago = utc_now() - 2 * KEEP_DONE
    with database.write() as session:
        for number in range(BATCH + 1):
            session.add(job(f"old {number}", "done", long_ago))
        session.add(job("new", "done", ago(days=1)))
        session.add(job("dead", "dead", long_ago))
        session.add(job("waits", "ready", None))
    assert forget_jobs(database, should_stop=lambda: True) == 0
    assert forget_jobs(database) == BATCH + 1
    with database.read() as session:
        assert set(session.scalars(select(JobRow.id))) == {"new", "dead", "waits"}


def job(id: str, state: str, finished_at: datetime | None) -> JobRow:
    return JobRow(
        id=id,
        kind="test",
        payload={},
        state=state,
        max_attempts=1,
        finished_at=finished_at,
    )


def test_all_is_forgotten_at_once(place, tmp_path):
    url = place if isinstance(place, str) else None
    store = open_store(tmp_path / "data", url)
    add_event(store.database, 1, OLD)
    with store.database.write() as session:
        session.add(job("old", "done", OLD))
    assert forget(store, keep_days=30) == Forgotten(0, 0, 1, 1)
    store.close()

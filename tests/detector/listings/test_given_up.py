"""Listings whose scan is given up, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from detector.events.event_type import EventType
from detector.listings.given_up import end_given_up_listings, retry_job
from detector.listings.intake.scan_queue import SCAN_KIND
from detector.listings.pictures.fetch_job import KIND as FETCH_KIND
from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.event_tables import EventRow
from detector.store.job_list import cancel
from detector.store.jobs import enqueue, fail
from detector.store.listing_tables import ListingRow
from detector.store.table import utc_now
from detector.store.work_tables import JobRow

SECRET = "postgresql://user:password@db.example is down"
VERSION = 1_780_315_200_000  # as a time in ms, which 32 bits do not hold


def add(database: Database, *, kind: str = SCAN_KIND, version: int = VERSION) -> str:
    """Add a listing of `VERSION` that waits, and the job for a version of it."""
    with database.write() as session:
        session.add(
            ListingRow(
                id="lst_1",
                marketplace="shop",
                external_id="1",
                version=VERSION,
                content_sha256="0" * 64,
                details={},
                occurred_at=utc_now(),
            )
        )
        payload = {"listing_id": "lst_1", "version": version, "attempt": 0}
        return enqueue(session, kind, payload=payload)


def give_up(database: Database, kind: str = SCAN_KIND) -> None:
    job = claim(database, [kind], lease_s=60)
    assert job is not None
    fail(database, job, SECRET, is_final=True)


def listing(database: Database) -> ListingRow:
    with database.read() as session:
        return session.get_one(ListingRow, "lst_1")


def events(database: Database) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(select(EventRow)))


@pytest.mark.parametrize("kind", [SCAN_KIND, FETCH_KIND])
def test_a_listing_fails_once_and_its_marketplace_alone_is_told(database, kind):
    job = add(database, kind=kind)
    assert end_given_up_listings(database) == 0
    give_up(database, kind)
    assert end_given_up_listings(database) == 1
    assert end_given_up_listings(database) == 0
    row = listing(database)
    assert row.state == "failed"
    assert row.error is not None
    assert job in row.error
    assert SECRET not in row.error
    (event,) = events(database)
    assert event.type == EventType.LISTING_FAILED
    assert (event.marketplace, event.brand_id) == ("shop", None)
    assert event.data["error"] == row.error
    assert event.data["listing"] == {
        "id": "lst_1",
        "marketplace_id": "shop",
        "listing_id": "1",
        "version": VERSION,
    }


def test_a_canceled_scan_fails_its_listing_too(database):
    job = add(database)
    with database.write() as session:
        cancel(session, job)
    assert end_given_up_listings(database) == 1


def test_a_newer_version_waits_for_its_own_scan(database):
    add(database, version=VERSION - 1)
    give_up(database)
    assert end_given_up_listings(database) == 0
    assert listing(database).state == "queued"


@pytest.mark.parametrize("state", ["scanned", "deleted"])
def test_a_listing_that_does_not_wait_stays_as_it_is(database, state):
    add(database)
    give_up(database)
    with database.write() as session:
        session.get_one(ListingRow, "lst_1").state = state
    assert end_given_up_listings(database) == 0
    assert events(database) == []


def test_a_retry_lets_the_listing_wait_again(database):
    job = add(database)
    give_up(database)
    end_given_up_listings(database)
    with database.write() as session:
        assert retry_job(session, job).state == "ready"
    row = listing(database)
    assert (row.state, row.error) == ("queued", None)
    assert end_given_up_listings(database) == 0


def test_a_retry_of_an_old_version_leaves_a_newer_one_failed(database):
    job = add(database, version=VERSION - 1)
    give_up(database)
    with database.write() as session:
        session.get_one(ListingRow, "lst_1").state = "failed"
    with database.write() as session:
        retry_job(session, job)
    assert listing(database).state == "failed"


def test_other_jobs_are_retried_as_they_are(database):
    with database.write() as session:
        job = enqueue(session, "sweep", payload={"sweep_id": "swp_1"})
    give_up(database, "sweep")
    with database.write() as session:
        retry_job(session, job)
    with database.read() as session:
        assert session.get_one(JobRow, job).state == "ready"

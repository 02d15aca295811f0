"""What becomes of a listing when its scan is given up, and when that is retried."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.listings.failure import FAILED, fail_listing
from detector.listings.intake.scan_queue import SCAN_KIND
from detector.listings.pictures.fetch_job import KIND as FETCH_KIND
from detector.store.database import Database
from detector.store.job_list import GIVEN_UP, requeue
from detector.store.listing_tables import ListingRow
from detector.store.work_tables import JobRow

log = logging.getLogger(__name__)

KINDS = (SCAN_KIND, FETCH_KIND)


def end_given_up_listings(database: Database) -> int:
    """Let listings fail whose scan was given up or canceled; return how many.

    The marketplace is told. A listing that has a newer version waits for the scan of
    that one.
    """
    given_up = (
        select(ListingRow, JobRow)
        .join(JobRow, JobRow.payload["listing_id"].as_string() == ListingRow.id)
        .where(JobRow.kind.in_(KINDS), JobRow.state.in_(GIVEN_UP))
        .where(ListingRow.state == "queued")
        .order_by(ListingRow.id)
    )
    with database.read() as session:
        if session.execute(given_up.limit(1)).first() is None:
            return 0
    num_ended = 0
    with database.write() as session:
        for listing, job in session.execute(
            given_up.with_for_update(of=ListingRow, key_share=True)
        ):
            if listing.state != "queued" or not _is_of(job, listing):
                continue
            log.warning("listing %s was given up: %s", listing.id, job.last_error)
            # What a job died of may name what is only the operator's to know.
            fail_listing(
                session,
                listing,
                "It could not be scanned. Send a new version of it, or ask whoever "
                f"runs the service to look into {job.id}.",
            )
            num_ended += 1
    return num_ended


def retry_job(session: Session, job_id: str) -> JobRow:
    """Let a job be tried again that was given up; its listing waits again, if any.

    Raises:
        Unknown: there is no such job.
        Conflict: it was not given up.
    """
    job = requeue(session, job_id)
    if job.kind in KINDS:
        id = str(job.payload["listing_id"])
        listing = session.get(ListingRow, id, with_for_update={"key_share": True})
        if listing is not None and listing.state == FAILED and _is_of(job, listing):
            listing.state, listing.error = "queued", None
    return job


def _is_of(job: JobRow, listing: ListingRow) -> bool:
    return job.payload["version"] == listing.version

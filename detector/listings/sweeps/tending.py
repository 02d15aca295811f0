"""What time does to sweeps and pictures: they are asked for, ended, forgotten."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from detector.catalogue.changes import changed_at, last_change, waiting_since
from detector.listings.sweeps.old_records import forget_events, forget_jobs
from detector.listings.sweeps.retention import forget_pictures, forget_uploads
from detector.listings.sweeps.sweep_list import KIND, OPEN_STATES, add_sweep
from detector.store.clock import last_seq, next_seq
from detector.store.database import Database
from detector.store.listing_tables import PictureRow, SweepRow
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.work_tables import JobRow

log = logging.getLogger(__name__)

CLOCK = "sweep"
"""Stands at the last change of the catalogue that a sweep was made for."""
QUIET = timedelta(seconds=5)
PATIENCE = timedelta(seconds=60)
"""A sweep waits until the catalogue has been quiet for so long, but no longer than
this: one for each reference of an import would compare the pictures as often."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much there was that nobody needs any more.

    Attributes:
        pictures: that no listing shows any more.
        uploads: files that no listing ever showed, or that had been scanned.
        events: that were sent long ago.
        jobs: that were done long ago.
    """

    pictures: int
    uploads: int
    events: int
    jobs: int


def ask_for_sweep(database: Database, *, days: int, max_looks: int) -> bool:
    """Ask for a sweep of what came into the catalogue, if it is time for one.

    Each change is swept once, whoever asks and however often. Where there is no picture
    that has not seen the changes, there is nothing to sweep.

    Args:
        database: where everything is.
        days: listings that were received in these last days count; 0 sweeps nothing.
        max_looks: most listings to be looked at again.

    Returns:
        Whether one was made; wake a worker then.
    """
    with database.read() as session:
        if not _is_due(session):
            return False
    with database.write() as session:
        swept = next_seq(session, CLOCK, 0) - 1  # others wait here until we are done
        if not _is_due(session):
            return False
        last = last_change(session)
        next_seq(session, CLOCK, last - swept)
        is_behind = exists().where(
            PictureRow.vectors.is_not(None), PictureRow.watermark < last
        )
        if not days or not session.scalar(select(is_behind)):
            return False
        add_sweep(
            session,
            from_seq=swept,
            to_seq=last,
            brand_id=None,
            days=days,
            max_looks=max_looks,
            created_by=None,
        )
    return True


def was_passed_over(session: Session, watermark: int) -> bool:
    """Say if a sweep may have ended without pictures that are being stored just now.

    Ask in the transaction that stores them, once it holds the clock of pictures: their
    results have seen the catalogue up to `watermark`, and no sweep will come back for
    what was added between then and the last sweep. They must be looked at again.
    """
    return last_seq(session, CLOCK) > watermark


def forget(
    store: Store, *, keep_days: int, should_stop: Callable[[], bool] = lambda: False
) -> Forgotten:
    """Forget and delete what nobody needs any more; for once an hour.

    Several processes may do so at once.

    Args:
        store: where everything is.
        keep_days: days that a picture is kept after its last listing has ended.
        should_stop: asked between batches; what is left is for the next time.
    """
    return Forgotten(
        pictures=forget_pictures(store, keep_days=keep_days, should_stop=should_stop),
        uploads=forget_uploads(store, should_stop=should_stop),
        events=forget_events(store.database, should_stop=should_stop),
        jobs=forget_jobs(store.database, should_stop=should_stop),
    )


def end_given_up_sweeps(database: Database) -> int:
    """Let sweeps fail whose job was given up, or canceled; return how many."""
    given_up = (
        select(SweepRow, JobRow)
        .join(JobRow, JobRow.payload["sweep_id"].as_string() == SweepRow.id)
        .where(JobRow.kind == KIND, JobRow.state.not_in(("ready", "leased")))
        .where(SweepRow.state.in_(OPEN_STATES))
    )
    with database.read() as session:
        if session.execute(given_up.limit(1)).first() is None:
            return 0
    with database.write() as session:
        found = session.execute(given_up.with_for_update(of=SweepRow)).all()
        for row, job in found:
            log.warning("sweep %s was given up: %s", row.id, job.last_error)
            row.state, row.finished_at = "failed", utc_now()
            row.error = (
                f"Its job {job.id} was given up, or canceled. Look into the job, then "
                "retry it: the sweep goes on where it was."
            )
    return len(found)


def _is_due(session: Session) -> bool:
    swept = last_seq(session, CLOCK)
    if last_change(session) <= swept:
        return False
    is_open = exists().where(
        SweepRow.state.in_(OPEN_STATES), SweepRow.created_by.is_(None)
    )
    if session.scalar(select(is_open)):
        return False
    now, oldest, newest = utc_now(), waiting_since(session, swept), changed_at(session)
    if oldest is None or newest is None:
        return False
    return now - newest >= QUIET or now - oldest >= PATIENCE

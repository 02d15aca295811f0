"""Taking jobs: what is due, and what a process that died has left, each by one."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from detector.store.database import Database
from detector.store.jobs import Job, bury, clock_of
from detector.store.work_tables import JobRow


def claim(database: Database, kinds: Collection[str], *, lease_s: float) -> Job | None:
    """Take the job of these kinds that has been due the longest, if there is one.

    A job whose lease has run out is taken over first, those begun the fewest times
    before others: what ends its process does not stand in the way of what does not.
    One that has no attempts left is dead.
    """
    with database.read() as session:
        # Looking takes no lock; most of the time there is nothing to find.
        clock = clock_of(session)
        late = select(JobRow.id).where(_is_abandoned(kinds, clock)).exists()
        is_late, due = session.scalar(select(late)), _due_kinds(session, kinds)
    if not is_late and not due:
        return None
    with database.write() as session:
        clock = clock_of(session)
        while is_late:
            abandoned = _first(_is_abandoned(kinds, clock), clock, JobRow.attempts)
            found = session.execute(abandoned).one_or_none()
            if found is None:
                break
            row, now = found
            if row.attempts < row.max_attempts:
                return _lease(row, now, lease_s)
            bury(
                row,
                now,
                "The process working on it died; "
                f"{row.attempts} attempts in a row got nowhere.",
            )
            session.flush()
        for kind in due:
            found = session.execute(_first(_is_due(kind, clock), clock)).one_or_none()
            if found is not None:
                return _lease(*found, lease_s)
    return None


def claim_more(
    database: Database, job: Job, *, limit: int, lease_s: float
) -> list[Job]:
    """Take further jobs of a job's kind that are due, to be done together with it.

    Only those that were never begun: one that has failed, or has ended its process,
    is done by itself, so that it cannot drag others down again.
    """
    if job.attempts > 1 or limit < 1:
        return []
    with database.write() as session:
        clock = clock_of(session)
        is_fresh = and_(_is_due(job.kind, clock), JobRow.attempts == 0)
        found = session.execute(_first(is_fresh, clock, limit=limit)).all()
        return [_lease(row, now, lease_s) for row, now in found]


def _due_kinds(session: Session, kinds: Collection[str]) -> list[str]:
    """Name the kinds of which a job is due, that of the oldest first.

    Each is looked for by itself: through the index, however many there are of others.
    """
    clock = clock_of(session)
    firsts = [
        select(JobRow.kind, JobRow.run_at)
        .where(_is_due(kind, clock))
        .order_by(JobRow.run_at)
        .limit(1)
        .subquery()
        for kind in kinds
    ]
    if not firsts:
        return []
    found = session.execute(union_all(*(select(each) for each in firsts))).all()
    return [kind for kind, _ in sorted(found, key=lambda each: each.run_at)]


def _is_due(kind: str, clock: ColumnElement[datetime]) -> ColumnElement[bool]:
    return and_(JobRow.kind == kind, JobRow.state == "ready", JobRow.run_at <= clock)


def _is_abandoned(
    kinds: Collection[str], clock: ColumnElement[datetime]
) -> ColumnElement[bool]:
    return and_(
        JobRow.kind.in_(kinds), JobRow.state == "leased", JobRow.leased_until < clock
    )


def _first(
    wanted: ColumnElement[bool],
    clock: ColumnElement[datetime],
    *before: InstrumentedAttribute[int],
    limit: int = 1,
) -> Select[JobRow, datetime]:
    """Lock the oldest, passing over those that others are just looking at."""
    return (
        select(JobRow, clock)
        .where(wanted)
        .order_by(*before, JobRow.run_at)
        .limit(limit)
        .with_for_update(of=JobRow, skip_locked=True)
    )


def _lease(row: JobRow, now: datetime, lease_s: float) -> Job:
    row.state = "leased"
    row.attempts += 1
    row.lease_token = uuid.uuid4().hex
    row.leased_until = now + timedelta(seconds=lease_s)
    return Job(row.id, row.kind, dict(row.payload), row.attempts, row.lease_token)

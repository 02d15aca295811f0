"""Jobs: work that must survive a kill, asked for in the transaction of its cause.

A job is done at least once. Whoever works on it holds a lease; `holds`, in the
transaction of each effect, sees to it that effects happen once all the same.
"""

import random
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from detector.store.database import Database
from detector.store.table import UtcDateTime, utc_now
from detector.store.work_tables import JobRow

MAX_ATTEMPTS = 8
MAX_DELAY_S = 300.0
JITTER = 0.25
"""Share by which a delay varies, so that what failed together does not return so."""


class LeaseLost(Exception):
    """Another worker has the job; what this one was about to commit must not be."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that was claimed.

    Attributes:
        id: its name.
        kind: what is to be done.
        payload: what with.
        attempts: how often it was begun since it last progressed, this time included.
        token: names the lease.
    """

    id: str
    kind: str
    payload: Mapping[str, object]
    attempts: int
    token: str


def enqueue(
    session: Session,
    kind: str,
    *,
    payload: Mapping[str, object],
    max_attempts: int = MAX_ATTEMPTS,
    run_at: datetime | None = None,
) -> str:
    """Ask for work in the caller's transaction; it exists if that one commits.

    Args:
        session: of the transaction.
        kind: names the handler.
        payload: what can be written as JSON, and small.
        max_attempts: in a row without progress, before it is given up.
        run_at: not earlier than this; at once if None.

    Returns:
        The job's id.
    """
    id = "job_" + uuid.uuid4().hex
    clock = clock_of(session)
    session.add(
        JobRow(
            id=id,
            kind=kind,
            payload=dict(payload),
            max_attempts=max_attempts,
            run_at=clock if run_at is None else run_at,
            created_at=clock,
        )
    )
    return id


def claim(database: Database, kinds: Collection[str], *, lease_s: float) -> Job | None:
    """Take the job of these kinds that has been due the longest, if there is one.

    A job whose lease has run out is taken over; if it has no attempts left, it is
    dead.
    """
    with database.read() as session:
        clock = clock_of(session)
        # Looking takes no lock; most of the time there is nothing to find.
        late = select(JobRow.id).where(_is_abandoned(kinds, clock)).exists()
        due = select(JobRow.id).where(_is_due(kinds, clock)).exists()
        if not session.scalar(select(or_(late, due))):
            return None
    with database.write() as session:
        clock = clock_of(session)
        abandoned = _is_abandoned(kinds, clock)
        while found := session.execute(_first(abandoned, clock)).one_or_none():
            row, now = found
            if row.attempts < row.max_attempts:
                return _lease(row, now, lease_s)
            _bury(
                row,
                now,
                "The process working on it died; "
                f"{row.attempts} attempts in a row got nowhere.",
            )
        found = session.execute(_first(_is_due(kinds, clock), clock)).one_or_none()
        return None if found is None else _lease(*found, lease_s)


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
        found = session.execute(
            select(JobRow, clock)
            .where(_is_due([job.kind], clock), JobRow.attempts == 0)
            .order_by(JobRow.run_at)
            .limit(limit)
            .with_for_update(of=JobRow, skip_locked=True)
        ).all()
        return [_lease(row, now, lease_s) for row, now in found]


def renew(database: Database, job: Job, *, lease_s: float) -> bool:
    """Hold a job for longer.

    Returns:
        False if another worker has it, or it is done.
    """
    with database.write() as session:
        # Who commits an effect has the row locked; waiting for that would hold up
        # the renewal of other jobs, and until then nobody can take it.
        found = session.execute(
            select(JobRow, clock_of(session))
            .where(_is_held(job))
            .with_for_update(of=JobRow, skip_locked=True)
        ).one_or_none()
        if found is not None:
            row, now = found
            row.leased_until = now + timedelta(seconds=lease_s)
            return True
        still_held = select(JobRow.id).where(_is_held(job)).exists()
        return bool(session.scalar(select(still_held)))


def holds(session: Session, job: Job) -> None:
    """Make sure of the lease in a transaction that is about to commit an effect.

    Until the transaction ends nobody can take the job over, however late it is.

    Raises:
        LeaseLost: another worker has it, or it is done.
    """
    _row_of(session, job)


def progress(session: Session, job: Job) -> None:
    """Count attempts anew: this one has brought the work forward for good.

    A long job thus outlives any number of restarts, while one that kills its process
    at the same place each time is given up.

    Raises:
        LeaseLost: another worker has it, or it is done.
    """
    row = _row_of(session, job)
    if row.attempts != 1:
        row.attempts = 1


def finish(session: Session, job: Job, *, is_forgotten: bool = False) -> None:
    """End a job in the transaction of its last effect.

    Args:
        session: of the transaction.
        job: that is done.
        is_forgotten: delete it; for jobs so many that their own record is enough.

    Raises:
        LeaseLost: another worker has it, or it is done.
    """
    row = _row_of(session, job)
    if is_forgotten:
        session.delete(row)
        return
    row.state, row.lease_token, row.leased_until = "done", None, None
    row.last_error, row.finished_at = None, session.scalar(select(clock_of(session)))


def fail(database: Database, job: Job, error: str, *, is_final: bool) -> bool:
    """Put a job back, to be tried again later, or give it up and keep the reason.

    Args:
        database: where it is.
        job: that failed.
        error: why, in a line.
        is_final: trying again would not help.

    Returns:
        Whether it was given up.
    """
    with database.write() as session:
        row = _held_row(session, job)
        if row is None:
            return False
        now = session.execute(select(clock_of(session))).scalar_one()
        if is_final or row.attempts >= row.max_attempts:
            _bury(row, now, error)
            return True
        row.last_error = error
        put_back(row, now + timedelta(seconds=delay_s(row.attempts)))
        return False


def release(database: Database, job: Job) -> None:
    """Give a job back unfinished, for another to go on with at once."""
    with database.write() as session:
        row = _held_row(session, job)
        if row is not None:
            row.attempts -= 1
            put_back(row, row.run_at)


def postpone(session: Session, job: Job, *, delay_s: float) -> None:
    """Put a job back that can do nothing now; that counts as no attempt."""
    row = _row_of(session, job)
    row.attempts -= 1
    now = session.execute(select(clock_of(session))).scalar_one()
    put_back(row, now + timedelta(seconds=delay_s))


def delay_s(attempts: int) -> float:
    """Say how long to wait after a failure: 1 s, 2 s, 4 s … 300 s, more or less."""
    plain = min(MAX_DELAY_S, 2.0 ** (min(attempts, 32) - 1))
    return plain * random.uniform(1 - JITTER, 1 + JITTER)


def clock_of(session: Session) -> ColumnElement[datetime]:
    """Name the time, as all processes have it: machines of a cluster may disagree."""
    if session.get_bind().dialect.name == "sqlite":
        return literal(utc_now(), UtcDateTime())
    return func.statement_timestamp(type_=UtcDateTime())


def _is_due(
    kinds: Collection[str], clock: ColumnElement[datetime]
) -> ColumnElement[bool]:
    return and_(JobRow.state == "ready", JobRow.run_at <= clock, JobRow.kind.in_(kinds))


def _is_abandoned(
    kinds: Collection[str], clock: ColumnElement[datetime]
) -> ColumnElement[bool]:
    return and_(
        JobRow.state == "leased", JobRow.leased_until < clock, JobRow.kind.in_(kinds)
    )


def _is_held(job: Job) -> ColumnElement[bool]:
    return and_(JobRow.id == job.id, JobRow.lease_token == job.token)


def _first(
    wanted: ColumnElement[bool], clock: ColumnElement[datetime]
) -> Select[JobRow, datetime]:
    """Lock the oldest, passing over those that others are just looking at."""
    return (
        select(JobRow, clock)
        .where(wanted)
        .order_by(JobRow.run_at)
        .limit(1)
        .with_for_update(of=JobRow, skip_locked=True)
    )


def _held_row(session: Session, job: Job) -> JobRow | None:
    return session.scalars(
        select(JobRow).where(_is_held(job)).with_for_update()
    ).one_or_none()


def _row_of(session: Session, job: Job) -> JobRow:
    row = _held_row(session, job)
    if row is None:
        raise LeaseLost(f"{job.kind} {job.id} is no longer ours")
    return row


def _lease(row: JobRow, now: datetime, lease_s: float) -> Job:
    row.state = "leased"
    row.attempts += 1
    row.lease_token = uuid.uuid4().hex
    row.leased_until = now + timedelta(seconds=lease_s)
    return Job(row.id, row.kind, dict(row.payload), row.attempts, row.lease_token)


def put_back(row: JobRow, run_at: datetime) -> None:
    """Let others have a job from then on."""
    row.state, row.run_at = "ready", run_at
    row.lease_token, row.leased_until = None, None


def _bury(row: JobRow, now: datetime, reason: str) -> None:
    row.state, row.last_error, row.finished_at = "dead", reason, now
    row.lease_token, row.leased_until = None, None

"""Jobs: work that must survive a kill, asked for in the transaction of its cause.

A job is done at least once. Whoever works on it holds a lease; `holds`, in the
transaction of each effect, sees to it that effects happen once all the same.
"""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, literal, select
from sqlalchemy.orm import Session

from detector.store.database import Database
from detector.store.table import UtcDateTime, utc_now
from detector.store.work_tables import JobRow

MAX_ATTEMPTS = 8
MAX_DELAY_S = 300.0
JITTER = 0.25
"""Share by which a delay varies, so that what failed together does not return so."""


class LeaseLost(Exception):
    """A job is no longer ours; what was about to be committed must not be."""


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


def renew(database: Database, *jobs: Job, lease_s: float) -> bool:
    """Hold jobs for longer.

    Returns:
        False if another worker has one of them, or one is done or canceled.
    """
    with database.write() as session:
        # Who commits an effect has the row locked; waiting for that would hold up
        # the renewal of other jobs, and until then nobody can take it.
        found = session.execute(
            _held(jobs)
            .add_columns(clock_of(session))
            .with_for_update(of=JobRow, skip_locked=True)
        ).all()
        for row, now in found:
            row.leased_until = now + timedelta(seconds=lease_s)
        if len(found) == len(jobs):
            return True
        held = _held(jobs).with_only_columns(func.count()).order_by(None)
        return session.scalar(held) == len(jobs)


def holds(session: Session, *jobs: Job) -> None:
    """Make sure of the leases in a transaction that is about to commit an effect.

    Until the transaction ends nobody can take the jobs over, however late it is.

    Raises:
        LeaseLost: another worker has one of them, or one is done or canceled.
    """
    _rows_of(session, jobs)


def progress(session: Session, *jobs: Job) -> None:
    """Count attempts anew: these have brought the work forward for good.

    A long job thus outlives any number of restarts, while one that kills its process
    at the same place each time is given up.

    Raises:
        LeaseLost: another worker has one of them, or one is done or canceled.
    """
    for row in _rows_of(session, jobs):
        if row.attempts != 1:
            row.attempts = 1


def finish(session: Session, *jobs: Job, is_forgotten: bool = False) -> None:
    """End jobs in the transaction of their last effect.

    Args:
        session: of the transaction.
        jobs: that are done.
        is_forgotten: delete them; for jobs so many that their own record is enough.

    Raises:
        LeaseLost: another worker has one of them, or one is done or canceled.
    """
    rows = _rows_of(session, jobs)
    if is_forgotten:
        ids = [row.id for row in rows]
        session.execute(delete(JobRow).where(JobRow.id.in_(ids)))
        return
    now = now_of(session)
    for row in rows:
        row.state, row.lease_token, row.leased_until = "done", None, None
        row.last_error, row.finished_at = None, now


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
        row = session.scalars(_held([job]).with_for_update()).one_or_none()
        if row is None:
            return False
        now = now_of(session)
        if is_final or row.attempts >= row.max_attempts:
            bury(row, now, error)
            return True
        row.last_error = error
        put_back(row, now + timedelta(seconds=delay_s(row.attempts)))
        return False


def release(database: Database, *jobs: Job) -> None:
    """Give those jobs back that are still ours, for others to go on with at once."""
    with database.write() as session:
        for row in session.scalars(_held(jobs).with_for_update()):
            row.attempts -= 1
            put_back(row, row.run_at)


def postpone(session: Session, *jobs: Job, delay_s: float) -> None:
    """Put jobs back that can do nothing now; that counts as no attempt.

    Raises:
        LeaseLost: another worker has one of them, or one is done or canceled.
    """
    now = now_of(session)
    for row in _rows_of(session, jobs):
        row.attempts -= 1
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


def _held(jobs: Sequence[Job]) -> Select[JobRow]:
    """Select those of the jobs that are ours, in an order that all lock them in."""
    return (
        select(JobRow)
        .where(JobRow.id.in_([job.id for job in jobs]))
        .where(JobRow.lease_token.in_([job.token for job in jobs]))
        .order_by(JobRow.id)
    )


def _rows_of(session: Session, jobs: Sequence[Job]) -> Sequence[JobRow]:
    rows = session.scalars(_held(jobs).with_for_update()).all()
    if len(rows) < len(jobs):
        held = {row.id for row in rows}
        lost = [f"{job.kind} {job.id}" for job in jobs if job.id not in held]
        raise LeaseLost(f"{', '.join(lost[:3])} is no longer ours.")
    return rows


def now_of(session: Session) -> datetime:
    """Read the clock that jobs go by."""
    return session.execute(select(clock_of(session))).scalar_one()


def put_back(row: JobRow, run_at: datetime) -> None:
    """Let others have a job from then on."""
    row.state, row.run_at = "ready", run_at
    row.lease_token, row.leased_until = None, None


def bury(row: JobRow, now: datetime, reason: str) -> None:
    """Give a job up, and keep the reason."""
    row.state, row.last_error, row.finished_at = "dead", reason, now
    row.lease_token, row.leased_until = None, None

"""The jobs there are, for those who look after them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown
from detector.store.jobs import now_of, put_back
from detector.store.paging import page
from detector.store.table import UtcDateTime
from detector.store.work_tables import JobRow

OVER = ("done", "canceled")
GIVEN_UP = ("dead", "canceled")
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of a kind that are not done.

    Attributes:
        kind: of them.
        ready: that wait, some perhaps until later.
        later: those of them that are not due within a minute.
        leased: that are worked on.
        dead: that were given up.
        oldest_due_s: for how long the oldest that is due has waited; 0 if none is.
    """

    kind: str
    ready: int
    later: int
    leased: int
    dead: int
    oldest_due_s: float


def find_job(session: Session, id: str, *, is_locked: bool = False) -> JobRow:
    """Look a job up.

    Raises:
        Unknown: there is none; those that left a record of their own are forgotten.
    """
    row = session.get(JobRow, id, with_for_update=is_locked or None)
    if row is None:
        raise Unknown(
            f"There is no job {id[:100]!r}.",
            remedy="List the jobs; scans that were done are no longer there.",
        )
    return row


def requeue(session: Session, id: str) -> JobRow:
    """Let a job that was given up or canceled be tried again, with all its attempts.

    Raises:
        Unknown: there is no such job.
        Conflict: it was not given up.
    """
    row = find_job(session, id, is_locked=True)
    if row.state not in GIVEN_UP:
        raise Conflict(
            f"The job {id} is {row.state}.",
            remedy="Only jobs that are dead or canceled can be retried.",
        )
    row.attempts, row.finished_at = 0, None
    put_back(row, now_of(session))
    return row


def cancel(session: Session, id: str) -> JobRow:
    """Take a job out of the queue; whoever works on it commits nothing any more.

    Raises:
        Unknown: there is no such job.
        Conflict: it is over already.
    """
    row = find_job(session, id, is_locked=True)
    if row.state in OVER:
        raise Conflict(
            f"The job {id} is {row.state} already.",
            remedy="Only jobs that are ready, leased or dead can be canceled.",
        )
    row.state, row.finished_at = "canceled", now_of(session)
    row.lease_token, row.leased_until = None, None
    return row


def list_jobs(
    session: Session,
    *,
    limit: int,
    cursor: str | None = None,
    kind: str | None = None,
    state: str | None = None,
) -> tuple[list[JobRow], str | None]:
    """List jobs in the order in which they were asked for, a page at a time.

    Args:
        session: to read with.
        limit: most jobs of a page.
        cursor: of the page; None for the first.
        kind: only those of this kind.
        state: only those in this state; those that are not over if None.

    Raises:
        InvalidCursor: it was not made for this list.
    """
    query = select(JobRow)
    if kind is not None:
        query = query.where(JobRow.kind == kind)
    if state is not None:
        query = query.where(JobRow.state == state)
    else:
        query = query.where(JobRow.state.not_in(OVER))
    keys = (JobRow.created_at, JobRow.id)
    return page(session, query, keys=keys, limit=limit, cursor=cursor)


def all_dead(session: Session, *, kind: str | None = None) -> list[str]:
    """List the ids of the jobs that were given up, the oldest first."""
    query = select(JobRow.id).where(JobRow.state == "dead").order_by(JobRow.created_at)
    if kind is not None:
        query = query.where(JobRow.kind == kind)
    return list(session.scalars(query))


def count_jobs(session: Session) -> dict[tuple[str, str], int]:
    """Count the jobs of each kind and state."""
    groups = select(JobRow.kind, JobRow.state, func.count()).group_by(
        JobRow.kind, JobRow.state
    )
    return {(kind, state): count for kind, state, count in session.execute(groups)}


def list_queues(session: Session) -> list[Queue]:
    """Say of each kind how many jobs there are that are not over."""
    counts = count_jobs(session)
    kinds = sorted({kind for kind, state in counts if state not in OVER})
    now = now_of(session)
    is_due = and_(JobRow.state == "ready", JobRow.run_at <= now)
    oldest = dict(
        session.execute(
            select(JobRow.kind, func.min(JobRow.run_at, type_=UtcDateTime()))
            .where(is_due)
            .group_by(JobRow.kind)
        ).all()
    )
    later = dict(
        session.execute(
            select(JobRow.kind, func.count())
            .where(JobRow.state == "ready", JobRow.run_at > now + SOON)
            .group_by(JobRow.kind)
        ).all()
    )
    return [
        Queue(
            kind,
            ready=counts.get((kind, "ready"), 0),
            later=later.get(kind, 0),
            leased=counts.get((kind, "leased"), 0),
            dead=counts.get((kind, "dead"), 0),
            oldest_due_s=(now - oldest.get(kind, now)).total_seconds(),
        )
        for kind in kinds
    ]

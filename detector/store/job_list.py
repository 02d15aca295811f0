"""The jobs there are, for those who look after them."""

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown
from detector.store.jobs import clock_of, put_back
from detector.store.paging import page
from detector.store.table import UtcDateTime
from detector.store.work_tables import JobRow


def requeue_dead(session: Session, id: str) -> JobRow:
    """Let a job that was given up be tried again, with all its attempts.

    Raises:
        Unknown: there is no such job.
        Conflict: it was not given up.
    """
    row = session.get(JobRow, id, with_for_update=True)
    if row is None:
        raise Unknown(f"There is no job {id[:100]!r}.", remedy="List the jobs.")
    if row.state != "dead":
        raise Conflict(
            f"The job {id} is {row.state}.", remedy="Only dead jobs can be retried."
        )
    now = session.execute(select(clock_of(session))).scalar_one()
    row.attempts, row.finished_at = 0, None
    put_back(row, now)
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

    Raises:
        InvalidCursor: it was not made for this list.
    """
    query = select(JobRow)
    if kind is not None:
        query = query.where(JobRow.kind == kind)
    if state is not None:
        query = query.where(JobRow.state == state)
    keys = (JobRow.created_at, JobRow.id)
    return page(session, query, keys=keys, limit=limit, cursor=cursor)


def count_jobs(session: Session) -> dict[tuple[str, str], int]:
    """Count the jobs of each kind and state."""
    groups = select(JobRow.kind, JobRow.state, func.count()).group_by(
        JobRow.kind, JobRow.state
    )
    return {(kind, state): count for kind, state, count in session.execute(groups)}


def oldest_due_s(session: Session) -> float:
    """Say for how many seconds the oldest job that is due has waited; 0 if none is."""
    clock = clock_of(session)
    is_due = and_(JobRow.state == "ready", JobRow.run_at <= clock)
    oldest, now = session.execute(
        select(func.min(JobRow.run_at, type_=UtcDateTime()), clock).where(is_due)
    ).one()
    return 0.0 if oldest is None else float((now - oldest).total_seconds())

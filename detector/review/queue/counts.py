"""How much waits in each queue, and for how long."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from detector.review.guards.people import LEADS
from detector.review.queue.claiming import SECOND, WAITS_FOR_SECOND
from detector.review.workflow import OPEN
from detector.store.case_tables import CaseRow

QUEUES = ("review", "sample", LEADS, SECOND, "appeals")
APPEALED = "appealed"


@dataclass(frozen=True, slots=True)
class QueueCount:
    """What waits in a queue.

    Attributes:
        queue: its name.
        num_waiting: cases that nobody works on.
        num_claimed: that somebody works on.
        num_overdue: of those that wait.
        oldest_opened_at: when the oldest of them was opened.
        next_due_at: when the first of them is due.
    """

    queue: str
    num_waiting: int
    num_claimed: int
    num_overdue: int
    oldest_opened_at: datetime | None
    next_due_at: datetime | None


def count_queues(session: Session, *, at: datetime) -> list[QueueCount]:
    """Count what waits in each queue."""
    return [_count(session, queue, at) for queue in QUEUES]


def _count(session: Session, queue: str, at: datetime) -> QueueCount:
    is_held = CaseRow.leased_until > at
    waits: list[ColumnElement[bool]]
    claimed: list[ColumnElement[bool]]
    if queue == SECOND:
        waits = [
            CaseRow.state == WAITS_FOR_SECOND,
            func.coalesce(CaseRow.leased_until, at) <= at,
        ]
        claimed = [CaseRow.state == WAITS_FOR_SECOND, is_held]
    elif queue == "appeals":
        waits = [CaseRow.state == APPEALED]
        claimed = [CaseRow.state == "appeal_review", is_held]
    else:
        waits = [CaseRow.state == OPEN, CaseRow.queue == queue]
        claimed = [CaseRow.state == "claimed", CaseRow.queue == queue, is_held]
    # Apart, so that an index answers each.
    num, due = session.execute(
        select(func.count(), func.min(CaseRow.due_at)).where(*waits)
    ).one()
    oldest = session.scalar(select(func.min(CaseRow.opened_at)).where(*waits))
    overdue = select(func.count()).where(*waits, CaseRow.due_at <= at)
    return QueueCount(
        queue=queue,
        num_waiting=num,
        num_claimed=session.scalar(select(func.count()).where(*claimed)) or 0,
        num_overdue=session.scalar(overdue) or 0,
        oldest_opened_at=oldest,
        next_due_at=due,
    )

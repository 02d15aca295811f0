"""Firing deadlines: each once, however late, whoever was stopped in between."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Conflict, DetectorError, WrongRole
from detector.events.outbox import EventType
from detector.review.actions.dispatch import dispatch
from detector.review.actor import SYSTEM
from detector.review.advance import advance, lock_case
from detector.review.clocks import deadlines
from detector.review.questions.expire import expire_question
from detector.review.tell import tell, write_time
from detector.review.workflow import CLOSED
from detector.store.case_tables import CaseRow, DeadlineRow
from detector.store.database import Database

log = logging.getLogger(__name__)

BATCH = 100
ACTIONED = "actioned"
AGAIN = timedelta(days=1)
"""How much longer an appeal's window stays open while the case is elsewhere."""

Handler = Callable[[Session, CaseRow, DeadlineRow, datetime], None]


def fire_due(database: Database, at: datetime) -> int:
    """Fire what is due, the oldest first, each in a transaction of its own.

    What fires has fired when its effect is committed: a process that dies in between
    leaves both undone, and the next one does both. What fails is left for the next
    time, and keeps nothing else waiting.

    Args:
        database: where cases are.
        at: now.

    Returns:
        How many have fired.
    """
    num_fired = 0
    failed: set[str] = set()
    while True:
        due = [each for each in _due(database, at, failed) if each not in failed]
        if not due:
            break
        for deadline_id in due:
            try:
                num_fired += _fire(database, deadline_id, at)
            except DetectorError as error:
                log.warning("deadline %s: %s", deadline_id, error)
                failed.add(deadline_id)
            except Exception:
                # One that cannot be fired must not keep all later ones waiting.
                log.exception("deadline %s cannot be fired", deadline_id)
                failed.add(deadline_id)
    _warn(database, at)
    return num_fired


def _due(database: Database, at: datetime, failed: set[str]) -> list[str]:
    query = (
        select(DeadlineRow.id)
        .where(DeadlineRow.state == "running", DeadlineRow.due_at <= at)
        .order_by(DeadlineRow.due_at, DeadlineRow.id)
        .limit(BATCH + len(failed))
    )
    with database.read() as session:
        return list(session.scalars(query))


def _fire(database: Database, deadline_id: str, at: datetime) -> bool:
    """Fire a deadline, unless it was stopped, or somebody else just does."""
    with database.write() as session:
        found = session.get_one(DeadlineRow, deadline_id)
        case = lock_case(session, found.case_id, SYSTEM)
        session.refresh(found)
        if found.state != "running" or found.due_at > at:
            return False
        found.state, found.ended_at = "fired", at
        session.flush()
        try:
            with session.begin_nested():
                HANDLERS[found.kind](session, case, found, at)
        except (Conflict, WrongRole) as error:
            # The case has gone on: there is nothing to be done any more.
            log.info("deadline %s: %s", deadline_id, error)
    return True


def _warn(database: Database, at: datetime) -> None:
    """Tell of clocks that come near their end, each once."""
    query = (
        select(DeadlineRow.id)
        .where(
            DeadlineRow.state == "running",
            DeadlineRow.warned_at.is_(None),
            DeadlineRow.warn_at <= at,
        )
        .order_by(DeadlineRow.warn_at)
        .limit(BATCH)
    )
    with database.read() as session:
        near = list(session.scalars(query))
    for deadline_id in near:
        with database.write() as session:
            found = session.get_one(DeadlineRow, deadline_id)
            case = lock_case(session, found.case_id, SYSTEM)
            session.refresh(found)
            if found.state == "running" and found.warned_at is None:
                found.warned_at = at
                tell(session, EventType.DEADLINE_APPROACHING, case, describe(found))


def describe(row: DeadlineRow) -> dict[str, object]:
    """Say what a deadline is about, for those who are told of it."""
    return {
        "deadline": row.kind,
        "due_at": write_time(row.due_at),
        "started_at": write_time(row.started_at),
        "profile": row.profile,
        "subject_id": row.subject_id or None,
    }


def _miss(session: Session, case: CaseRow, row: DeadlineRow, at: datetime) -> None:
    """Raise the alarm: somebody is late, and only people can do something."""
    tell(session, EventType.DEADLINE_MISSED, case, describe(row))


def _expire(session: Session, case: CaseRow, row: DeadlineRow, at: datetime) -> None:
    expire_question(session, case.id, at)


def _dispatch(session: Session, case: CaseRow, row: DeadlineRow, at: datetime) -> None:
    dispatch(session, case.id, at)


def _close_window(
    session: Session, case: CaseRow, row: DeadlineRow, at: datetime
) -> None:
    if case.state not in (ACTIONED, CLOSED):
        row.state, row.ended_at, row.due_at = "running", None, at + AGAIN
        session.flush()
    else:
        advance(session, case.id, "appeal_window_over", actor=SYSTEM, at=at)


def _advance(event: str) -> Handler:
    def handle(session: Session, case: CaseRow, row: DeadlineRow, at: datetime) -> None:
        advance(session, case.id, event, actor=SYSTEM, at=at)

    return handle


HANDLERS: Mapping[str, Handler] = {
    deadlines.DECISION: _miss,
    deadlines.BRAND: _expire,
    deadlines.RESPONSE: _advance("response_window_over"),
    deadlines.DISPATCH: _dispatch,
    deadlines.APPEAL: _miss,
    deadlines.APPEAL_WINDOW: _close_window,
    deadlines.CLAIMANT: _advance("claimant_silent"),
    deadlines.LIFT: _miss,
    deadlines.ACKNOWLEDGE: _miss,
}
"""What happens when a clock of each kind is over."""

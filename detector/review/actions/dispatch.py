"""Dispatch: what cannot be undone any more is told, and asked of the marketplace."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Refused
from detector.review.actions.listings import take_out
from detector.review.actor import SYSTEM
from detector.review.advance import advance, lock_case
from detector.review.guards.actions import PENDING, newest_restrictions
from detector.review.workflow import WORKFLOW
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import ActionRow

ACTION_PENDING, DELETED = "action_pending", "deleted"
ENDED = "The listing has ended."


def dispatch(session: Session, case_id: str, at: datetime) -> None:
    """Tell a decision, or ask again for what failed; again and again does no harm.

    The case is locked first: a decision is either undone before, and nothing is sent,
    or sent, and cannot be undone. What has ended meanwhile is not restricted.

    Args:
        session: that writes.
        case_id: whose clock has run out.
        at: now.
    """
    case = lock_case(session, case_id, SYSTEM)
    if not WORKFLOW.rows("dispatch", case.state, case.closure):
        return
    event = "dispatch"
    if case.state == ACTION_PENDING and _drop_ended(session, case, at):
        states = {each.state for each in newest_restrictions(session, case_id)}
        if not states & {*PENDING, "applied"}:
            event = "gone"
        elif not states & set(PENDING):
            event = "applied"
    try:
        advance(session, case_id, event, actor=SYSTEM, at=at)
    except Refused:  # nothing is due
        return


def _drop_ended(session: Session, case: CaseRow, at: datetime) -> bool:
    """Set aside what is to be asked for of listings that have ended, if any have."""
    query = (
        select(ActionRow)
        .join(ListingRow, ListingRow.id == ActionRow.listing_id)
        .where(
            ActionRow.case_id == case.id,
            ActionRow.state.in_(("scheduled", "failed")),
            ListingRow.state == DELETED,
        )
        .order_by(ActionRow.id)
    )
    ended = session.scalars(query).all()
    live = [
        action
        for action in newest_restrictions(session, case.id)
        if action.state in (*PENDING, "applied") and action not in ended
    ]
    for action in ended:
        action.state, action.ended_at, action.error = "superseded", at, ENDED
        if live:  # else the case ends with it
            take_out(session, case, action.listing_id, at=at)
    session.flush()
    return bool(ended)

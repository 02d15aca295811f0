"""What a case's outcome means for the notices that named it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.events.outbox import EventType, emit
from detector.review.guards.people import standing_decision
from detector.review.move import Move
from detector.review.notices.give import RECEIVED, notice_data
from detector.review.workflow import CLOSED
from detector.store.takedown_tables import NoticeItemRow, NoticeRow

OUTCOMES = {
    "no_action": "rejected",
    "duplicate": "rejected",
    "void": "rejected",
    "suppressed": "rejected",
    "moot": "rejected",
    "withdrawn": "withdrawn",
    "final_upheld": "accepted",
    "window_expired": "accepted",
    "court_order": "rejected",
    "reinstated": "rejected",
}
"""By the closure of the case, of what has no outcome yet; a restriction gave it one."""
GONE = "listing_gone"


def settle_notices(move: Move) -> None:
    """Write the outcome of each item, and tell the notifier once all are settled.

    An outcome that was written stays: what an appeal overturns counts as that.
    """
    case, session = move.case, move.session
    decision = standing_decision(move)
    outcome = OUTCOMES.get(case.closure or "")
    if case.state != CLOSED and decision is not None:
        outcome = "accepted" if decision.kind == "restrict" else "rejected"
    if outcome is None:
        return
    reason = None if decision is None else decision.reason_code
    if case.closure == "moot":
        reason = GONE
    items = session.scalars(
        select(NoticeItemRow).where(
            NoticeItemRow.case_id == case.id, NoticeItemRow.state == "open"
        )
    ).all()
    settle_items(session, items, outcome, reason_code=reason, at=move.at)


def settle_items(
    session: Session,
    items: Sequence[NoticeItemRow],
    outcome: str,
    *,
    reason_code: str | None,
    at: datetime,
) -> None:
    """Write the outcome of items, and that of notices that wait for no other."""
    for item in items:
        item.state, item.reason_code, item.decided_at = outcome, reason_code, at
    session.flush()
    for notice_id in sorted({item.notice_id for item in items}):
        conclude_notice(session, notice_id, at)


def conclude_notice(session: Session, notice_id: str, at: datetime) -> None:
    """Write a notice's own outcome, and tell of it, once all its items have theirs."""
    notice = session.get_one(NoticeRow, notice_id)
    items = session.scalars(
        select(NoticeItemRow)
        .where(NoticeItemRow.notice_id == notice_id)
        .order_by(NoticeItemRow.position)
    ).all()
    states = [item.state for item in items]
    if notice.state != RECEIVED or {"open", "unknown_listing"} & set(states):
        return
    counted = [state for state in states if state != "withdrawn"]
    if not counted:
        notice.state = "withdrawn"
    elif all(state == "accepted" for state in counted):
        notice.state = "accepted"
    elif "accepted" in counted:
        notice.state = "partly_accepted"
    else:
        notice.state = "rejected"
    notice.decided_at = at
    session.flush()
    emit(
        session,
        EventType.NOTICE_DECIDED,
        marketplace=notice.marketplace,
        brand_id=notice.brand_id,
        data={
            **notice_data(notice, len(items)),
            "items": [
                {
                    "listing_id": item.external_id,
                    "state": item.state,
                    "reason_code": item.reason_code,
                }
                for item in items
            ],
        },
    )

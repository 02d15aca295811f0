"""What courts and authorities order, written down by the legal department."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.decisions.decide import Kind, Opinion, Verdict, write_decision
from detector.review.move import Given

COURT_ORDER = "court_order"


class Order(StrEnum):
    """What is ordered."""

    RESTRICTION = "restriction"
    LIFT = "lift"
    CLOSE = "close"


EVENTS = {
    Order.RESTRICTION: "order_restriction",
    Order.LIFT: "order_lift",
    Order.CLOSE: "order_close",
}


def apply_order(
    session: Session,
    case_id: str,
    order: Order,
    *,
    actor: Actor,
    at: datetime,
    document: str,
    note: str | None = None,
    version: int | None = None,
) -> Verdict:
    """Do as was ordered, whatever was decided before.

    Args:
        session: that writes.
        case_id: of the case.
        order: what is ordered.
        actor: who has read the order.
        at: when.
        document: that shows it: a file number, or where it is kept.
        note: for colleagues.
        version: of the case that the actor saw.
    """
    case = lock_case(session, case_id, actor)
    kind = Kind.RESTRICT if order is Order.RESTRICTION else Kind.NO_ACTION
    decision = write_decision(
        session, case, Opinion(kind, COURT_ORDER, note=note), actor=actor, at=at
    )
    move = advance(
        session,
        case_id,
        EVENTS[order],
        actor=actor,
        at=at,
        given=Given(
            reason_code=COURT_ORDER,
            note=note,
            decision_id=decision.id,
            data={"document": document},
        ),
        version=version,
    )
    if order is not Order.RESTRICTION:  # which is told when it is sent
        decision.undo_until, decision.told_at = None, at
        session.flush()
    return Verdict(decision, move.case)

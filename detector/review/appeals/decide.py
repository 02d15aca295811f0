"""Deciding appeals: by people who never decided the case, with reasons."""

from datetime import datetime

from sqlalchemy.orm import Session

from detector.errors import Conflict
from detector.review.actor import Actor
from detector.review.advance import advance
from detector.review.appeals.appeal import AppealKind
from detector.review.appeals.receive import lock_appeal
from detector.review.decisions.decide import Kind, Opinion, write_decision
from detector.review.move import Given
from detector.store.case_tables import CaseRow
from detector.store.takedown_tables import AppealRow

LIVE = ("received", "forwarded", "in_review")
SUED = "The claimant has shown that a court is seized."
WITHDREW = "The claimant has taken the claim back."


def take_appeal(
    session: Session, appeal_id: str, *, actor: Actor, at: datetime
) -> CaseRow:
    """Take an appeal up; the case that is returned names the lease."""
    row = _live(session, appeal_id, actor)
    move = advance(session, row.case_id, "take_appeal", actor=actor, at=at)
    row.state, row.updated_at = "in_review", at
    session.flush()
    return move.case


def give_appeal_back(
    session: Session, appeal_id: str, *, actor: Actor, at: datetime, lease_token: str
) -> AppealRow:
    """Leave an appeal to another appeals reviewer."""
    row = _live(session, appeal_id, actor)
    advance(
        session,
        row.case_id,
        "give_appeal_back",
        actor=actor,
        at=at,
        given=Given(lease_token=lease_token),
    )
    row.state, row.updated_at = "received", at
    session.flush()
    return row


def uphold(
    session: Session,
    appeal_id: str,
    *,
    actor: Actor,
    at: datetime,
    lease_token: str,
    answer: str,
) -> AppealRow:
    """Let the decision stand, with reasons."""
    row = _live(session, appeal_id, actor)
    given = Given(lease_token=lease_token, note=answer)
    advance(session, row.case_id, "uphold", actor=actor, at=at, given=given)
    return row


def overturn(
    session: Session,
    appeal_id: str,
    *,
    actor: Actor,
    at: datetime,
    lease_token: str,
    answer: str,
    restriction: Opinion | None = None,
) -> AppealRow:
    """Find that the decision was wrong, with reasons.

    Args:
        session: that writes.
        appeal_id: of the appeal.
        actor: who decides; never decided the case.
        at: when.
        lease_token: of the take-up.
        answer: the reasons; whoever appealed is sent them.
        restriction: what is restricted after all, if nothing had been done; needed
            then.

    Raises:
        Refused: something is missing, as the message says.
    """
    row = _live(session, appeal_id, actor)
    given = Given(lease_token=lease_token, note=answer)
    if row.kind == AppealKind.NOTIFIER_COMPLAINT and restriction is not None:
        case = session.get_one(CaseRow, row.case_id)
        decision = write_decision(session, case, restriction, actor=actor, at=at)
        given = Given(
            lease_token=lease_token,
            note=answer,
            reason_code=restriction.reason_code,
            right_id=restriction.right_id,
            decision_id=decision.id,
        )
    advance(session, row.case_id, "overturn", actor=actor, at=at, given=given)
    return row


def answer_as_claimant(
    session: Session,
    appeal_id: str,
    *,
    actor: Actor,
    at: datetime,
    document: str | None,
    note: str | None = None,
) -> AppealRow:
    """Show that a court is seized, or take the claim back.

    Args:
        session: that writes.
        appeal_id: of an appeal that was forwarded.
        actor: somebody of the brand, or of the legal team for it.
        at: when.
        document: that shows the suit or complaint; None takes the claim back.
        note: in words.
    """
    row = _live(session, appeal_id, actor)
    row.claimant_answer = {
        "answer": "withdraws" if document is None else "sues",
        "document": document,
        "note": note,
    }
    row.updated_at = at
    session.flush()
    advance(
        session,
        row.case_id,
        "claimant_withdraws" if document is None else "claimant_sues",
        actor=actor,
        at=at,
        given=Given(
            note=note or (WITHDREW if document is None else SUED),
            data={"appeal_id": row.id, "document": document},
        ),
    )
    return row


def withdraw_appeal(
    session: Session, appeal_id: str, *, actor: Actor, at: datetime
) -> AppealRow:
    """Take an appeal back: what was decided holds."""
    row = _live(session, appeal_id, actor)
    event = "appeal_withdrawn"
    if row.kind == AppealKind.NOTIFIER_COMPLAINT:
        event = "claimant_withdraws"
    given = Given(data={"appeal_id": row.id})
    advance(session, row.case_id, event, actor=actor, at=at, given=given)
    return row


def _live(session: Session, appeal_id: str, actor: Actor) -> AppealRow:
    row = lock_appeal(session, appeal_id, actor)
    if row.state not in LIVE:
        raise Conflict(
            f"The appeal is {row.state}.", remedy="There is nothing to decide."
        )
    return row


def opinion(reason_code: str, right_id: str | None) -> Opinion:
    """Say what is to be restricted after all."""
    return Opinion(Kind.RESTRICT, reason_code, right_id=right_id)

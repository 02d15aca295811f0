"""Decisions: an opinion is written down, and the case takes the step it leads to."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.corroboration import find_corroboration
from detector.review.move import Given, Move
from detector.review.policy import read_policy
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.tables import RightRow

WAITING = "awaiting_second"


class Kind(StrEnum):
    """What an opinion comes to."""

    RESTRICT = "restrict"
    NO_ACTION = "no_action"


EVENTS = {Kind.RESTRICT: "restrict", Kind.NO_ACTION: "dismiss"}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody makes of a case.

    Attributes:
        kind: what it comes to.
        reason_code: why.
        right_id: that a restriction rests on.
        note: why, in words; for colleagues.
    """

    kind: Kind
    reason_code: str
    right_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an opinion has led to.

    Attributes:
        decision: as it was written down.
        case: as it is now.
    """

    decision: DecisionRow
    case: CaseRow


def decide(
    session: Session,
    case_id: str,
    opinion: Opinion,
    *,
    actor: Actor,
    at: datetime,
    lease_token: str,
    version: int | None = None,
    batch: Mapping[str, object] | None = None,
) -> Verdict:
    """Decide a case that the actor holds; nobody outside is told before it is final.

    Args:
        session: that writes.
        case_id: of the case.
        opinion: what the actor makes of it.
        actor: who decides.
        at: when.
        lease_token: of the claim.
        version: of the case that the actor saw.
        batch: `batch_id` and `is_large_batch`, if others are decided with it.
    """
    case = lock_case(session, case_id, actor)
    decision = write_decision(
        session, case, opinion, actor=actor, at=at, batch=batch or {}
    )
    move = advance(
        session,
        case_id,
        EVENTS[opinion.kind],
        actor=actor,
        at=at,
        given=_given(opinion, decision, lease_token, batch),
        version=version,
    )
    _wait_or_hold(move, decision)
    return Verdict(decision, move.case)


def give_second_opinion(
    session: Session,
    case_id: str,
    opinion: Opinion,
    *,
    actor: Actor,
    at: datetime,
    lease_token: str,
    version: int | None = None,
) -> Verdict:
    """Say what somebody else makes of it who has not seen the first opinion.

    Two agree if both would restrict, or neither; otherwise both opinions are kept and
    the case goes to a lead.

    Args: as of `decide`.
    """
    case = lock_case(session, case_id, actor)
    first = session.scalar(
        select(DecisionRow.kind).where(
            DecisionRow.case_id == case_id, DecisionRow.state == "pending"
        )
    )
    agrees = first is None or first == opinion.kind
    decision = write_decision(session, case, opinion, actor=actor, at=at, number=2)
    move = advance(
        session,
        case_id,
        "second_agrees" if agrees else "second_disagrees",
        actor=actor,
        at=at,
        given=_given(opinion, decision, lease_token),
        version=version,
    )
    if agrees:
        for row in _pending(session, case_id):
            row.state = "effective"
        _wait_or_hold(move, decision)
    else:
        decision.state = "overruled"
    session.flush()
    return Verdict(decision, move.case)


def write_decision(
    session: Session,
    case: CaseRow,
    opinion: Opinion,
    *,
    actor: Actor,
    at: datetime,
    number: int = 1,
    batch: Mapping[str, object] | None = None,
) -> DecisionRow:
    """Write an opinion down, as one that holds; call before the case's step.

    Args:
        session: that writes; has locked the case.
        case: that is decided.
        opinion: what was made of it.
        actor: who decides.
        at: when.
        number: 2 for a second opinion.
        batch: `batch_id`, if others are decided with it.
    """
    is_restriction = opinion.kind is Kind.RESTRICT
    policy = read_policy(session, case.marketplace).policy
    right = session.get(RightRow, opinion.right_id) if opinion.right_id else None
    batch_id = (batch or {}).get("batch_id")
    row = DecisionRow(
        id="dec_" + uuid.uuid4().hex,
        case_id=case.id,
        kind=opinion.kind.value,
        opinion=number,
        state="effective",
        reason_code=opinion.reason_code,
        # One that is not there is refused by the case's step.
        right_id=None if right is None else right.id,
        corroboration=find_corroboration(
            session, case, reason_code=opinion.reason_code
        ),
        restriction={
            "kind": policy.restriction,
            "territories": policy.territories,
            "ends_on": None,
        }
        if is_restriction
        else None,
        note=opinion.note,
        decided_by=actor.id,
        role=actor.party.value,
        batch_id=None if batch_id is None else str(batch_id),
        seconds=_seconds(session, case, actor, at),
        likelihood=read_likelihood(case.images),
        undo_until=at + timedelta(seconds=policy.undo_s),
        told_at=None,
        decided_at=at,
    )
    session.add(row)
    session.flush()
    return row


def read_likelihood(images: list[dict[str, object]]) -> float | None:
    """Find the highest likelihood of a case's pictures; None if none is calibrated."""
    found = [image.get("likelihood") for image in images]
    return max((x for x in found if isinstance(x, float | int)), default=None)


def _given(
    opinion: Opinion,
    decision: DecisionRow,
    lease_token: str,
    batch: Mapping[str, object] | None = None,
) -> Given:
    return Given(
        reason_code=opinion.reason_code,
        note=opinion.note,
        right_id=opinion.right_id,
        lease_token=lease_token,
        decision_id=decision.id,
        data=batch or {},
    )


def _wait_or_hold(move: Move, decision: DecisionRow) -> None:
    if move.case.state == WAITING:
        decision.state, decision.undo_until = "pending", None
        move.session.flush()


def _pending(session: Session, case_id: str) -> list[DecisionRow]:
    query = select(DecisionRow).where(
        DecisionRow.case_id == case_id, DecisionRow.state == "pending"
    )
    return list(session.scalars(query))


def _seconds(
    session: Session, case: CaseRow, actor: Actor, at: datetime
) -> float | None:
    """Say how long the actor has worked on the case; None if they do not hold it.

    It may have been claimed ahead: they began once they had decided the one before.
    """
    if case.leased_by != actor.id:
        return None
    claimed_at = session.scalar(
        select(AuditRow.at)
        .where(AuditRow.case_id == case.id, AuditRow.event.in_(("claim", "steal")))
        .order_by(AuditRow.seq.desc())
        .limit(1)
    )
    if claimed_at is None:
        return None
    decided_at = session.scalar(
        select(func.max(DecisionRow.decided_at)).where(
            DecisionRow.decided_at > claimed_at,
            DecisionRow.decided_at < at,
            DecisionRow.decided_by == actor.id,
        )
    )
    return (at - (decided_at or claimed_at)).total_seconds()

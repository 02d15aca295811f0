"""Deadlines of cases: started and stopped by steps, each fires once."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update

from detector.review.clocks.regimes import read_regime
from detector.review.move import Move
from detector.review.policy import Policy
from detector.store.case_tables import DeadlineRow

DECISION, BRAND, RESPONSE, DISPATCH = "decision", "brand", "response", "dispatch"
APPEAL, APPEAL_WINDOW, CLAIMANT = "appeal", "appeal_window", "claimant"
LIFT, ACKNOWLEDGE = "lift", "acknowledge"


def start(move: Move, kind: str, *, subject_id: str = "") -> DeadlineRow:
    """Start a clock, in place of one of that kind that runs for the same subject.

    Args:
        move: the step that starts it; its event is the clock's start event.
        kind: what happens when it is over.
        subject_id: of the question, action or appeal that it is about.
    """
    stop(move, kind, subject_id=subject_id)
    regime = read_regime(move.case.regime)
    row = DeadlineRow(
        id="ddl_" + uuid.uuid4().hex,
        case_id=move.case.id,
        kind=kind,
        subject_id=subject_id,
        start_event=move.transition.event,
        started_at=move.at,
        profile=regime.name,
        calendar=regime.calendar,
        time_zone=regime.time_zone,
        due_at=due_at(kind, move.policy, regime_name=regime.name, at=move.at),
    )
    move.session.add(row)
    move.session.flush()
    if kind == DECISION:
        move.case.due_at = row.due_at
    return row


def due_at(kind: str, policy: Policy, *, regime_name: str, at: datetime) -> datetime:
    """Say when a clock that starts now is over."""
    hours = {
        DECISION: policy.decide_own_h,
        BRAND: policy.brand_answer_h,
        APPEAL: policy.appeal_h,
        LIFT: policy.lift_h,
        ACKNOWLEDGE: policy.acknowledge_h,
        DISPATCH: policy.undo_s / 3600,
    }
    return at + timedelta(hours=hours.get(kind, 24))


def stop(move: Move, *kinds: str, subject_id: str | None = None) -> None:
    """Stop clocks of these kinds; of all kinds if none is named."""
    running = select(DeadlineRow.id).where(
        DeadlineRow.case_id == move.case.id, DeadlineRow.state == "running"
    )
    if kinds:
        running = running.where(DeadlineRow.kind.in_(kinds))
    if subject_id is not None:
        running = running.where(DeadlineRow.subject_id == subject_id)
    move.session.execute(
        update(DeadlineRow)
        .where(DeadlineRow.id.in_(running))
        .values(state="stopped", ended_at=move.at)
    )

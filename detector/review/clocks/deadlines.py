"""Deadlines of cases: started and stopped by steps, each fires once."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select, update

from detector.review.clocks.calendar import end_of
from detector.review.clocks.regimes import Regime, Span, read_regime
from detector.review.move import Move
from detector.review.standing.tier import Subject, Tier, read_tier
from detector.store.case_tables import DeadlineRow

DECISION, BRAND, RESPONSE, DISPATCH = "decision", "brand", "response", "dispatch"
APPEAL, APPEAL_WINDOW, CLAIMANT = "appeal", "appeal_window", "claimant"
LIFT, ACKNOWLEDGE = "lift", "acknowledge"
NOTICE = "notice"
WARNED = frozenset({DECISION, BRAND, RESPONSE, APPEAL, CLAIMANT})
"""Kinds of which it is told that they come near."""
NEAR = 0.75
"""Share of a clock's time after which it is."""


def start(move: Move, kind: str, *, subject_id: str = "") -> DeadlineRow:
    """Start a clock, in place of one of that kind that runs for the same subject.

    Args:
        move: the step that starts it; its event is the clock's start event.
        kind: what happens when it is over.
        subject_id: of the question, action or appeal that it is about.
    """
    stop(move, kind, subject_id=subject_id)
    regime = read_regime(move.case.regime)
    due = due_at(move, kind, regime)
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
        due_at=due,
        warn_at=move.at + NEAR * (due - move.at) if kind in WARNED else None,
    )
    move.session.add(row)
    move.session.flush()
    if kind == DECISION:
        move.case.due_at = due
    return row


def due_at(move: Move, kind: str, regime: Regime) -> datetime:
    """Say when a clock that a step starts is over: by law, or by the policy."""
    spans: dict[str, Span] = {
        RESPONSE: regime.response,
        APPEAL_WINDOW: regime.appeal_window,
        CLAIMANT: regime.claimant,
    }
    if kind in spans:
        return end_of(spans[kind], move.at, regime)
    policy = move.policy
    hours = {
        BRAND: policy.brand_answer_h,
        APPEAL: policy.appeal_h,
        LIFT: policy.lift_h,
        ACKNOWLEDGE: policy.acknowledge_h,
        DISPATCH: policy.undo_s / 3600,
        DECISION: _decision_hours(move),
    }
    return move.at + timedelta(hours=hours[kind])


def _decision_hours(move: Move) -> float:
    """Say how soon a case is to be decided: a trusted brand's notice comes first."""
    policy, case = move.policy, move.case
    if case.source != NOTICE:
        return policy.decide_own_h
    tier = read_tier(move.session, Subject.BRAND, case.brand_id)
    if tier is Tier.GOOD_FAITH:
        return policy.decide_trusted_h
    return policy.decide_notice_h


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

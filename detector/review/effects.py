"""What follows from a step of a case, by the names that the table uses."""

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta

from detector.events.outbox import EventType
from detector.review.actions.commands import (
    alarm,
    drop_actions,
    note_told,
    schedule_lifts,
    schedule_restrictions,
    send_actions,
    stop_lift_clock,
    tell_decided,
    try_again,
)
from detector.review.appeals.endings import end_appeal
from detector.review.case_signals import answer_signal
from detector.review.clocks import deadlines
from detector.review.guards.people import LEADS, standing_decisions
from detector.review.learning.learn import learn
from detector.review.move import Move
from detector.review.notices.settle import settle_notices
from detector.review.questions.open_question import withdraw_question
from detector.review.statements.issue import deliver_statements
from detector.review.tell import tell_move
from detector.store.case_tables import QuestionRow

Effect = Callable[[Move], None]


def _lease(move: Move) -> None:
    case = move.case
    case.lease_token = uuid.uuid4().hex
    case.leased_by = move.actor.id
    case.leased_until = move.at + timedelta(seconds=move.policy.lease_s)


def _end_lease(move: Move) -> None:
    case = move.case
    case.lease_token = case.leased_by = case.leased_until = None


def _count_skip(move: Move) -> None:
    case = move.case
    case.skipped_by = [*case.skipped_by, move.actor.id]
    if len(case.skipped_by) >= move.policy.skips_to_leads:
        case.queue = LEADS


def _send_to_leads(move: Move) -> None:
    move.case.queue = LEADS


def _note_silence(move: Move) -> None:
    move.case.is_brand_silent = True


def _note_answer(move: Move) -> None:
    question = move.session.get_one(QuestionRow, str(move.given.data["question_id"]))
    if question.answer is not None:
        signal = answer_signal(question.answer)
        move.case.signals = {**move.case.signals, "brand_confirmed": signal}


def _note_litigation(move: Move) -> None:
    move.case.is_litigated = True


def _mark_decision(state: str) -> Effect:
    """Make the effect that writes what became of what was decided before."""

    def effect(move: Move) -> None:
        for decision in standing_decisions(move):
            if decision.id != move.given.decision_id:
                decision.state = state

    return effect


def _settle(move: Move) -> None:
    settle_notices(move)
    learn(move)


def _start(kind: str) -> Effect:
    def effect(move: Move) -> None:
        deadlines.start(move, kind)

    return effect


def _stop(*kinds: str) -> Effect:
    return lambda move: deadlines.stop(move, *kinds)


def _tell(type: EventType) -> Effect:
    return lambda move: tell_move(move, type)


def _end(state: str) -> Effect:
    return lambda move: end_appeal(move, state)


EFFECTS: Mapping[str, Effect] = {
    "lease": _lease,
    "end_lease": _end_lease,
    "count_skip": _count_skip,
    "send_to_leads": _send_to_leads,
    "note_silence": _note_silence,
    "note_answer": _note_answer,
    "withdraw_question": withdraw_question,
    "note_litigation": _note_litigation,
    "undo_decision": _mark_decision("undone"),
    "overturn_decision": _mark_decision("overturned"),
    "overrule_decision": _mark_decision("overruled"),
    "void_decision": _mark_decision("void"),
    "schedule_restrictions": schedule_restrictions,
    "schedule_lifts": schedule_lifts,
    "send_actions": send_actions,
    "try_again": try_again,
    "drop_actions": drop_actions,
    "note_told": note_told,
    "alarm": alarm,
    "deliver_statements": deliver_statements,
    "settle": _settle,
    "start_decision_clock": _start(deadlines.DECISION),
    "stop_decision_clock": _stop(deadlines.DECISION),
    "start_brand_clock": _start(deadlines.BRAND),
    "stop_brand_clock": _stop(deadlines.BRAND),
    "start_response_clock": _start(deadlines.RESPONSE),
    "stop_response_clock": _stop(deadlines.RESPONSE),
    "start_dispatch_clock": _start(deadlines.DISPATCH),
    "stop_dispatch_clock": _stop(deadlines.DISPATCH),
    "stop_acknowledge_clock": _stop(deadlines.ACKNOWLEDGE),
    "stop_lift_clock": stop_lift_clock,
    "start_appeal_window": _start(deadlines.APPEAL_WINDOW),
    "start_appeal_clock": _start(deadlines.APPEAL),
    "stop_appeal_clock": _stop(deadlines.APPEAL),
    "start_claimant_clock": _start(deadlines.CLAIMANT),
    "stop_claimant_clock": _stop(deadlines.CLAIMANT),
    "stop_all_clocks": _stop(),
    "end_appeal_upheld": _end("upheld"),
    "end_appeal_overturned": _end("overturned"),
    "end_appeal_withdrawn": _end("withdrawn"),
    "end_appeal_lapsed": _end("lapsed"),
    "tell_opened": _tell(EventType.CASE_OPENED),
    "tell_decided": tell_decided,
    "tell_updated": _tell(EventType.CASE_UPDATED),
    "tell_closed": _tell(EventType.CASE_CLOSED),
    "tell_asked": _tell(EventType.BRAND_CONFIRMATION_REQUESTED),
    "tell_answered": _tell(EventType.BRAND_CONFIRMATION_RECEIVED),
    "tell_appeal": _tell(EventType.APPEAL_RECEIVED),
    "tell_forwarded": _tell(EventType.APPEAL_FORWARDED),
}
"""By the names that the table of transitions uses."""

"""What effects do about actions: schedule, send, try again, drop, lift, alarm."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from detector.events.outbox import EventType
from detector.review.actions.action_json import describe_action, describe_statement
from detector.review.clocks import deadlines
from detector.review.guards.actions import (
    LIFT,
    PENDING,
    RESTRICT,
    due_actions,
    newest_restrictions,
)
from detector.review.guards.course import SENT
from detector.review.guards.people import standing_decision, standing_decisions
from detector.review.move import Move
from detector.review.reasons import REASONS, ReasonKind
from detector.review.statements.issue import write_statement
from detector.review.tell import tell
from detector.store.case_tables import CaseListingRow, DecisionRow
from detector.store.takedown_tables import ActionRow

RETRY_AFTER = timedelta(minutes=5)
"""A marketplace that could not do something is asked again after that time."""
COURT_ORDER = "court_order"


def schedule_restrictions(move: Move) -> None:
    """Schedule a restriction of each open listing of the case, to be sent later."""
    decision = _decision(move)
    policy = move.policy
    restriction = {
        "kind": policy.restriction,
        "territories": policy.territories,
        "ends_on": None,
        **((decision.restriction if decision else None) or {}),
    }
    reason = _reason(move, decision)
    for listing_id in _open_listings(move):
        _add(
            move,
            RESTRICT,
            listing_id,
            restriction=restriction,
            decision_id=decision.id if decision else None,
            reason=reason,
            send_at=move.at + timedelta(seconds=policy.undo_s),
        )
    move.session.flush()


def send_actions(move: Move) -> None:
    """Ask the marketplace for what is due; a restriction goes with its statement."""
    actions = due_actions(move.session, move.case.id, move.at)
    for action in actions:
        action.state, action.requested_at = "requested", move.at
        action.error = None
        if action.kind == RESTRICT:
            write_statement(move, action)
    move.session.flush()
    if any(action.kind == RESTRICT for action in actions):
        deadlines.start(move, deadlines.ACKNOWLEDGE)
    for action in actions:
        _request(move, action)


def try_again(move: Move) -> None:
    """Let what a marketplace could not do be asked for again, after a while."""
    action = move.session.get_one(ActionRow, str(move.given.data["action_id"]))
    action.send_at = move.at + RETRY_AFTER
    clock = deadlines.start(move, deadlines.DISPATCH, subject_id=action.id)
    clock.due_at = action.send_at
    move.session.flush()


def drop_actions(move: Move) -> None:
    """Set aside what has not been applied."""
    for action in newest_restrictions(move.session, move.case.id):
        if action.state in PENDING:
            action.state, action.ended_at = "superseded", move.at
    move.session.flush()


def schedule_lifts(move: Move) -> None:
    """Ask for the lift of all that was restricted, or may be by now.

    So also of what the marketplace has not answered, or said to have failed.
    """
    query = select(ActionRow).where(
        ActionRow.case_id == move.case.id, ActionRow.kind == RESTRICT
    )
    lifts = []
    for restriction in move.session.scalars(query.order_by(ActionRow.id)).all():
        if restriction.state in SENT:
            lift = _add(
                move,
                LIFT,
                restriction.listing_id,
                restriction=restriction.restriction,
                decision_id=restriction.decision_id,
                reason=move.transition.event,
                send_at=move.at,
                lifts_id=restriction.id,
            )
            lift.state, lift.requested_at = "requested", move.at
            lifts.append(lift)
        if restriction.state in PENDING:
            restriction.state, restriction.ended_at = "superseded", move.at
    move.session.flush()
    for lift in lifts:
        deadlines.start(move, deadlines.LIFT, subject_id=lift.id)
    for lift in lifts:
        _request(move, lift)


def stop_lift_clock(move: Move) -> None:
    """Stop the clock of the lift that was done."""
    action_id = move.given.data.get("action_id")
    if action_id is not None:
        deadlines.stop(move, deadlines.LIFT, subject_id=str(action_id))


def alarm(move: Move) -> None:
    """Raise the alarm over what failed; a lift is asked for again after a while."""
    action = move.session.get(ActionRow, str(move.given.data.get("action_id")))
    if action is None:
        return
    if action.kind == LIFT:
        try_again(move)
    extra = {"action": describe_action(move.session, action)}
    tell(move.session, EventType.ACTION_FAILED, move.case, extra)


def note_told(move: Move) -> None:
    """Write down that others are told of the decision now."""
    for decision in standing_decisions(move):
        decision.told_at = move.at
    move.session.flush()


def tell_decided(move: Move) -> None:
    """Tell the marketplace what was decided, and why; not by whom."""
    decision = standing_decision(move)
    if decision is None:
        return
    extra = {
        "decision": {
            "kind": decision.kind,
            "reason_code": decision.reason_code,
            "restriction": decision.restriction,
        }
    }
    tell(move.session, EventType.CASE_DECIDED, move.case, extra)


def _reason(move: Move, decision: DecisionRow | None) -> str:
    """Say why it is restricted: not every step that restricts asks for a reason."""
    if move.transition.event == "order_restriction":
        return COURT_ORDER
    named = [move.given.reason_code, decision.reason_code if decision else None]
    for code in filter(None, named):
        if code in REASONS and REASONS[code].kind is ReasonKind.RESTRICT:
            return code
    raise ValueError(f"{move.transition.event} restricts for no reason: {named}")


def _decision(move: Move) -> DecisionRow | None:
    named = move.given.decision_id
    found = None if named is None else move.session.get(DecisionRow, named)
    return found or standing_decision(move)


def _open_listings(move: Move) -> list[str]:
    query = select(CaseListingRow.listing_id).where(
        CaseListingRow.case_id == move.case.id, CaseListingRow.is_open
    )
    return list(move.session.scalars(query.order_by(CaseListingRow.listing_id)))


def _add(
    move: Move,
    kind: str,
    listing_id: str,
    *,
    restriction: dict[str, object],
    decision_id: str | None,
    reason: str,
    send_at: datetime,
    lifts_id: str | None = None,
) -> ActionRow:
    action = ActionRow(
        id="act_" + uuid.uuid4().hex,
        case_id=move.case.id,
        decision_id=decision_id,
        listing_id=listing_id,
        marketplace=move.case.marketplace,
        kind=kind,
        state="scheduled",
        restriction=restriction,
        lifts_id=lifts_id,
        reason=reason,
        send_at=send_at,
        created_at=move.at,
    )
    move.session.add(action)
    return action


def _request(move: Move, action: ActionRow) -> None:
    extra: dict[str, object] = {"action": describe_action(move.session, action)}
    if action.kind == LIFT:
        tell(move.session, EventType.ACTION_LIFT_REQUESTED, move.case, extra)
        return
    extra["statement"] = describe_statement(move.session, action)
    tell(move.session, EventType.ACTION_REQUESTED, move.case, extra)

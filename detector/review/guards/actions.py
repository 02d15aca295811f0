"""Guards about actions: what is due, what was done, what the marketplace could not."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.review.guards.people import standing_decision
from detector.review.guards.refusal import Refusal
from detector.review.move import Move
from detector.store.takedown_tables import ActionRow

RESTRICT, LIFT = "restrict", "lift"
PENDING = ("scheduled", "requested", "sent", "failed")
"""States of an action of which it is open what becomes of it."""
MAX_FAILURES = 3
"""As often a restriction is asked for; a lift is asked for until it is done."""


def newest_restrictions(session: Session, case_id: str) -> list[ActionRow]:
    """List the restrictions that the newest decision led to, in the order of ids."""
    newest = (
        select(func.max(ActionRow.created_at))
        .where(ActionRow.case_id == case_id, ActionRow.kind == RESTRICT)
        .scalar_subquery()
    )
    query = select(ActionRow).where(
        ActionRow.case_id == case_id,
        ActionRow.kind == RESTRICT,
        ActionRow.created_at == newest,
    )
    return list(session.scalars(query.order_by(ActionRow.id)))


def due_actions(session: Session, case_id: str, at: datetime) -> list[ActionRow]:
    """List what is to be asked for now, for the first time or once more."""
    query = select(ActionRow).where(
        ActionRow.case_id == case_id, ActionRow.state.in_(("scheduled", "failed"))
    )
    return [
        action
        for action in session.scalars(query.order_by(ActionRow.id))
        if action.state == "scheduled"
        or (action.send_at <= at and (action.kind == LIFT or is_worth_a_try(action)))
    ]


def is_worth_a_try(action: ActionRow) -> bool:
    """Say whether a restriction has not failed too often."""
    return action.num_failures < MAX_FAILURES


def something_is_due(move: Move) -> Refusal | None:
    """Ask that the marketplace is to be asked for something."""
    if due_actions(move.session, move.case.id, move.at):
        return None
    return Refusal("Nothing is to be sent.", "")


def is_untold(move: Move) -> Refusal | None:
    """Ask for a decision that nobody outside was told of."""
    decision = standing_decision(move)
    if decision is not None and decision.told_at is None:
        return None
    return Refusal("There is no decision to be told.", "")


def all_applied(move: Move) -> Refusal | None:
    """Ask that all is restricted that was to be, and something at all."""
    states = {
        action.state for action in newest_restrictions(move.session, move.case.id)
    }
    if "applied" in states and not states & set(PENDING):
        return None
    return Refusal("Not all of it is restricted.", "Acknowledge the other actions.")


def may_try_again(move: Move) -> Refusal | None:
    """Ask for an action that did not fail too often."""
    action = move.session.get(ActionRow, str(move.given.data.get("action_id")))
    if action is not None and is_worth_a_try(action):
        return None
    return Refusal("It has failed too often.", "")


def nothing_stands(move: Move) -> Refusal | None:
    """Ask that nothing is restricted, or is just being restricted."""
    for action in newest_restrictions(move.session, move.case.id):
        if action.state in ("requested", "sent", "applied"):
            return Refusal(
                "Another listing of the case is restricted, or may be by now.",
                "A lead can revoke the decision, which lifts that.",
            )
    return None

"""Acknowledgements: what the marketplace says became of an action."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from detector.errors import Refused
from detector.events.outbox import EventType
from detector.review.actions.action_json import describe_action
from detector.review.actions.action_list import find_action
from detector.review.actions.listings import part, take_out
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import advance, lock_case
from detector.review.guards.actions import (
    LIFT,
    PENDING,
    is_worth_a_try,
    newest_restrictions,
)
from detector.review.move import Given
from detector.review.tell import tell
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import ActionRow

WAITING = ("requested", "sent", "failed")
"""States of an action that can be acknowledged."""
EVENTS = {"applied": "applied", "failed": "action_failed", "gone": "gone"}
GONE = "The marketplace says that the listing has ended."


class Outcome(StrEnum):
    """What became of an action."""

    APPLIED = "applied"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the marketplace says.

    Attributes:
        outcome: what became of it; `applied` of a lift means that it is lifted.
        error: why it failed.
        external_id: the marketplace's own of what it did.
    """

    outcome: Outcome
    error: str | None = None
    external_id: str | None = None


def acknowledge(
    session: Session,
    action_id: str,
    told: Acknowledgement,
    *,
    actor: Actor,
    at: datetime,
) -> ActionRow:
    """Write down what became of an action; the case goes on accordingly.

    The same once more changes nothing.

    Args:
        session: that writes.
        action_id: of an action that the marketplace was asked for.
        told: what it says.
        actor: the marketplace.
        at: when.

    Raises:
        Unknown: there is none, or none of this marketplace.
        Refused: something else became of it already, or nobody asks for it any more.
    """
    found = find_action(session, action_id, marketplace=actor.marketplace)
    session.get_one(ListingRow, found.listing_id, with_for_update={"key_share": True})
    case = lock_case(session, found.case_id, actor)
    action = session.get_one(
        ActionRow, action_id, with_for_update=True, populate_existing=True
    )
    if _was_said(action, told.outcome):
        return action
    if action.state not in WAITING:
        raise _too_late(action)
    if told.outcome is not Outcome.FAILED:
        action.ended_at, action.error = at, None
        action.external_id = told.external_id
    if action.kind == LIFT:
        _end_lift(session, case, action, told, actor, at)
    else:
        _end_restriction(session, case, action, told, actor, at)
    session.flush()
    return action


def _was_said(action: ActionRow, outcome: Outcome) -> bool:
    """Say whether the same was acknowledged before."""
    is_applied = action.state in ("applied", "lifted")
    return {
        Outcome.APPLIED: is_applied,
        Outcome.FAILED: action.state == "failed",
        Outcome.GONE: action.state == "superseded" and action.error == GONE,
    }[outcome]


def _too_late(action: ActionRow) -> Refused:
    if action.state == "superseded":
        return Refused(
            f"Nobody asks for the action {action.id} any more.",
            remedy="Undo what was done for it, and see which actions wait: "
            "GET /v1/actions?waiting=true.",
        )
    return Refused(
        f"The action {action.id} is {action.state} already.",
        remedy="If that is wrong, tell the people of the platform.",
    )


def _end_lift(
    session: Session,
    case: CaseRow,
    action: ActionRow,
    told: Acknowledgement,
    actor: Actor,
    at: datetime,
) -> None:
    given = Given(data={"action_id": action.id})
    if told.outcome is Outcome.FAILED:
        _note_failure(action, told)
        session.flush()
        advance(session, case.id, "lift_failed", actor=actor, at=at, given=given)
        return
    restriction = session.get_one(ActionRow, action.lifts_id)
    if restriction.state == "applied":
        restriction.state, restriction.ended_at = "lifted", at
    action.state = "lifted"
    if told.outcome is Outcome.GONE:  # what has ended needs no lift
        action.state, action.error = "superseded", GONE
    session.flush()
    advance(session, case.id, "lifted", actor=actor, at=at, given=given)


def _end_restriction(
    session: Session,
    case: CaseRow,
    action: ActionRow,
    told: Acknowledgement,
    actor: Actor,
    at: datetime,
) -> None:
    others = {
        other.state
        for other in newest_restrictions(session, case.id)
        if other.id != action.id and other.state in (*PENDING, "applied")
    }
    event = EVENTS[told.outcome]
    if told.outcome is Outcome.APPLIED:
        action.state = "applied"
    elif told.outcome is Outcome.GONE:
        action.state, action.error = "superseded", GONE
    else:
        _note_failure(action, told)
    session.flush()
    is_left = told.outcome is Outcome.GONE or not is_worth_a_try(action)
    if others and is_left:
        # The case goes on without the listing; one that could not be restricted is
        # for a lead.
        if told.outcome is Outcome.GONE:
            take_out(session, case, action.listing_id, at=at)
        else:
            action.state, action.ended_at = "superseded", at
            part(session, case, action.listing_id, at=at)
            extra = {"action": describe_action(session, action)}
            tell(session, EventType.ACTION_FAILED, case, extra)
        if others != {"applied"}:
            return
        event = EVENTS[Outcome.APPLIED]
    by = SYSTEM if is_left and others else actor
    given = Given(data={"action_id": action.id})
    advance(session, case.id, event, actor=by, at=at, given=given)


def _note_failure(action: ActionRow, told: Acknowledgement) -> None:
    action.state, action.error = "failed", told.error or "The marketplace named none."
    action.num_failures += 1

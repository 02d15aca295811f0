"""Guards about who: what they hold, and what they have said before."""

from sqlalchemy import select

from detector.review.guards.refusal import Refusal
from detector.review.move import Move
from detector.review.workflow import Party
from detector.store.case_tables import DecisionRow
from detector.store.takedown_tables import AppealRow

LEADS = "leads"
"""The queue of what only a lead takes."""


def holds_lease(move: Move) -> Refusal | None:
    """Ask for the token of a lease that has not ended."""
    case = move.case
    is_held = case.leased_until is not None and case.leased_until > move.at
    if (
        is_held
        and case.leased_by == move.actor.id
        and case.lease_token == move.given.lease_token
    ):
        return None
    return Refusal(
        "The case is not, or no longer, held with this lease.",
        "Claim it, and send the lease token that the answer names.",
    )


def lease_is_over(move: Move) -> Refusal | None:
    """Ask that the lease has ended."""
    until = move.case.leased_until
    if until is not None and until <= move.at:
        return None
    return Refusal("The lease has not ended.", "Wait until it has.")


def is_free(move: Move) -> Refusal | None:
    """Ask that nobody holds it."""
    until = move.case.leased_until
    if until is None or until <= move.at:
        return None
    return Refusal("Somebody else works on it.", "Take another one.")


def may_work_queue(move: Move) -> Refusal | None:
    """Ask for a lead where the case waits for one."""
    if move.case.queue == LEADS and move.actor.party is not Party.LEAD:
        return Refusal("The case waits for a lead.", "Take another one.")
    return None


def is_person(move: Move) -> Refusal | None:
    """Ask for somebody who has logged in.

    No program restricts anything, nor decides an appeal: whether the person behind it
    decided the case before is not known.
    """
    if move.actor.is_person:
        return None
    return Refusal(
        "It takes a person; this is a program's key.",
        "Log in, and decide with the session's token.",
    )


def opinions(move: Move) -> list[DecisionRow]:
    """List the decisions that were made, of whatever state, the oldest first."""
    query = (
        select(DecisionRow)
        .where(
            DecisionRow.case_id == move.case.id,
            DecisionRow.id != (move.given.decision_id or ""),
        )
        .order_by(DecisionRow.decided_at, DecisionRow.id)
    )
    return list(move.session.scalars(query))


def standing_decisions(move: Move) -> list[DecisionRow]:
    """List the opinions that hold, or wait for a second one; the newest first."""
    query = (
        select(DecisionRow)
        .where(
            DecisionRow.case_id == move.case.id,
            DecisionRow.state.in_(("pending", "effective")),
        )
        .order_by(
            DecisionRow.decided_at.desc(),
            DecisionRow.opinion.desc(),
            DecisionRow.id.desc(),
        )
    )
    return list(move.session.scalars(query))


def standing_decision(move: Move) -> DecisionRow | None:
    """Find the decision that holds, or waits for a second opinion; the newest."""
    return next(iter(standing_decisions(move)), None)


def gave_no_opinion(move: Move) -> Refusal | None:
    """Ask for somebody else than who gave the first opinion."""
    pending = [row for row in opinions(move) if row.state == "pending"]
    if all(row.decided_by != move.actor.id for row in pending):
        return None
    return Refusal(
        "The second opinion has to be somebody else's.", "Leave it to a colleague."
    )


def never_decided(move: Move) -> Refusal | None:
    """Ask for somebody who never decided the case, nor an appeal in it."""
    of_appeals = select(AppealRow.decided_by).where(AppealRow.case_id == move.case.id)
    deciders = {row.decided_by for row in opinions(move)}
    if move.actor.id not in deciders.union(move.session.scalars(of_appeals)):
        return None
    return Refusal(
        "Whoever decided a case does not decide the appeal.",
        "Leave it to a colleague.",
    )


def is_decider_or_lead(move: Move) -> Refusal | None:
    """Ask for whoever decided, or a lead."""
    decision = standing_decision(move)
    is_own = decision is not None and decision.decided_by == move.actor.id
    if is_own or move.actor.party is Party.LEAD:
        return None
    return Refusal("Somebody else decided it.", "They, or a lead, can undo it.")


def has_decider(move: Move) -> Refusal | None:
    """Ask that a person has decided."""
    if standing_decision(move) is not None:
        return None
    return Refusal("Nobody has decided it.", "Decide it first.")

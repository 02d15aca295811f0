"""Guards about how far it has come: what was sent, told, lifted, appealed."""

from sqlalchemy import exists, func, select

from detector.review.corroboration import has_live_notice
from detector.review.guards.people import standing_decision
from detector.review.guards.refusal import Refusal
from detector.review.move import Move
from detector.store.case_tables import CaseListingRow
from detector.store.listing_tables import FlagRow
from detector.store.takedown_tables import (
    ActionRow,
    AppealRow,
    NoticeItemRow,
    StatementRow,
)

SENT = ("requested", "sent", "applied", "failed")
"""States of an action that the marketplace knows of."""
COMPLAINT = "notifier_complaint"


def _actions(move: Move, *states: str) -> int:
    query = select(func.count()).where(
        ActionRow.case_id == move.case.id, ActionRow.state.in_(states)
    )
    return move.session.scalar(query) or 0


def something_was_sent(move: Move) -> Refusal | None:
    """Ask that the marketplace knows of an action."""
    if _actions(move, *SENT):
        return None
    return Refusal("Nothing has been sent yet.", "Undo it.")


def nothing_was_sent(move: Move) -> Refusal | None:
    """Ask that nobody outside knows of the decision."""
    decision = standing_decision(move)
    is_told = decision is not None and decision.told_at is not None
    if not is_told and not _actions(move, *SENT):
        return None
    return Refusal(
        "It is too late to undo: others have been told.",
        "A lead can revoke it, which lifts what was restricted.",
    )


def was_told(move: Move) -> Refusal | None:
    """Ask that a decision to do nothing has been told."""
    if move.case.closure not in ("no_action", "duplicate"):
        return None
    decision = standing_decision(move)
    if decision is None or decision.told_at is not None:
        return None
    return Refusal("The decision has not been told yet.", "Undo it, or wait for it.")


def statement_is_ready(move: Move) -> Refusal | None:
    """Ask for a statement of reasons for each restriction."""
    is_said = exists().where(StatementRow.action_id == ActionRow.id)
    query = select(func.count()).where(
        ActionRow.case_id == move.case.id,
        ActionRow.kind == "restrict",
        ActionRow.state.in_(("requested", "sent", "applied")),
        ~is_said,
    )
    if not move.session.scalar(query):
        return None
    return Refusal("There is no statement of reasons yet.", "Try again in a moment.")


def all_lifted(move: Move) -> Refusal | None:
    """Ask that no lift is left to be done."""
    query = select(func.count()).where(
        ActionRow.case_id == move.case.id,
        ActionRow.kind == "lift",
        ActionRow.state.in_(("scheduled", "requested", "sent", "failed")),
    )
    if not move.session.scalar(query):
        return None
    return Refusal("Not all of it is lifted.", "Acknowledge the other lifts, too.")


def no_other_ground(move: Move) -> Refusal | None:
    """Ask that neither flag nor notice speaks for the case."""
    has_flag = move.session.scalar(
        select(FlagRow.id)
        .join(CaseListingRow, CaseListingRow.flag_id == FlagRow.id)
        .where(CaseListingRow.case_id == move.case.id, FlagRow.state == "open")
        .limit(1)
    )
    if has_flag is None and not has_live_notice(move.session, move.case.id):
        return None
    return Refusal("Something else speaks for the case.", "It goes on.")


def gave_notice(move: Move) -> Refusal | None:
    """Ask for a notice about the case."""
    query = (
        select(NoticeItemRow.notice_id)
        .where(NoticeItemRow.case_id == move.case.id)
        .limit(1)
    )
    if move.session.scalar(query) is not None:
        return None
    return Refusal("The brand gave no notice about it.", "Give notice.")


def live_appeal(move: Move) -> AppealRow | None:
    """Find the appeal that is being dealt with."""
    query = (
        select(AppealRow)
        .where(
            AppealRow.case_id == move.case.id,
            AppealRow.state.in_(("received", "forwarded", "in_review")),
        )
        .order_by(AppealRow.received_at.desc())
        .limit(1)
    )
    return move.session.scalar(query)


def seller_appealed(move: Move) -> Refusal | None:
    """Ask that the appeal is the seller's."""
    appeal = live_appeal(move)
    if appeal is not None and appeal.kind != COMPLAINT:
        return None
    return Refusal("It was not the seller who appealed.", "")


def claimant_appealed(move: Move) -> Refusal | None:
    """Ask that the appeal is that of whoever gave notice."""
    appeal = live_appeal(move)
    if appeal is not None and appeal.kind == COMPLAINT:
        return None
    return Refusal("It was not whoever gave notice who appealed.", "")


def no_other_open(move: Move) -> Refusal | None:
    """Ask that no other case about the listings is open."""
    mine = select(CaseListingRow.listing_id).where(
        CaseListingRow.case_id == move.case.id
    )
    other = move.session.scalar(
        select(CaseListingRow.case_id)
        .where(
            CaseListingRow.listing_id.in_(mine),
            CaseListingRow.brand_id == move.case.brand_id,
            CaseListingRow.case_id != move.case.id,
            CaseListingRow.is_open,
        )
        .limit(1)
    )
    if other is None:
        return None
    return Refusal(f"The case {other} about it is open.", "Go on with that one.")

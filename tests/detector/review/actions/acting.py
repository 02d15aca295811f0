"""Restricts listings and acknowledges actions; each call is a transaction."""

from collections.abc import Sequence

from sqlalchemy import select

from detector.review.actions.acknowledge import Acknowledgement, Outcome, acknowledge
from detector.review.actions.dispatch import dispatch
from detector.review.actor import Actor
from detector.store.case_tables import DeadlineRow
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import ActionRow, StatementRow
from tests.detector.review.decisions.deciding import counterfeit, settle, speak_for
from tests.detector.review.review_world import MARKET, MKT, Cases


def decided(cases: Cases, *names: str) -> str:
    """Open a case about listings of one seller, and decide to restrict them."""
    for name in names or ("l1",):
        case_id = cases.open(name, picture="same")
    speak_for(cases, case_id)
    settle(cases, case_id, counterfeit(cases))
    return case_id


def send(cases: Cases, case_id: str, **delta: float) -> None:
    """Let time pass, and the service send what is due."""
    cases.later(**(delta or {"seconds": 31}))
    with cases.database.write() as session:
        dispatch(session, case_id, cases.now)


def sent(cases: Cases, *names: str) -> str:
    """Decide a case and let the marketplace be asked."""
    case_id = decided(cases, *names)
    send(cases, case_id)
    return case_id


def actions(cases: Cases, case_id: str, kind: str = "restrict") -> list[ActionRow]:
    """List the actions of a case in the order of their listings."""
    with cases.database.read() as session:
        query = select(ActionRow).where(
            ActionRow.case_id == case_id, ActionRow.kind == kind
        )
        return list(session.scalars(query.order_by(ActionRow.listing_id)))


def action_of(cases: Cases, case_id: str, name: str = "l1") -> ActionRow:
    """Find the newest restriction of a listing."""
    listing_id = f"lst_{MARKET}_{name}"
    found = [a for a in actions(cases, case_id) if a.listing_id == listing_id]
    return max(found, key=lambda action: action.created_at)


def say(
    cases: Cases,
    action: ActionRow | str,
    outcome: Outcome = Outcome.APPLIED,
    actor: Actor = MKT,
    **told: str,
) -> ActionRow:
    """Acknowledge an action."""
    id = action if isinstance(action, str) else action.id
    with cases.database.write() as session:
        acknowledge(
            session, id, Acknowledgement(outcome, **told), actor=actor, at=cases.now
        )
    with cases.database.read() as session:
        return session.get_one(ActionRow, id)


def outcome(cases: Cases, case_id: str) -> str:
    """Say where a case has come to."""
    case = cases.case(case_id)
    return case.state if case.closure is None else f"{case.state}:{case.closure}"


def statements(cases: Cases, case_id: str) -> list[StatementRow]:
    with cases.database.read() as session:
        query = select(StatementRow).where(StatementRow.case_id == case_id)
        return list(session.scalars(query.order_by(StatementRow.id)))


def clocks(cases: Cases, case_id: str) -> Sequence[tuple[str, str]]:
    """List the clocks that run: kind and subject."""
    with cases.database.read() as session:
        query = select(DeadlineRow).where(
            DeadlineRow.case_id == case_id, DeadlineRow.state == "running"
        )
        return sorted((row.kind, row.subject_id) for row in session.scalars(query))


def end_listing(cases: Cases, name: str) -> None:
    """Let a listing be deleted."""
    with cases.database.write() as session:
        session.get_one(ListingRow, f"lst_{MARKET}_{name}").state = "deleted"

"""Cases that are restricted, and appeals against that."""

from typing import Any

from sqlalchemy import select

from detector.review.actor import Actor
from detector.review.appeals.appeal import AppealKind, GivenAppeal
from detector.review.appeals.decide import take_appeal
from detector.review.appeals.receive import receive_appeal
from detector.store.event_tables import EventRow
from detector.store.takedown_tables import AppealRow
from tests.detector.review.actions.acting import action_of, decided, say, send
from tests.detector.review.review_world import APP, MKT, Cases

WHY = "I bought it in the brand's own store; here is the receipt."
CONTACT = {"name": "Sam", "address": "1 Main St", "phone": "1", "signature": "/s/ Sam"}
LAWFUL = ("truth", "perjury", "jurisdiction")
BECAUSE = "The receipt shows that the goods are genuine."


def restricted(cases: Cases, regime: str = "EU-DSA") -> str:
    """Restrict a listing, as far as the marketplace says so."""
    cases.set_policy(regime=regime, second_review_share=0, second_review_tiers=[])
    case_id = decided(cases)
    send(cases, case_id)
    say(cases, action_of(cases, case_id))
    assert cases.case(case_id).state == "actioned"
    return case_id


def complaint(kind: str = "seller_complaint", **given: Any) -> GivenAppeal:
    return GivenAppeal(
        **{
            "kind": AppealKind(kind),
            "grounds": "genuine_second_hand",
            "explanation": WHY,
            "signed": ("truth",),
            **given,
        }
    )


def appeal(
    cases: Cases, case_id: str, given: GivenAppeal | None = None, actor: Actor = MKT
) -> AppealRow:
    with cases.database.write() as session:
        id = receive_appeal(
            session, case_id, given or complaint(), actor=actor, at=cases.now
        ).id
    return row(cases, id)


def row(cases: Cases, appeal_id: str) -> AppealRow:
    with cases.database.read() as session:
        return session.get_one(AppealRow, appeal_id)


def take(cases: Cases, appeal_id: str, actor: Actor = APP) -> str:
    with cases.database.write() as session:
        case = take_appeal(session, appeal_id, actor=actor, at=cases.now)
        assert case.lease_token is not None
        return case.lease_token


def decide(cases: Cases, verb: Any, appeal_id: str, **given: Any) -> None:
    with cases.database.write() as session:
        verb(
            session,
            appeal_id,
            **{"actor": APP, "at": cases.now, "answer": BECAUSE, **given},
        )


def outcome_told(cases: Cases) -> Any:
    with cases.database.read() as session:
        query = select(EventRow).where(EventRow.type == "appeal.decided")
        return session.scalars(query).one().data

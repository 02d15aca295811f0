"""Decides cases as people do, each time in a transaction of its own."""

from detector.review.actor import Actor
from detector.review.decisions.decide import (
    Kind,
    Opinion,
    Verdict,
    decide,
    give_second_opinion,
)
from detector.store.case_tables import CaseRow, DecisionRow
from tests.detector.review.review_world import ANN, Cases

REPLICA = {"value": ["replica"], "direction": "supports", "text": "It says replica."}
NOTHING = Opinion(Kind.NO_ACTION, "different_product", note="Another bag.")


def counterfeit(cases: Cases, brand: str = "acme") -> Opinion:
    """The opinion that it bears the mark, with a right of the brand."""
    return Opinion(Kind.RESTRICT, "counterfeit_mark", right_id=cases.add_right(brand))


def speak_for(cases: Cases, *case_ids: str) -> None:
    """Let more than likeness speak for cases."""
    with cases.database.write() as session:
        for case_id in case_ids:
            case = session.get_one(CaseRow, case_id)
            case.signals = {**case.signals, "replica_words": REPLICA}


def settle(
    cases: Cases,
    case_id: str,
    opinion: Opinion,
    actor: Actor = ANN,
    *,
    version: int | None = None,
) -> Verdict:
    """Claim a case and decide it."""
    token = cases.claim(case_id, actor)
    with cases.database.write() as session:
        verdict = decide(
            session,
            case_id,
            opinion,
            actor=actor,
            at=cases.now,
            lease_token=token,
            version=version,
        )
        decision_id = verdict.decision.id
    return seen(cases, decision_id)


def second(cases: Cases, case_id: str, opinion: Opinion, actor: Actor) -> Verdict:
    """Claim a case for a second opinion, and give it."""
    token = cases.claim(case_id, actor)
    with cases.database.write() as session:
        verdict = give_second_opinion(
            session,
            case_id,
            opinion,
            actor=actor,
            at=cases.now,
            lease_token=token,
        )
        decision_id = verdict.decision.id
    return seen(cases, decision_id)


def seen(cases: Cases, decision_id: str) -> Verdict:
    """Read a decision, and its case, as they were committed."""
    with cases.database.read() as session:
        row = session.get_one(DecisionRow, decision_id)
        return Verdict(row, session.get_one(CaseRow, row.case_id))

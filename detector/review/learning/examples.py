"""Decided cases as examples: how similar it was, and whether it was confirmed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.learning.outcome import read_outcomes
from detector.store.case_tables import CaseRow


@dataclass(frozen=True, slots=True)
class Example:
    """A case that people decided.

    Attributes:
        brand_id: whose it was.
        similarity: of its strongest picture, 0..1.
        is_confirmed: whether it was restricted in the end.
        case_id: which case it is.
    """

    brand_id: str
    similarity: float
    is_confirmed: bool
    case_id: str = ""


def read_examples(session: Session) -> list[Example]:
    """Read all decided cases that began with a match, in a fixed order."""
    similarity = CaseRow.basis["similarity"].as_float()
    query = select(CaseRow.id, CaseRow.brand_id, similarity).where(
        similarity.is_not(None)
    )
    cases = session.execute(query.order_by(CaseRow.opened_at, CaseRow.id)).all()
    outcomes = read_outcomes(session, [id for id, _, _ in cases])
    return [
        Example(brand_id, float(value), outcomes[id], id)
        for id, brand_id, value in cases
        if id in outcomes
    ]

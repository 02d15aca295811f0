"""What a case came to, as far as it teaches anything."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.review.learning.rules import read_rules
from detector.store.case_tables import DecisionRow

TAUGHT = ("effective", "overturned")
"""States of decisions that say what was found in the end."""


def read_outcomes(session: Session, case_ids: Iterable[str]) -> dict[str, bool]:
    """Say which cases were confirmed, and which were not.

    The newest decision counts; one that was overturned says the opposite. Cases whose
    decision says nothing about the picture are left out.
    """
    found: dict[str, bool] = {}
    silent = read_rules().says_nothing
    for some in chunks(sorted(set(case_ids))):
        query = (
            select(DecisionRow)
            .where(DecisionRow.case_id.in_(some), DecisionRow.state.in_(TAUGHT))
            .order_by(DecisionRow.decided_at, DecisionRow.id)
        )
        for row in session.scalars(query):
            found.pop(row.case_id, None)
            if row.reason_code not in silent:
                is_restriction = row.kind == "restrict"
                found[row.case_id] = is_restriction == (row.state == "effective")
    return found

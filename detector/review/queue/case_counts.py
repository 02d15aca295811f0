"""How many cases stand how, as somebody sees them."""

from dataclasses import dataclass

from sqlalchemy import case, func, null, select
from sqlalchemy.orm import Session

from detector.review.queue.scope import Scope
from detector.review.workflow import CLOSED
from detector.store.case_tables import CaseRow


@dataclass(frozen=True, slots=True)
class CaseCount:
    """How many cases are in a state.

    Attributes:
        state: as whoever looks is told.
        closure: how they are closed; None while they are not.
        count: of them.
    """

    state: str
    closure: str | None
    count: int


def count_cases(
    session: Session, *, scope: Scope, brand_id: str | None = None
) -> list[CaseCount]:
    """Count cases by state and closure.

    Args:
        session: to read with.
        scope: whose are seen.
        brand_id: only those of this brand; None for all.
    """
    state = scope.state()
    closure = case((state == CLOSED, CaseRow.closure), else_=null())
    told = select(state.label("state"), closure.label("closure")).where(scope.covers())
    if brand_id is not None:
        told = told.where(CaseRow.brand_id == brand_id)
    seen = told.subquery()
    query = (
        select(seen.c.state, seen.c.closure, func.count())
        .group_by(seen.c.state, seen.c.closure)
        .order_by(seen.c.state, seen.c.closure)
    )
    return [CaseCount(*row) for row in session.execute(query)]

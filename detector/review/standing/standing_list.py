"""Changes of standing, listed for those whom they concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.standing.conditions import Condition, list_conditions
from detector.review.standing.evaluate import measure_subject
from detector.review.standing.metrics import Figures
from detector.review.standing.rules import find_shortfall, read_rules
from detector.review.standing.tier import Subject, read_standing
from detector.store.paging import SortKey, page
from detector.store.standing_tables import StandingRow


@dataclass(frozen=True, slots=True)
class StandingView:
    """Where a brand stands.

    Attributes:
        row: the newest change; None if there never was one.
        figures: over the window that ends now.
        shortfall: what is missing to earn trust; None if nothing is.
        conditions: what each tier asks for.
    """

    row: StandingRow | None
    figures: Figures
    shortfall: str | None
    conditions: Sequence[Condition]


def show_standing(session: Session, brand_id: str, *, at: datetime) -> StandingView:
    """Say where a brand stands, by the figures as they are now."""
    figures, rules = measure_subject(session, Subject.BRAND, brand_id, at), read_rules()
    row = read_standing(session, Subject.BRAND, brand_id)
    return StandingView(
        row,
        figures,
        find_shortfall(figures, rules),
        list_conditions(
            figures, rules, at=at, locked_until=row.locked_until if row else None
        ),
    )


def list_standing(
    session: Session,
    *,
    subject: str | None,
    subject_id: str | None = None,
    brand_id: str | None,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[StandingRow], str | None]:
    """List changes in pages, in the order in which they came.

    Args:
        session: to read with.
        subject: only of these; None for all.
        subject_id: only of this one; None for all.
        brand_id: the only brand whose changes are seen; None sees everybody's.
        cursor: after which the page begins.
        limit: most to return.
        newest_first: begin with the newest change.
    """
    query = select(StandingRow)
    if subject is not None:
        query = query.where(StandingRow.subject == subject)
    if subject_id is not None:
        query = query.where(StandingRow.subject_id == subject_id)
    if brand_id is not None:
        query = query.where(
            StandingRow.subject == Subject.BRAND, StandingRow.subject_id == brand_id
        )
    keys: list[SortKey] = [StandingRow.created_at, StandingRow.id]
    return page(
        session,
        query,
        keys=keys,
        cursor=cursor,
        limit=limit,
        is_descending=newest_first,
    )

"""Changes of standing, listed for those whom they concern."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

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
    """

    row: StandingRow | None
    figures: Figures
    shortfall: str | None


def show_standing(session: Session, brand_id: str, *, at: datetime) -> StandingView:
    """Say where a brand stands, by the figures as they are now."""
    figures = measure_subject(session, Subject.BRAND, brand_id, at)
    return StandingView(
        read_standing(session, Subject.BRAND, brand_id),
        figures,
        find_shortfall(figures, read_rules()),
    )


def list_standing(
    session: Session,
    *,
    subject: str | None,
    brand_id: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[StandingRow], str | None]:
    """List changes in pages, in the order in which they came.

    Args:
        session: to read with.
        subject: only of these; None for all.
        brand_id: the only brand whose changes are seen; None sees everybody's.
        cursor: after which the page begins.
        limit: most to return.
    """
    query = select(StandingRow)
    if subject is not None:
        query = query.where(StandingRow.subject == subject)
    if brand_id is not None:
        query = query.where(
            StandingRow.subject == Subject.BRAND, StandingRow.subject_id == brand_id
        )
    keys: list[SortKey] = [StandingRow.created_at, StandingRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)

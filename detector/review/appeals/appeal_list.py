"""Appeals, listed for those whom they concern."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from detector.review.appeals.appeal import AppealKind
from detector.review.appeals.receive import is_shown, unknown_appeal
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow
from detector.store.takedown_tables import AppealRow


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal, and what it is about."""

    row: AppealRow
    case: CaseRow
    listing: ListingRow
    brand: BrandRow


@dataclass(frozen=True, slots=True)
class AppealFilter:
    """Which appeals are wanted; None leaves all.

    Attributes:
        state: of the appeal.
        case_id: that it is about.
        brand_id: that looks: it sees its own complaints and what was forwarded to it.
        marketplace: that looks.
    """

    state: str | None = None
    case_id: str | None = None
    brand_id: str | None = None
    marketplace: str | None = None


def find_appeal(
    session: Session, appeal_id: str, *, brand_id: str | None, marketplace: str | None
) -> AppealView:
    """Look an appeal up.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.get(AppealRow, appeal_id)
    case = None if row is None else session.get_one(CaseRow, row.case_id)
    if (
        row is None
        or case is None
        or brand_id not in (None, case.brand_id)
        or marketplace not in (None, case.marketplace)
        or not is_shown(row, brand_id)
    ):
        raise unknown_appeal(appeal_id)
    return _view(session, row)


def list_appeals(
    session: Session, wanted: AppealFilter, *, cursor: str | None, limit: int
) -> tuple[list[AppealView], str | None]:
    """List appeals in pages, in the order in which they came."""
    query = select(AppealRow).join(CaseRow, CaseRow.id == AppealRow.case_id)
    for column, value in (
        (AppealRow.state, wanted.state),
        (AppealRow.case_id, wanted.case_id),
        (CaseRow.brand_id, wanted.brand_id),
        (CaseRow.marketplace, wanted.marketplace),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.brand_id is not None:
        query = query.where(
            or_(
                AppealRow.kind == AppealKind.NOTIFIER_COMPLAINT.value,
                AppealRow.forwarded_at.is_not(None),
            )
        )
    keys: list[SortKey] = [AppealRow.received_at, AppealRow.id]
    rows, next_cursor = page(session, query, keys=keys, cursor=cursor, limit=limit)
    return [_view(session, row) for row in rows], next_cursor


def _view(session: Session, row: AppealRow) -> AppealView:
    case = session.get_one(CaseRow, row.case_id)
    return AppealView(
        row,
        case,
        session.get_one(ListingRow, case.listing_id),
        session.get_one(BrandRow, case.brand_id),
    )

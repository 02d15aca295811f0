"""Notices, listed for those whom they concern."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.notices.give import unknown_notice
from detector.store.paging import SortKey, page
from detector.store.takedown_tables import NoticeItemRow, NoticeRow


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice with its items, in their order."""

    row: NoticeRow
    items: tuple[NoticeItemRow, ...]


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices are wanted; None leaves all."""

    state: str | None = None
    brand_id: str | None = None
    marketplace: str | None = None


def find_notice(
    session: Session,
    notice_id: str,
    *,
    brand_id: str | None = None,
    marketplace: str | None = None,
) -> NoticeView:
    """Look a notice up.

    Args:
        session: to read with.
        notice_id: of the notice.
        brand_id: the only one whose notices are seen; None sees all.
        marketplace: likewise.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.get(NoticeRow, notice_id)
    if (
        row is None
        or brand_id not in (None, row.brand_id)
        or marketplace not in (None, row.marketplace)
    ):
        raise unknown_notice(notice_id)
    return _view(session, row)


def list_notices(
    session: Session,
    wanted: NoticeFilter,
    *,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[NoticeView], str | None]:
    """List notices in pages, in the order in which they came, or the other way."""
    query = select(NoticeRow)
    for column, value in (
        (NoticeRow.state, wanted.state),
        (NoticeRow.brand_id, wanted.brand_id),
        (NoticeRow.marketplace, wanted.marketplace),
    ):
        if value is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [NoticeRow.received_at, NoticeRow.id]
    rows, next_cursor = page(
        session,
        query,
        keys=keys,
        cursor=cursor,
        limit=limit,
        is_descending=newest_first,
    )
    return [_view(session, row) for row in rows], next_cursor


def _view(session: Session, row: NoticeRow) -> NoticeView:
    items = session.scalars(
        select(NoticeItemRow)
        .where(NoticeItemRow.notice_id == row.id)
        .order_by(NoticeItemRow.position)
    )
    return NoticeView(row, tuple(items))

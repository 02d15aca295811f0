"""Statements, to be read: one, or a list in pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.store.paging import SortKey, page
from detector.store.takedown_tables import StatementRow


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which statements are wanted; None leaves all.

    Attributes:
        state: they are in.
        case_id: of the case.
        marketplace: whose sellers are told.
        updated_since: changed then or later; the oldest change comes first.
    """

    state: str | None = None
    case_id: str | None = None
    marketplace: str | None = None
    updated_since: datetime | None = None


def list_statements(
    session: Session,
    wanted: StatementFilter,
    *,
    marketplace: str | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[StatementRow], str | None]:
    """List statements in pages.

    Args:
        session: to read with.
        wanted: which.
        marketplace: that looks; None for the platform.
        cursor: what came with the page before.
        limit: most to return.
    """
    query = select(StatementRow)
    for column, value in (
        (StatementRow.marketplace, marketplace),
        (StatementRow.state, wanted.state),
        (StatementRow.case_id, wanted.case_id),
        (StatementRow.marketplace, wanted.marketplace),
    ):
        if value is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [StatementRow.id]
    if wanted.updated_since is not None:
        query = query.where(StatementRow.updated_at >= wanted.updated_since)
        keys = [StatementRow.updated_at, StatementRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def find_statement(
    session: Session, statement_id: str, *, marketplace: str | None
) -> StatementRow:
    """Look a statement up.

    Raises:
        Unknown: there is none, or it is another marketplace's.
    """
    row = session.get(StatementRow, statement_id)
    if row is None or marketplace not in (None, row.marketplace):
        raise Unknown(
            f"There is no statement {statement_id[:100]!r}.",
            remedy="GET /v1/statements lists those that this key sees.",
        )
    return row

"""Cases, to be read: one, or a list in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.review.queue.scope import Scope
from detector.review.workflow import CLOSED, OPEN
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.listing_tables import ListingRow
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow

UNDECIDED = (OPEN, "claimed", "awaiting_brand", "awaiting_second")


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as somebody sees it.

    Attributes:
        row: as stored.
        state: it is in, as far as they are told.
        listing: that it is about, or the first of them.
        brand: whose right may be infringed.
        decisions: that they may know of, the oldest first.
    """

    row: CaseRow
    state: str
    listing: ListingRow
    brand: BrandRow
    decisions: Sequence[DecisionRow]

    @property
    def decision(self) -> DecisionRow | None:
        """The newest one that holds, or waits for a second opinion."""
        held = [row for row in self.decisions if row.state in ("pending", "effective")]
        return held[-1] if held else None

    @property
    def closure(self) -> str | None:
        """How it is closed, as far as they are told."""
        return self.row.closure if self.state == CLOSED else None


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted; None leaves all.

    Attributes:
        state: as the caller sees it.
        closure: how it is closed.
        queue: where it waits.
        brand_id: whose right may be infringed.
        marketplace: that the listing is on.
        seller_id: who lists it.
        cluster_id: of the picture.
        listing_id: our id of the listing.
        leased_by: who works on it.
        updated_since: changed then or later; the oldest change comes first.
        by_deadline: what is due soonest comes first, of what waits to be decided.
        newest_change_first: what changed last comes first.
    """

    state: str | None = None
    closure: str | None = None
    queue: str | None = None
    brand_id: str | None = None
    marketplace: str | None = None
    seller_id: str | None = None
    cluster_id: str | None = None
    listing_id: str | None = None
    leased_by: str | None = None
    updated_since: datetime | None = None
    by_deadline: bool = False
    newest_change_first: bool = False


def list_cases(
    session: Session,
    wanted: CaseFilter,
    *,
    scope: Scope,
    cursor: str | None,
    limit: int,
) -> tuple[list[CaseView], str | None]:
    """List cases in pages.

    Args:
        session: to read with.
        wanted: which.
        scope: whose are seen.
        cursor: what came with the page before.
        limit: most to return.
    """
    query = select(CaseRow).where(scope.covers())
    for column, value in (
        (scope.state(), wanted.state),
        (CaseRow.closure, wanted.closure),
        (CaseRow.queue, wanted.queue),
        (CaseRow.brand_id, wanted.brand_id),
        (CaseRow.marketplace, wanted.marketplace),
        (CaseRow.seller_id, wanted.seller_id),
        (CaseRow.cluster_id, wanted.cluster_id),
        (CaseRow.listing_id, wanted.listing_id),
        (CaseRow.leased_by, wanted.leased_by),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.closure is not None:
        query = query.where(scope.state() == CLOSED)
    keys: list[SortKey] = [CaseRow.id]
    if wanted.updated_since is not None:
        query = query.where(CaseRow.updated_at >= wanted.updated_since)
        keys = [CaseRow.updated_at, CaseRow.id]
    elif wanted.by_deadline:
        query = query.where(CaseRow.state.in_(UNDECIDED), CaseRow.due_at.is_not(None))
        keys = [CaseRow.due_at, CaseRow.id]
    elif wanted.newest_change_first:
        keys = [CaseRow.updated_at, CaseRow.id]
    rows, next_cursor = page(
        session,
        query,
        keys=keys,
        cursor=cursor,
        limit=limit,
        is_descending=wanted.newest_change_first,
    )
    return view_cases(session, rows, scope=scope), next_cursor


def find_case(session: Session, case_id: str, *, scope: Scope) -> CaseView:
    """Look a case up.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.scalar(select(CaseRow).where(CaseRow.id == case_id, scope.covers()))
    if row is None:
        raise Unknown(
            f"There is no case {case_id[:100]!r}.",
            remedy="GET /v1/cases lists those that this key sees.",
        )
    return view_cases(session, [row], scope=scope)[0]


def view_cases(
    session: Session, rows: Sequence[CaseRow], *, scope: Scope
) -> list[CaseView]:
    """Add to cases what they are about."""
    ids = [row.id for row in rows]
    found = session.execute(
        select(CaseRow.id, scope.state().label("state")).where(CaseRow.id.in_(ids))
    )
    states = {row.id: str(row.state) for row in found}
    some = ListingRow.id.in_({row.listing_id for row in rows})
    listings = {row.id: row for row in session.scalars(select(ListingRow).where(some))}
    whose = BrandRow.id.in_({row.brand_id for row in rows})
    brands = {row.id: row for row in session.scalars(select(BrandRow).where(whose))}
    made = session.scalars(
        select(DecisionRow)
        .where(DecisionRow.case_id.in_(ids))
        .order_by(DecisionRow.decided_at, DecisionRow.opinion)
    )
    decisions: dict[str, list[DecisionRow]] = {}
    for each in made:
        if scope.shows(each):
            decisions.setdefault(each.case_id, []).append(each)
    return [
        CaseView(
            row,
            states[row.id],
            listings[row.listing_id],
            brands[row.brand_id],
            decisions.get(row.id, []),
        )
        for row in rows
    ]

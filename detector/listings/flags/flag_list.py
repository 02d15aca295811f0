"""Flags, to be read: one, or a list in pages."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag with what it is about.

    Attributes:
        row: as stored.
        listing: that is flagged.
        brand: whose pictures it resembles.
    """

    row: FlagRow
    listing: ListingRow
    brand: BrandRow


@dataclass(frozen=True, slots=True)
class FlagFilter:
    """Which flags are wanted; None leaves all.

    Attributes:
        state: `open`, `suppressed` or `withdrawn`.
        verdict: `review` or `match`.
        brand_id: whose pictures are resembled.
        marketplace: that the listing is on.
        listing_id: our id of the listing.
        updated_since: changed then or later; the oldest change comes first.
    """

    state: str | None = None
    verdict: str | None = None
    brand_id: str | None = None
    marketplace: str | None = None
    listing_id: str | None = None
    updated_since: datetime | None = None


def find_flag(session: Session, flag_id: str, *, marketplace: str | None) -> FlagView:
    """Look a flag up.

    Args:
        session: to read with.
        flag_id: of the flag.
        marketplace: the only one whose flags are seen; None sees all.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.get(FlagRow, flag_id)
    if row is None or marketplace not in (None, row.marketplace):
        raise Unknown(
            f"There is no flag {flag_id[:100]!r}.",
            remedy="GET /v1/flags lists those that this key sees.",
        )
    return _views(session, [row])[0]


def list_flags(
    session: Session, wanted: FlagFilter, *, cursor: str | None, limit: int
) -> tuple[list[FlagView], str | None]:
    """List flags in pages.

    Args:
        session: to read with.
        wanted: which.
        cursor: what came with the page before.
        limit: most to return.
    """
    query = select(FlagRow)
    for column, value in (
        (FlagRow.state, wanted.state),
        (FlagRow.verdict, wanted.verdict),
        (FlagRow.brand_id, wanted.brand_id),
        (FlagRow.marketplace, wanted.marketplace),
        (FlagRow.listing_id, wanted.listing_id),
    ):
        if value is not None:
            query = query.where(column == value)
    keys: list[SortKey] = [FlagRow.id]
    if wanted.updated_since is not None:
        query = query.where(FlagRow.updated_at >= wanted.updated_since)
        keys = [FlagRow.updated_at, FlagRow.id]
    rows, next_cursor = page(session, query, keys=keys, cursor=cursor, limit=limit)
    return _views(session, rows), next_cursor


def _views(session: Session, rows: list[FlagRow]) -> list[FlagView]:
    listing_ids = {row.listing_id for row in rows}
    listings = session.scalars(select(ListingRow).where(ListingRow.id.in_(listing_ids)))
    brand_ids = {row.brand_id for row in rows}
    brands = session.scalars(select(BrandRow).where(BrandRow.id.in_(brand_ids)))
    listing_of = {listing.id: listing for listing in listings}
    brand_of = {brand.id: brand for brand in brands}
    return [
        FlagView(row, listing_of[row.listing_id], brand_of[row.brand_id])
        for row in rows
    ]

"""Listings as marketplaces and reviewers see them: one, or a list in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.listings.pictures.result import PictureResult, read_results
from detector.store.listing_tables import FlagRow, ListingImageRow, ListingRow
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which listings are wanted; None leaves all."""

    marketplace: str | None = None
    state: str | None = None
    verdict: str | None = None
    seller_id: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A flag of a listing, and the brand whose it is."""

    row: FlagRow
    brand_name: str


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing with all that is known of it.

    Attributes:
        row: as stored.
        images: of its newest version, by position.
        results: hash → what was found, of those that were looked at.
        flags: the oldest first.
    """

    row: ListingRow
    images: Sequence[ListingImageRow]
    results: Mapping[str, PictureResult]
    flags: Sequence[FlagLine]


def list_listings(
    session: Session, *, wanted: ListingFilter, cursor: str | None, limit: int
) -> tuple[list[ListingRow], str | None]:
    """List listings in pages; those changed last come last if asked for."""
    query = select(ListingRow)
    for name in ("marketplace", "state", "verdict", "seller_id"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(getattr(ListingRow, name) == value)
    keys: list[SortKey] = [ListingRow.id]
    if wanted.updated_since is not None:
        query = query.where(ListingRow.updated_at >= wanted.updated_since)
        keys = [ListingRow.updated_at, ListingRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def view_listing(
    session: Session, listing_id: str, *, marketplace: str | None
) -> ListingView:
    """Look a listing up, with its pictures, their matches and its flags.

    Args:
        session: to read with.
        listing_id: our id of it.
        marketplace: that asks, and sees its own only, and no flag that was never told
            of; None sees all.

    Raises:
        Unknown: there is no such listing, or it is another marketplace's.
    """
    row = session.get(ListingRow, listing_id)
    if row is None or marketplace not in (None, row.marketplace):
        raise Unknown(
            f"There is no listing {listing_id[:100]!r}.",
            remedy="GET /v1/listings names the ids; they begin with lst_.",
        )
    images = session.scalars(
        select(ListingImageRow)
        .where(ListingImageRow.listing_id == row.id)
        .order_by(ListingImageRow.position)
    ).all()
    results = read_results(session, [i.sha256 for i in images if i.sha256 is not None])
    flags = (
        select(FlagRow, BrandRow.name)
        .join(BrandRow, BrandRow.id == FlagRow.brand_id)
        .where(FlagRow.listing_id == row.id)
        .order_by(FlagRow.created_at, FlagRow.id)
    )
    if marketplace is not None:
        flags = flags.where(FlagRow.announced_at.is_not(None))
    lines = [FlagLine(flag, name) for flag, name in session.execute(flags)]
    return ListingView(row, images, results, lines)

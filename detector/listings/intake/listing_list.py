"""Listings as marketplaces and reviewers see them: one, or a list in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.listings.flags.flag_list import FlagFilter, FlagView, list_flags
from detector.listings.pictures.result import PictureResult, read_results
from detector.store.listing_tables import ListingImageRow, ListingRow
from detector.store.paging import SortKey, page

MAX_FLAGS = 200
"""Shown of one listing: as many brands have hardly ever a picture in common with it."""


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which listings are wanted; None leaves all."""

    marketplace: str | None = None
    state: str | None = None
    verdict: str | None = None
    seller_id: str | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing with its pictures and its flags.

    Attributes:
        row: as stored.
        images: of its newest version, by position.
        results: hash → what was found, of those that were looked at.
        flags: one for each brand whose pictures it shows.
    """

    row: ListingRow
    images: Sequence[ListingImageRow]
    results: Mapping[str, PictureResult]
    flags: Sequence[FlagView]


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
        marketplace: that asks, and sees its own only; None sees all.

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
    wanted = FlagFilter(listing_id=row.id)
    flags, _ = list_flags(session, wanted, cursor=None, limit=MAX_FLAGS)
    return ListingView(row, images, results, flags)

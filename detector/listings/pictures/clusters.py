"""Clusters: one picture in many listings, who shows it, and who showed it first.

Whatever changes a cluster holds the clock `picture`: see `detector.store.clock`.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from detector.errors import Unknown
from detector.store.inserting import insert_new
from detector.store.listing_tables import (
    ListingRow,
    PictureClusterRow,
    PictureRow,
    SightingRow,
)
from detector.store.paging import page


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Who showed a picture first.

    Attributes:
        at: when its event came to us, whatever time that claimed.
        listing_id: our id of the listing.
        external_id: the marketplace's.
        marketplace: where it is listed.
        seller_id: who sold it then, if the marketplace told.
    """

    at: datetime
    listing_id: str
    external_id: str
    marketplace: str
    seller_id: str | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """One picture, recompressed and resized as may be.

    Attributes:
        id: its name; the smaller of two that turn out to be one ceases to exist.
        num_pictures: files that differ.
        num_listings: that showed it.
        first_seen: who did so first; None until the first listing is scanned.
    """

    id: str
    num_pictures: int
    num_listings: int
    first_seen: FirstSeen | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A listing that showed a picture of a cluster.

    Attributes:
        picture_sha256: which of its files.
        listing_id: our id of the listing.
        external_id: the marketplace's.
        marketplace: where it is listed.
        seller_id: who sold it, if the marketplace told.
        first_seen_at: when the event came to us by which the listing showed it first.
    """

    picture_sha256: str
    listing_id: str
    external_id: str
    marketplace: str
    seller_id: str | None
    first_seen_at: datetime


def new_cluster(session: Session) -> str:
    """Make a cluster for a picture that no known one resembles."""
    row = PictureClusterRow(
        id="clu_" + uuid.uuid4().hex, num_pictures=1, num_listings=0
    )
    session.add(row)
    session.flush()
    return row.id


def join_cluster(session: Session, cluster_id: str) -> None:
    """Count one more picture."""
    _read(session, cluster_id).num_pictures += 1
    session.flush()


def merge_clusters(session: Session, ids: Collection[str]) -> str:
    """Make one cluster of several: the largest one, and of equals the oldest.

    Returns:
        The id that remains.
    """
    rows = [_read(session, cluster_id) for cluster_id in ids]
    rows.sort(key=lambda row: (-row.num_pictures, row.created_at, row.id))
    kept, others = rows[0], rows[1:]
    for row in others:
        session.execute(
            update(PictureRow)
            .where(PictureRow.cluster_id == row.id)
            .values(cluster_id=kept.id)
        )
        if row.first_seen_at is not None and row.first_listing_id is not None:
            _see(kept, row.first_seen_at, row.first_listing_id)
        session.delete(row)
    session.flush()
    if others:
        recount(session, kept.id)
    return kept.id


def recount(session: Session, cluster_id: str) -> None:
    """Count a cluster's pictures and listings again; delete it if it has no picture.

    Who showed it first stays: that the picture has been forgotten changes nothing.
    """
    row = _read(session, cluster_id)
    pictures = select(func.count()).where(PictureRow.cluster_id == cluster_id)
    row.num_pictures = session.scalar(pictures) or 0
    listings = _sightings(cluster_id).with_only_columns(
        func.count(SightingRow.listing_id.distinct())
    )
    row.num_listings = session.scalar(listings) or 0
    if row.num_pictures == 0:
        session.delete(row)
    session.flush()


def note_sighting(session: Session, picture_sha256: str, listing: ListingRow) -> None:
    """Write down that a listing's newest version shows a picture.

    The time is when the version came to us: who sends it may claim any other.
    """
    session.flush()
    is_new = insert_new(
        session,
        SightingRow,
        picture_sha256=picture_sha256,
        listing_id=listing.id,
        seller_id=listing.seller_id,
        first_seen_at=listing.received_at,
    )
    picture = session.get_one(PictureRow, picture_sha256)
    picture.last_listed_at = max(picture.last_listed_at, listing.received_at)
    if picture.cluster_id is None:
        return
    cluster = _read(session, picture.cluster_id)
    if is_new:
        others = _sightings(cluster.id).where(
            SightingRow.listing_id == listing.id,
            SightingRow.picture_sha256 != picture_sha256,
        )
        if session.execute(others.limit(1)).first() is None:
            cluster.num_listings += 1
    _see(cluster, listing.received_at, listing.id)
    session.flush()


def describe_cluster(session: Session, cluster_id: str) -> Cluster:
    """Describe a cluster.

    Raises:
        Unknown: there is none of that id.
    """
    row = session.get(PictureClusterRow, cluster_id)
    if row is None:
        raise Unknown(
            f"There is no cluster {cluster_id!r}.",
            remedy="Read a picture's cluster again: two that are one were merged.",
        )
    return Cluster(row.id, row.num_pictures, row.num_listings, _first(session, row))


def list_sightings(
    session: Session,
    cluster_id: str,
    *,
    marketplace: str | None = None,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Sighting], str | None]:
    """Read a page of who showed a cluster's pictures, the first one first.

    Args:
        session: to read with.
        cluster_id: of the cluster; an unknown one has no sightings.
        marketplace: the only one whose listings are shown; all if None.
        limit: most to return.
        cursor: what came with the page before.

    Raises:
        InvalidCursor: it was not made for this list.
    """
    query = _sightings(cluster_id)
    if marketplace is not None:
        listing = select(ListingRow.id).where(ListingRow.marketplace == marketplace)
        query = query.where(SightingRow.listing_id.in_(listing))
    keys = (
        SightingRow.first_seen_at,
        SightingRow.listing_id,
        SightingRow.picture_sha256,
    )
    rows, following = page(session, query, keys=keys, limit=limit, cursor=cursor)
    ids = {row.listing_id for row in rows}
    listings = {
        each.id: each
        for each in session.scalars(select(ListingRow).where(ListingRow.id.in_(ids)))
    }
    return [_sighting(row, listings[row.listing_id]) for row in rows], following


def _read(session: Session, cluster_id: str) -> PictureClusterRow:
    return session.get_one(PictureClusterRow, cluster_id, populate_existing=True)


def _see(row: PictureClusterRow, at: datetime, listing_id: str) -> None:
    if row.first_seen_at is None or at < row.first_seen_at:
        row.first_seen_at, row.first_listing_id = at, listing_id


def _sightings(cluster_id: str) -> Select[SightingRow]:
    return (
        select(SightingRow)
        .join(PictureRow, PictureRow.sha256 == SightingRow.picture_sha256)
        .where(PictureRow.cluster_id == cluster_id)
    )


def _first(session: Session, row: PictureClusterRow) -> FirstSeen | None:
    listing = session.get(ListingRow, row.first_listing_id or "")
    if listing is None or row.first_seen_at is None:
        return None
    seller = _sightings(row.id).where(SightingRow.listing_id == listing.id)
    first = session.scalars(seller.order_by(SightingRow.first_seen_at)).first()
    return FirstSeen(
        at=row.first_seen_at,
        listing_id=listing.id,
        external_id=listing.external_id,
        marketplace=listing.marketplace,
        seller_id=listing.seller_id if first is None else first.seller_id,
    )


def _sighting(row: SightingRow, listing: ListingRow) -> Sighting:
    return Sighting(
        picture_sha256=row.picture_sha256,
        listing_id=row.listing_id,
        external_id=listing.external_id,
        marketplace=listing.marketplace,
        seller_id=row.seller_id,
        first_seen_at=row.first_seen_at,
    )

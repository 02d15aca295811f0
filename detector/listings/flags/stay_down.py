"""Pictures that are to stay down: whoever shows one again is flagged."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.references import ACTIVE, chunks
from detector.errors import Conflict, Unknown
from detector.listings.flags.hits import COPIES, KNOWN_FAKE
from detector.listings.pictures.result import PictureResult
from detector.store.inserting import insert_new
from detector.store.listing_tables import (
    FlagRow,
    ListingRow,
    PictureRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.paging import page
from detector.store.tables import BrandRow, ReferenceRow

TAKEN_DOWN = "taken_down"


def find_watched(
    session: Session, results: Iterable[PictureResult], *, marketplace: str
) -> dict[str, set[str]]:
    """Find the pictures that are the same as one that a marketplace watches.

    What was taken down is watched where that happened, as long as a listing that
    showed it is down there; what a person watches is watched on all marketplaces.

    Returns:
        SHA-256 of such a picture → brands that watch it.
    """
    results = list(results)
    if not results:
        return {}
    clusters = {r.cluster_id for r in results if r.cluster_id is not None}
    by_cluster: dict[str, set[str]] = defaultdict(set)
    by_sha256: dict[str, set[str]] = defaultdict(set)
    was_taken_down = exists().where(
        SightingRow.picture_sha256 == WatchedPictureRow.picture_sha256,
        ListingRow.id == SightingRow.listing_id,
        ListingRow.marketplace == marketplace,
        ListingRow.removal == TAKEN_DOWN,
    )
    query = (
        select(WatchedPictureRow, PictureRow.cluster_id)
        .join(PictureRow, PictureRow.sha256 == WatchedPictureRow.picture_sha256)
        .join(BrandRow, BrandRow.id == WatchedPictureRow.brand_id)
        .where(
            or_(
                PictureRow.sha256.in_({r.sha256 for r in results}),
                PictureRow.cluster_id.in_(clusters),
            ),
            BrandRow.state == ACTIVE,
            or_(WatchedPictureRow.created_by.is_not(None), was_taken_down),
        )
    )
    for row, cluster_id in session.execute(query):
        by_sha256[row.picture_sha256].add(row.brand_id)
        if cluster_id is not None:
            by_cluster[cluster_id].add(row.brand_id)
    found = {
        r.sha256: by_sha256[r.sha256] | by_cluster[r.cluster_id or ""] for r in results
    }
    return {digest: brands for digest, brands in found.items() if brands}


def watch_taken_down(
    session: Session, digests: Iterable[str], *, brand_id: str, listing_id: str
) -> None:
    """Watch pictures of a listing that was taken down; those watched already stay.

    A copy of the brand's own photo is none of them: genuine goods are shown with it,
    too, and as long as the brand searches it, it is found anyway.

    Args:
        session: that writes.
        digests: of the pictures.
        brand_id: whose flag they were of.
        listing_id: that was taken down.
    """
    wanted = set(digests) - _official_copies(session, brand_id, listing_id)
    for some in chunks(sorted(wanted)):
        known = session.scalars(
            select(PictureRow.sha256).where(PictureRow.sha256.in_(some))
        )
        for digest in known.all():
            insert_new(
                session,
                WatchedPictureRow,
                picture_sha256=digest,
                brand_id=brand_id,
                listing_id=listing_id,
                reason="A listing that showed it was taken down.",
                created_by=None,
            )


def _official_copies(session: Session, brand_id: str, listing_id: str) -> set[str]:
    """Name the pictures of a flag that are copies of the brand's own photos."""
    flags = select(FlagRow).where(
        FlagRow.listing_id == listing_id, FlagRow.brand_id == brand_id
    )
    copies = {
        str(image["sha256"]): str(image["reference_id"])
        for flag in session.scalars(flags)
        for image in flag.images
        if image["relation"] in COPIES
    }
    fakes: set[str] = set()
    for some in chunks(sorted(set(copies.values()))):
        rows = select(ReferenceRow.id).where(
            ReferenceRow.id.in_(some), ReferenceRow.role == KNOWN_FAKE
        )
        fakes.update(session.scalars(rows))
    return {digest for digest, id in copies.items() if id not in fakes}


def add_watch(
    session: Session, *, sha256: str, brand_id: str, reason: str, created_by: str
) -> WatchedPictureRow:
    """Watch a picture by hand, on all marketplaces, for whatever it shows.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: no listing has shown the picture.
        Conflict: somebody watches it already.
    """
    find_brand(session, brand_id)
    if session.get(PictureRow, sha256) is None:
        raise Unknown(
            f"No listing has shown a picture {sha256[:100]!r}.",
            remedy="Name a picture of a listing that was scanned; GET /v1/listings/{id}"
            " tells their hashes.",
        )
    is_new = insert_new(
        session,
        WatchedPictureRow,
        picture_sha256=sha256,
        brand_id=brand_id,
        listing_id=None,
        reason=reason,
        created_by=created_by,
    )
    row = session.get_one(WatchedPictureRow, (sha256, brand_id), with_for_update=True)
    if not is_new and row.created_by is None:
        row.listing_id, row.reason, row.created_by = None, reason, created_by
        session.flush()
    elif not is_new:
        raise Conflict(
            f"The picture {sha256} is watched for that brand already.",
            remedy="Nothing needs to be done; to give another reason, delete it first.",
        )
    return row


def list_watched(
    session: Session, *, brand_id: str | None, cursor: str | None, limit: int
) -> tuple[list[WatchedPictureRow], str | None]:
    """List watched pictures in pages.

    Args:
        session: to read with.
        brand_id: only those of this brand.
        cursor: what came with the page before.
        limit: most to return.
    """
    row = WatchedPictureRow
    query = select(row)
    if brand_id is not None:
        query = query.where(row.brand_id == brand_id)
    keys = [row.picture_sha256, row.brand_id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def find_watch(session: Session, *, sha256: str, brand_id: str) -> WatchedPictureRow:
    """Look up why a picture is watched for a brand.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the picture is not watched for it.
    """
    find_brand(session, brand_id)
    row = session.get(WatchedPictureRow, (sha256, brand_id))
    if row is None:
        raise Unknown(
            f"No picture {sha256[:100]!r} is watched for that brand.",
            remedy="GET /v1/watched-pictures lists those that are.",
        )
    return row


def remove_watch(session: Session, *, sha256: str, brand_id: str) -> None:
    """Watch a picture no longer; flags that it raised go with the next scan.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the picture is not watched for it.
    """
    session.delete(find_watch(session, sha256=sha256, brand_id=brand_id))
    session.flush()

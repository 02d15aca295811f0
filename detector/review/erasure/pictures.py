"""Erases the pictures that nobody but the listings of an erasure shows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.pictures.clusters import recount
from detector.listings.sweeps.retention import delete_pictures
from detector.store.inserting import insert_new
from detector.store.listing_tables import (
    ListingImageRow,
    ListingRow,
    ListingVersionRow,
    PictureBytesRow,
    PictureClusterRow,
    PictureRow,
    PictureSenderRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.scan_tables import ScanImageRow, ScanMatchRow
from detector.store.standing_tables import DismissedLikenessRow
from detector.store.store import Store
from detector.store.sweep_tables import SweepCandidateRow
from detector.store.tables import ImageRow
from detector.store.takedown_tables import TombstoneRow

SILENT = {"synchronize_session": False}


def shown_by(session: Session, listings: Sequence[str]) -> set[str]:
    """List the pictures that listings show, or showed in an earlier version."""
    found: set[str] = set()
    for some in chunks(listings):
        image, sighting, version = ListingImageRow, SightingRow, ListingVersionRow
        found.update(
            session.scalars(
                select(sighting.picture_sha256).where(sighting.listing_id.in_(some))
            )
        )
        now = select(image.sha256).where(image.listing_id.in_(some))
        found.update(digest for digest in session.scalars(now) if digest)
        then = select(version.images).where(version.listing_id.in_(some))
        for images in session.scalars(then):
            found.update(str(i["sha256"]) for i in images if i.get("sha256"))
    return found


def erase_pictures(
    store: Store,
    session: Session,
    listings: Sequence[str],
    *,
    erasure_id: str,
    reason: str,
    at: datetime,
) -> dict[str, int]:
    """Erase what listings showed, but for what others show as well.

    Args:
        store: has the files.
        session: that writes, and holds the clock of pictures.
        listings: whose images, versions and sightings are deleted with it.
        erasure_id: on whose behalf.
        reason: why, for the tombstones.
        at: now.

    Returns:
        How many pictures were erased, of how many the file stays as a brand has it
        among its references, and how many stay as others show them.
    """
    digests = shown_by(session, listings)
    _forget_sightings(session, listings)
    shared = {d for some in chunks(sorted(digests)) for d in _shown(session, some)}
    gone = sorted(digests - shared)
    num_references = 0
    for some in chunks(gone):
        num_references += _erase(store, session, some)
        for digest in some:
            insert_new(
                session,
                TombstoneRow,
                sha256=digest,
                erasure_id=erasure_id,
                reason=reason,
                on=at.date(),
            )
    return {
        "pictures": len(gone),
        "files_kept_as_references": num_references,
        "pictures_that_others_show": len(shared),
    }


def _forget_sightings(session: Session, listings: Sequence[str]) -> None:
    for some in chunks(listings):
        seen = SightingRow.listing_id.in_(some)
        clusters = session.scalars(
            select(PictureRow.cluster_id)
            .join(SightingRow, SightingRow.picture_sha256 == PictureRow.sha256)
            .where(seen, PictureRow.cluster_id.is_not(None))
            .distinct()
        ).all()
        for table in (SightingRow, ListingImageRow, ListingVersionRow):
            where = table.listing_id.in_(some)
            session.execute(delete(table).where(where), execution_options=SILENT)
        for column in (
            PictureClusterRow.first_listing_id,
            WatchedPictureRow.listing_id,
        ):
            statement = update(column.class_).where(column.in_(some))
            session.execute(statement.values({column: None}), execution_options=SILENT)
        for cluster_id in sorted(c for c in clusters if c is not None):
            recount(session, cluster_id)


def _shown(session: Session, digests: Sequence[str]) -> set[str]:
    """Find those of some pictures that a listing shows, or showed."""
    image = ListingImageRow
    now = (
        select(image.sha256)
        .join(ListingRow, ListingRow.id == image.listing_id)
        .where(image.sha256.in_(digests))
    )
    once = select(SightingRow.picture_sha256).where(
        SightingRow.picture_sha256.in_(digests)
    )
    return {str(digest) for query in (now, once) for digest in session.scalars(query)}


def _erase(store: Store, session: Session, digests: Sequence[str]) -> int:
    """Erase pictures; return how many files stay, as a brand has the same."""
    rows = session.scalars(
        select(PictureRow)
        .where(PictureRow.sha256.in_(digests))
        .order_by(PictureRow.sha256)
        .with_for_update()
    ).all()
    for table, column in (
        (WatchedPictureRow, WatchedPictureRow.picture_sha256),
        (DismissedLikenessRow, DismissedLikenessRow.picture_sha256),
        (SweepCandidateRow, SweepCandidateRow.picture_sha256),
        (PictureBytesRow, PictureBytesRow.sha256),
        (PictureSenderRow, PictureSenderRow.sha256),
    ):
        session.execute(
            delete(table).where(column.in_(digests)), execution_options=SILENT
        )
    delete_pictures(session, rows)
    _forget_file_scans(session, digests)
    used = set(
        session.scalars(select(ImageRow.sha256).where(ImageRow.sha256.in_(digests)))
    )
    for digest in digests:
        if digest not in used:
            store.blobs.delete(digest, unused_s=0)
    return len(used)


def _forget_file_scans(session: Session, digests: Sequence[str]) -> None:
    """Delete what scans of files, beside the listings, found of the same pictures."""
    places = session.execute(
        select(ScanImageRow.scan_id, ScanImageRow.position).where(
            ScanImageRow.sha256.in_(digests)
        )
    )
    for scan_id, position in places.all():
        for table in (ScanMatchRow, ScanImageRow):
            session.execute(
                delete(table).where(
                    table.scan_id == scan_id, table.position == position
                ),
                execution_options=SILENT,
            )

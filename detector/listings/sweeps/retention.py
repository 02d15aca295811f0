"""Forgets pictures that no listing has shown for a while, and uploads nobody used.

Pictures that a flag or a case rests on, that are watched, or on hold, stay. Each batch
is a transaction of its own: whatever is cut short goes on the next time.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Delete,
    Select,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.intake.given_pictures import senders_clock
from detector.listings.pictures.clusters import recount
from detector.listings.pictures.keep import CLOCK as PICTURE_CLOCK
from detector.store.clock import next_seq
from detector.store.holds import is_evidence, is_held
from detector.store.listing_tables import (
    FlagRow,
    ListingImageRow,
    ListingRow,
    PictureBytesRow,
    PictureRow,
    PictureSenderRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.scan_tables import ScanImageRow, ScanMatchRow, ScanRow
from detector.store.store import Store
from detector.store.table import UtcDateTime, utc_now
from detector.store.tables import ImageRow

BATCH = 50
"""Pictures in one transaction, for which those who scan have to wait."""
KEEP_WITHDRAWN = timedelta(days=90)
"""How long what speaks for a flag is kept after the flag was withdrawn."""
KEEP_UPLOADS = timedelta(days=1)
KEEP_FAILED = timedelta(days=7)
"""How long a listing that could not be scanned can be tried again."""

ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Fates:
    """What is to become of pictures.

    Attributes:
        forgotten: nothing speaks for keeping these.
        listed_until: when a listing showed these last, which is later than was noted.
    """

    forgotten: frozenset[str]
    listed_until: Mapping[str, datetime]


def forget_pictures(
    store: Store, *, keep_days: int, should_stop: ShouldStop = _never
) -> int:
    """Forget pictures whose last listing ended long ago, and all that was found.

    Where others are left in its cluster, that still knows who showed it first.

    Args:
        store: where they are.
        keep_days: days that they are kept after the end of the last listing.
        should_stop: asked between batches.

    Returns:
        How many.
    """
    cutoff = utc_now() - timedelta(days=keep_days)
    after: tuple[datetime, str] | None = None
    num_forgotten = 0
    while not should_stop():
        with store.database.read() as session:
            due = _next_due(session, cutoff, after)
            fates = _fates(session, [digest for _, digest in due], cutoff)
        if not due:
            break
        after = due[-1]
        noted = fates.listed_until if keep_days else {}
        if fates.forgotten or noted:
            num_forgotten += _settle(store, {*fates.forgotten, *noted}, cutoff)
    return num_forgotten


def forget_uploads(store: Store, *, should_stop: ShouldStop = _never) -> int:
    """Delete files that were sent a day ago, and that no listing waits for.

    Returns:
        How many.
    """
    now, num_deleted = utc_now(), 0
    image, listing = ListingImageRow, ListingRow
    is_waited_for = exists().where(
        image.sha256 == PictureBytesRow.sha256,
        listing.id == image.listing_id,
        or_(
            listing.state == "queued",
            and_(listing.state == "failed", listing.received_at > now - KEEP_FAILED),
            is_held(),
        ),
    )
    is_over = and_(PictureBytesRow.created_at < now - KEEP_UPLOADS, ~is_waited_for)
    while not should_stop():
        query = select(PictureBytesRow.sha256).where(is_over).limit(BATCH)
        with store.database.read() as session:
            digests = list(session.scalars(query))
        if not digests:
            break
        with store.database.write() as session:
            _hold_off_senders(session, digests)
            files = delete(PictureBytesRow).where(
                PictureBytesRow.sha256.in_(digests), is_over
            )
            gone = list(session.scalars(files.returning(PictureBytesRow.sha256)))
            is_known = exists().where(PictureRow.sha256 == PictureSenderRow.sha256)
            _run(
                session,
                delete(PictureSenderRow).where(
                    PictureSenderRow.sha256.in_(gone), ~is_known
                ),
            )
        num_deleted += len(gone)
    return num_deleted


def _next_due(
    session: Session, cutoff: datetime, after: tuple[datetime, str] | None
) -> list[tuple[datetime, str]]:
    """List the pictures that may have been listed long ago, a batch of them."""
    keys = (PictureRow.last_listed_at, PictureRow.sha256)
    query = select(*keys).where(PictureRow.last_listed_at < cutoff)
    if after is not None:
        at, digest = after
        last = tuple_(literal(at, UtcDateTime()), literal(digest))
        query = query.where(tuple_(*keys) > last)
    rows = session.execute(query.order_by(*keys).limit(BATCH))
    return [(at, digest) for at, digest in rows]


def _fates(session: Session, digests: Sequence[str], cutoff: datetime) -> _Fates:
    """Decide over pictures that were listed before a time, as far as was noted.

    Held ones are told apart only from those that are forgotten: they are due as long
    as they are held.
    """
    image, listing, sighting = ListingImageRow, ListingRow, SightingRow
    is_live = listing.state != "deleted"
    shown = (
        select(image.sha256)
        .join(listing, listing.id == image.listing_id)
        .where(image.sha256.in_(digests), is_live)
    )
    live = {str(digest) for digest in session.scalars(shown)}
    # A version that no longer shows it came with the listing's newest at the latest.
    ended_at = func.coalesce(listing.deleted_at, listing.received_at)
    ended = (
        select(sighting.picture_sha256, func.max(ended_at, type_=UtcDateTime()))
        .join(listing, listing.id == sighting.listing_id)
        .where(sighting.picture_sha256.in_(digests))
        .group_by(sighting.picture_sha256)
    )
    now = utc_now()
    until = {digest: at for digest, at in session.execute(ended) if at >= cutoff}
    until |= dict.fromkeys(live, now)
    held = set(session.scalars(_watched(digests)))
    held |= set(session.scalars(_flagged(digests, now - KEEP_WITHDRAWN)))
    held |= set(session.scalars(_spoken_for(digests)))
    return _Fates(frozenset(digests) - until.keys() - held, until)


def _watched(digests: Collection[str]) -> Select[str]:
    row = WatchedPictureRow
    return select(row.picture_sha256).where(row.picture_sha256.in_(digests))


def _flagged(digests: Collection[str], since: datetime) -> Select[str]:
    """Select pictures of listings whose flag stands, or was withdrawn only since."""
    sighting = SightingRow
    return (
        select(sighting.picture_sha256)
        .join(FlagRow, FlagRow.listing_id == sighting.listing_id)
        .where(sighting.picture_sha256.in_(digests))
        .where(or_(FlagRow.state != "withdrawn", FlagRow.updated_at >= since))
    )


def _spoken_for(digests: Collection[str]) -> Select[str]:
    """Select pictures of listings that a case rests on, or that are on hold."""
    sighting = SightingRow
    return (
        select(sighting.picture_sha256)
        .join(ListingRow, ListingRow.id == sighting.listing_id)
        .where(sighting.picture_sha256.in_(digests))
        .where(or_(is_evidence(), is_held()))
    )


def _settle(store: Store, digests: Collection[str], cutoff: datetime) -> int:
    """Forget pictures, unless a listing shows them by now; return how many."""
    with store.database.write() as session:
        _hold_off_senders(session, digests)
        next_seq(session, PICTURE_CLOCK, 0)
        # Locked before they are judged: who watches one of them waits, or is waited
        # for and seen.
        rows = session.scalars(
            select(PictureRow)
            .where(PictureRow.sha256.in_(digests))
            .order_by(PictureRow.sha256)
            .with_for_update()
        ).all()
        fates = _fates(session, [row.sha256 for row in rows], cutoff)
        for row in rows:
            row.last_listed_at = fates.listed_until.get(row.sha256, row.last_listed_at)
        session.flush()
        gone = [
            row
            for row in rows
            if row.sha256 in fates.forgotten and _loses_its_file(store, session, row)
        ]
        delete_pictures(session, gone)
        return len(gone)


def _loses_its_file(store: Store, session: Session, row: PictureRow) -> bool:
    """Delete a picture's file, if no reference has the same; False if it must stay."""
    if not row.is_kept or session.get(ImageRow, row.sha256) is not None:
        return True
    return store.blobs.delete(row.sha256)


def delete_pictures(session: Session, rows: Sequence[PictureRow]) -> None:
    """Delete pictures, all that was found of them, and that others sent them."""
    digests = [row.sha256 for row in rows]
    clusters = sorted({row.cluster_id for row in rows if row.cluster_id is not None})
    found = select(ScanImageRow.scan_id, ScanImageRow.position).where(
        # A scan of listings names pictures by their hash, others by their file.
        ScanImageRow.sha256.in_(digests),
        ScanImageRow.image == ScanImageRow.sha256,
    )
    places = [(scan_id, position) for scan_id, position in session.execute(found)]
    _run(session, delete(SightingRow).where(SightingRow.picture_sha256.in_(digests)))
    others = select(PictureRow.sha256).where(PictureRow.cluster_id.in_(clusters))
    for holder, digest in (
        (ScanImageRow, ScanImageRow.sha256),
        (PictureRow, PictureRow.sha256),
    ):
        session.execute(
            update(holder)
            .where(digest.in_(others), holder.same_as.in_(digests))
            .values(same_as=None),
            execution_options={"synchronize_session": False},
        )
    _run(session, delete(PictureRow).where(PictureRow.sha256.in_(digests)))
    for table in (ScanMatchRow, ScanImageRow):
        keys = tuple_(table.scan_id, table.position)
        for start in range(0, len(places), BATCH):
            _run(session, delete(table).where(keys.in_(places[start : start + BATCH])))
    is_used = exists().where(ScanImageRow.scan_id == ScanRow.id)
    scans = sorted({scan_id for scan_id, _ in places})
    for some in chunks(scans):
        _run(session, delete(ScanRow).where(ScanRow.id.in_(some), ~is_used))
    waits = exists().where(PictureBytesRow.sha256 == PictureSenderRow.sha256)
    senders = delete(PictureSenderRow).where(PictureSenderRow.sha256.in_(digests))
    _run(session, senders.where(~waits))
    for cluster_id in clusters:
        recount(session, cluster_id)


def _hold_off_senders(session: Session, digests: Collection[str]) -> None:
    """Let nobody who has sent pictures name them by their hash just now."""
    sender = PictureSenderRow
    query = select(sender.marketplace).where(sender.sha256.in_(digests)).distinct()
    for marketplace in sorted(session.scalars(query)):
        next_seq(session, senders_clock(marketplace), 0)


def _run(session: Session, statement: Delete) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})

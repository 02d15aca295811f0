"""Flags: what a listing's pictures come to, for each brand, and who is told."""

from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.validity import today
from detector.events.outbox import EventType, emit
from detector.listings.flags.authorization import (
    authorization_json,
    find_cover,
    is_sampled,
)
from detector.listings.flags.facts import gather_facts
from detector.listings.flags.flag_json import event_data
from detector.listings.flags.hits import WEIGHT, FlagPolicy, Hit, find_hits
from detector.listings.flags.lessons import read_lessons
from detector.listings.flags.signals import judge_facts
from detector.listings.flags.stay_down import find_watched, watch_taken_down
from detector.listings.pictures.result import PictureResult
from detector.matching.match import Verdict
from detector.store.case_tables import FLAG_KIND
from detector.store.jobs import enqueue
from detector.store.listing_tables import FlagRow, ListingImageRow, ListingRow
from detector.store.table import utc_now
from detector.store.tables import BrandRow

__all__ = ["FlagPolicy", "raise_flags", "withdraw_flags"]

OPEN, SUPPRESSED, WITHDRAWN = "open", "suppressed", "withdrawn"
TAKEN_DOWN = "taken_down"


def flag_id(listing_id: str, brand_id: str) -> str:
    """Make a flag's id, so that raising it again finds it again."""
    return "flag_" + sha256(f"{listing_id}\0{brand_id}".encode()).hexdigest()[:24]


def raise_flags(
    session: Session,
    listing: ListingRow,
    images: Sequence[ListingImageRow],
    results: Mapping[str, PictureResult],
    policy: FlagPolicy,
    *,
    on: date | None = None,
) -> Verdict:
    """Flag a listing for each brand that it resembles; tell of what has changed.

    `match.created` tells of a flag that is shown for the first time, `match.updated`
    of a change of its state, its verdict or its pictures, `match.withdrawn` that
    nothing speaks for it any more. A flag that an authorization covers is not shown,
    unless it is drawn as a sample; whether one does is looked at afresh each time.
    Raising the same again tells nobody. A flag whose pictures are not all at hand is
    not withdrawn.

    The listing stays locked until the transaction ends. Sightings are noted before.

    Args:
        session: that writes.
        listing: whose pictures they are.
        images: of its newest version.
        results: of the pictures that were looked at, by SHA-256.
        policy: what counts as a match.
        on: the day for authorizations, as the listing is on offer; today if None.

    Returns:
        The listing's verdict: that of its strongest flag that is shown.
    """
    flags = _lock_flags(session, listing)
    digests = {image.sha256 for image in images}
    shown = [result for digest, result in results.items() if digest in digests]
    watched = find_watched(session, shown, marketplace=listing.marketplace)
    lessons = read_lessons(session, shown)
    hits = find_hits(images, results, watched=watched, lessons=lessons, policy=policy)
    is_whole = digests <= results.keys()
    brands = _brands(session, hits.keys() | flags.keys())
    verdicts = [Verdict.NO_MATCH]
    for brand_id in sorted(brands):
        row = flags.get(brand_id)
        if brand_id in hits:
            row = _raise(
                session,
                listing,
                brands[brand_id],
                hits=hits[brand_id],
                row=row,
                policy=policy,
                on=on or today(),
            )
        elif row is not None and row.state != WITHDRAWN and is_whole:
            _withdraw(session, listing, brands[brand_id], row)
        if row is not None and _is_shown(row):
            verdicts.append(Verdict(row.verdict))
    return max(verdicts, key=WEIGHT.__getitem__)


def withdraw_flags(
    session: Session, listing: ListingRow, *, removal: str | None
) -> None:
    """Withdraw the flags of a listing that is gone.

    Args:
        session: that writes.
        listing: that was deleted.
        removal: why; if it was taken down, the pictures of its open flags are watched.
    """
    flags = _lock_flags(session, listing)
    brands = _brands(session, flags)
    for brand_id, row in sorted(flags.items()):
        if row.state == WITHDRAWN:
            continue
        if removal == TAKEN_DOWN and row.state == OPEN:
            watch_taken_down(
                session,
                (str(image["sha256"]) for image in row.images),
                brand_id=brand_id,
                listing_id=listing.id,
            )
        _withdraw(session, listing, brands[brand_id], row)


def _raise(
    session: Session,
    listing: ListingRow,
    brand: BrandRow,
    *,
    hits: Sequence[Hit],
    row: FlagRow | None,
    policy: FlagPolicy,
    on: date,
) -> FlagRow:
    """Write a flag as it is now."""
    cover = find_cover(session, listing, brand_id=brand.id, hits=hits, on=on)
    facts = gather_facts(session, listing, brand=brand, hits=hits, cover=cover)
    if row is None:
        row = FlagRow(
            id=flag_id(listing.id, brand.id),
            listing_id=listing.id,
            brand_id=brand.id,
            marketplace=listing.marketplace,
            is_sample=False,
            images=[],
        )
    was_shown, before = _is_shown(row), _face(row)
    best = max(hits, key=lambda hit: hit.strength)
    row.version = listing.version
    row.state = OPEN if cover is None else SUPPRESSED
    row.is_sample = cover is not None and is_sampled(
        listing.id, brand.id, share=policy.suppressed_sample
    )
    row.verdict = best.verdict
    row.similarity, row.relation = best.similarity, best.relation
    row.images = [hit.as_json() for hit in hits]
    row.signals = judge_facts(facts)
    row.authorization = None if cover is None else authorization_json(cover)
    session.add(row)
    if _face(row) != before:
        _ask_for_case(session, row)
    if row.announced_at is None and _is_shown(row):
        row.announced_at = utc_now()
        _tell(session, EventType.MATCH_CREATED, row, listing, brand)
    elif (was_shown or _is_shown(row)) and _face(row) != before:
        _tell(session, EventType.MATCH_UPDATED, row, listing, brand)
    session.flush()
    return row


def _withdraw(
    session: Session, listing: ListingRow, brand: BrandRow, row: FlagRow
) -> None:
    """Set a flag aside; what it was about stays on record."""
    row.state, row.is_sample, row.version = WITHDRAWN, False, listing.version
    _ask_for_case(session, row)
    if row.announced_at is not None:
        _tell(session, EventType.MATCH_WITHDRAWN, row, listing, brand)
    session.flush()


def _ask_for_case(session: Session, row: FlagRow) -> None:
    """Let the case follow; whoever reviews does so in a transaction of their own."""
    enqueue(session, FLAG_KIND, payload={"flag_id": row.id})


def _is_shown(row: FlagRow) -> bool:
    return row.state == OPEN or (row.state == SUPPRESSED and row.is_sample)


def _face(row: FlagRow) -> object:
    """Reduce a flag to what others are told of when it changes."""
    images = [{**image, "similarity": None, "likelihood": None} for image in row.images]
    return row.state, row.is_sample, row.verdict, images


def _tell(
    session: Session,
    type: EventType,
    row: FlagRow,
    listing: ListingRow,
    brand: BrandRow,
) -> None:
    emit(
        session,
        type,
        marketplace=row.marketplace,
        brand_id=row.brand_id,
        data=event_data(row, listing, brand),
    )


def _lock_flags(session: Session, listing: ListingRow) -> dict[str, FlagRow]:
    """Keep others from the listing's flags; read them, by brand."""
    session.execute(
        select(ListingRow.id)
        .where(ListingRow.id == listing.id)
        .with_for_update(key_share=True)
    )
    query = select(FlagRow).where(FlagRow.listing_id == listing.id)
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.brand_id: row for row in rows}


def _brands(
    session: Session, ids: Mapping[str, object] | set[str]
) -> dict[str, BrandRow]:
    if not ids:
        return {}
    rows = session.scalars(select(BrandRow).where(BrandRow.id.in_(sorted(ids))))
    return {row.id: row for row in rows}

"""What events change: the newest version of each listing is kept, and scanned."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.listings.flags.raise_flags import withdraw_flags
from detector.listings.intake.event import EventKind, ListingEvent
from detector.listings.intake.given_pictures import keep_pictures, senders_clock
from detector.listings.intake.news import (
    Known,
    Outcome,
    Status,
    has_pictures,
    judge,
    known_versions,
)
from detector.listings.intake.scan_queue import (
    SCAN_KIND,
    ask_for_scans,
    require_room,
)
from detector.store.clock import next_seq
from detector.store.listing_tables import (
    FlagRow,
    ListingImageRow,
    ListingRow,
    ListingVersionRow,
)
from detector.store.store import Store
from detector.store.table import utc_now

__all__ = ["SCAN_KIND", "Outcome", "Status", "listing_row_id", "take_events", "take_in"]

OUTLIVING = frozenset({"details", "seller_id", "verdict", "error", "scanned_at"})
"""What stays as it was when a listing is deleted."""


def listing_row_id(marketplace: str, listing_id: str) -> str:
    """Make a listing's id from the marketplace's own, so that it is found again."""
    digest = sha256(f"{marketplace}\0{listing_id}".encode()).hexdigest()
    return "lst_" + digest[:24]


def take_events(
    store: Store, events: Sequence[ListingEvent], *, max_queued: int
) -> list[Outcome]:
    """Take events in a transaction of their own; see `take_in`."""
    with store.database.write() as session:
        return take_in(session, events, max_queued=max_queued)


def take_in(
    session: Session, events: Sequence[ListingEvent], *, max_queued: int
) -> list[Outcome]:
    """Take what is new, and have it scanned; of a listing's events the newest counts.

    Args:
        session: that writes.
        events: in any order, also several of one listing.
        max_queued: listings that may wait to be scanned.

    Returns:
        What became of each, in their order.

    Raises:
        QueueFull: there is no room for all of them; none was taken.
    """
    # Senders for one marketplace wait here for one another: what is read below holds.
    for marketplace in sorted({event.marketplace for event in events}):
        next_seq(session, senders_clock(marketplace), 0)
    ids = [listing_row_id(event.marketplace, event.listing_id) for event in events]
    known = known_versions(session, ids)
    outcomes, newest = judge(session, events, ids, known)
    to_scan = {id: e.version for id, e in newest.items() if has_pictures(e)}
    require_room(session, len(to_scan), max_queued=max_queued)
    _keep_pictures(session, events, newest.values())
    now = utc_now()
    _write_listings(session, newest, known, now)
    _write_history(session, newest, now)
    ask_for_scans(session, to_scan)
    return outcomes


def _keep_pictures(
    session: Session, events: Sequence[ListingEvent], taken: Collection[ListingEvent]
) -> None:
    """Keep the bytes that events brought along, as far as listings show them now."""
    shown = {
        (event.marketplace, image.sha256)
        for event in taken
        if has_pictures(event)
        for image in event.images
    }
    given: dict[str, dict[str, bytes]] = defaultdict(dict)
    for event in events:
        for image in event.images:
            if image.sha256 is None or image.data is None:
                continue
            if (event.marketplace, image.sha256) in shown:
                given[event.marketplace][image.sha256] = image.data
    for marketplace in sorted(given):
        keep_pictures(session, marketplace, given[marketplace])


def _write_listings(
    session: Session,
    newest: Mapping[str, ListingEvent],
    known: Mapping[str, Known],
    now: datetime,
) -> None:
    new = [
        {
            "id": id,
            "marketplace": event.marketplace,
            **_changes(event, now),
        }
        for id, event in newest.items()
        if id not in known
    ]
    if new:
        session.execute(insert(ListingRow), new)
    for some in chunks(sorted(newest.keys() & known.keys())):
        # Scans write into these rows, too.
        rows = session.scalars(
            select(ListingRow)
            .where(ListingRow.id.in_(some))
            .order_by(ListingRow.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).all()
        for row in rows:
            event = newest[row.id]
            for name, value in _changes(event, now).items():
                if event.type is not EventKind.DELETED or name not in OUTLIVING:
                    setattr(row, name, value)
        session.flush()
        flagged = select(FlagRow.listing_id).where(FlagRow.listing_id.in_(some))
        has_flags = set(session.scalars(flagged))
        for row in rows:
            if row.id in has_flags and not has_pictures(newest[row.id]):
                withdraw_flags(session, row, removal=row.removal)


def _changes(event: ListingEvent, now: datetime) -> dict[str, object]:
    """What an event makes of a listing."""
    is_deleted = event.type is EventKind.DELETED
    state = "deleted" if is_deleted else "queued" if event.images else "scanned"
    return {
        "external_id": event.listing_id,
        "version": event.version,
        "content_sha256": event.content_sha256,
        "details": event.details,
        "seller_id": event.seller_id,
        "state": state,
        "verdict": None,
        "error": None,
        "removal": event.removal,
        "occurred_at": event.occurred_at,
        "received_at": now,
        "scanned_at": now if state == "scanned" else None,
        "deleted_at": now if is_deleted else None,
        "updated_at": now,
    }


def _write_history(
    session: Session, newest: Mapping[str, ListingEvent], now: datetime
) -> None:
    """Write each version down, and which pictures the listing shows now."""
    if not newest:
        return
    session.execute(
        insert(ListingVersionRow),
        [
            {
                "listing_id": id,
                "version": event.version,
                "event_id": event.event_id,
                "type": event.type.value,
                "details": event.details,
                "images": [
                    {"position": i.position, "sha256": i.sha256, "url": i.url}
                    for i in event.images
                ],
                "occurred_at": event.occurred_at,
                "received_at": now,
            }
            for id, event in newest.items()
        ],
    )
    live = [id for id, event in newest.items() if event.type is not EventKind.DELETED]
    for some in chunks(sorted(live)):
        session.execute(
            delete(ListingImageRow).where(ListingImageRow.listing_id.in_(some)),
            execution_options={"synchronize_session": False},
        )
    images = [
        {
            "listing_id": id,
            "position": image.position,
            "sha256": image.sha256,
            "url": image.url,
        }
        for id in live
        for image in newest[id].images
    ]
    if images:
        session.execute(insert(ListingImageRow), images)

"""Listings that could not be scanned, and who is told."""

from sqlalchemy.orm import Session

from detector.events.event_type import EventType
from detector.events.outbox import emit
from detector.store.listing_tables import ListingRow

FAILED = "failed"


def fail_listing(session: Session, listing: ListingRow, error: str) -> None:
    """Let a listing fail, and tell its marketplace; once for each version of it.

    Args:
        session: that writes, with the listing locked.
        listing: that could not be scanned.
        error: why, and what mends it; for the marketplace to read.
    """
    was_told = listing.state == FAILED
    listing.state, listing.error = FAILED, error
    if was_told:
        return
    emit(
        session,
        EventType.LISTING_FAILED,
        marketplace=listing.marketplace,
        brand_id=None,
        data={
            "listing": {
                "id": listing.id,
                "marketplace_id": listing.marketplace,
                "listing_id": listing.external_id,
                "version": listing.version,
            },
            "error": error,
        },
    )

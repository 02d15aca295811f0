"""What others are told of a case: no reviewer, no colleague's note, no brand secret."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from detector.events.outbox import EventType, emit
from detector.review.move import Move
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.tables import BrandRow

Json = dict[str, object]


def write_time(at: datetime | None) -> str | None:
    """Write a time as JSON has it."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def describe_case(session: Session, case: CaseRow) -> Json:
    """Say of a case what all may know whom it concerns."""
    listing = session.get_one(ListingRow, case.listing_id)
    brand = session.get_one(BrandRow, case.brand_id)
    return {
        "case_id": case.id,
        "state": case.state,
        "closure": case.closure,
        "version": case.version,
        "source": case.source,
        "listing": {
            "id": listing.id,
            "marketplace_id": listing.marketplace,
            "listing_id": listing.external_id,
            "version": listing.version,
            "url": listing.details.get("url"),
        },
        "brand": {"id": brand.id, "name": brand.name},
    }


def tell(
    session: Session,
    type: EventType,
    case: CaseRow,
    extra: Mapping[str, object] | None = None,
) -> None:
    """Tell whom it concerns; emit late in a transaction, after all audit rows."""
    emit(
        session,
        type,
        marketplace=case.marketplace,
        brand_id=case.brand_id,
        data={**describe_case(session, case), **(extra or {})},
    )


def tell_move(move: Move, type: EventType) -> None:
    """Tell of a step, with what came with it."""
    extra = {**move.given.data, **move.given.told}
    tell(move.session, type, move.case, extra)

"""What keeps a listing's data: a case that rests on it, or a legal hold."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.takedown_tables import LegalHoldRow


def is_held() -> ColumnElement[bool]:
    """Say of a listing that nothing of it may be deleted: it, or more, is on hold."""
    hold, listing, part = LegalHoldRow, ListingRow, CaseListingRow
    seller = listing.marketplace + "/" + listing.seller_id
    cases = select(part.case_id).where(part.listing_id == listing.id)
    brands = select(part.brand_id).where(part.listing_id == listing.id)
    flagged = select(FlagRow.brand_id).where(FlagRow.listing_id == listing.id)
    return exists().where(
        hold.lifted_at.is_(None),
        or_(
            and_(hold.subject == "listing", hold.subject_id == listing.id),
            and_(hold.subject == "seller", hold.subject_id == seller),
            and_(hold.subject == "case", hold.subject_id.in_(cases)),
            and_(
                hold.subject == "brand",
                or_(hold.subject_id.in_(brands), hold.subject_id.in_(flagged)),
            ),
        ),
    )


def is_evidence(*, but_for: str | None = None) -> ColumnElement[bool]:
    """Say of a listing that a case rests on it: one that is open, or closed of late.

    Args:
        but_for: a case that does not count.
    """
    case, part = CaseRow, CaseListingRow
    is_retired = and_(
        case.state == "closed",
        case.closed_at.is_not(None),
        case.retired_at.is_not(None),
        case.retired_at >= case.closed_at,
    )
    is_other = ~false() if but_for is None else case.id != but_for
    return exists().where(
        part.listing_id == ListingRow.id,
        case.id == part.case_id,
        is_other,
        ~is_retired,
    )

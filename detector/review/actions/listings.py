"""Listings of a case that go their own way: they ended, or could not be restricted."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detector.review import audit
from detector.review.actor import SYSTEM
from detector.review.guards.people import LEADS
from detector.review.opening import NOTICE, open_case
from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.takedown_tables import NoticeItemRow


def take_out(
    session: Session, case: CaseRow, listing_id: str, *, at: datetime
) -> CaseListingRow:
    """Take a listing out of a case that goes on with others."""
    row = session.get_one(CaseListingRow, (case.id, listing_id))
    row.is_open, row.removed_at = False, at
    if case.listing_id == listing_id:
        other = session.scalar(
            select(CaseListingRow.listing_id)
            .where(
                CaseListingRow.case_id == case.id,
                CaseListingRow.listing_id != listing_id,
                CaseListingRow.removed_at.is_(None),
            )
            .order_by(CaseListingRow.listing_id)
            .limit(1)
        )
        case.listing_id = other or listing_id
    session.flush()
    audit.record(
        session,
        SYSTEM,
        "listing_left",
        at=at,
        subject="case",
        subject_id=case.id,
        case_id=case.id,
        data={"listing_id": listing_id},
    )
    return row


def part(session: Session, case: CaseRow, listing_id: str, *, at: datetime) -> CaseRow:
    """Give a listing that goes out of a case one of its own, which waits for a lead.

    The notices that name it go with it.
    """
    row = take_out(session, case, listing_id, at=at)
    listing = session.get_one(ListingRow, listing_id)
    flag = None if row.flag_id is None else session.get(FlagRow, row.flag_id)
    items = NoticeItemRow.case_id == case.id, NoticeItemRow.listing_id == listing_id
    is_noticed = session.scalar(select(NoticeItemRow.notice_id).where(*items).limit(1))
    own = open_case(
        session,
        listing,
        case.brand_id,
        flag=flag,
        at=at,
        source=case.source if is_noticed is None else NOTICE,
        regime=case.regime,
    )
    own.queue = LEADS
    session.execute(update(NoticeItemRow).where(*items).values(case_id=own.id))
    session.flush()
    return own

"""The job that opens, or joins, a case for each listing that a notice names."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Conflict
from detector.review import audit
from detector.review.actor import SYSTEM
from detector.review.advance import lock_case
from detector.review.move import Given
from detector.review.notices.give import JOB_KIND, RECEIVED
from detector.review.notices.settle import GONE, settle_items
from detector.review.opening import NOTICE, find_open_case, open_case
from detector.review.workflow import CLOSED
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.database import Database
from detector.store.jobs import enqueue, now_of
from detector.store.listing_tables import ListingRow
from detector.store.takedown_tables import NoticeItemRow, NoticeRow
from detector.store.worker import Context

__all__ = ["JOB_KIND", "link_known_listings", "run_notice_job"]

UNKNOWN, DELETED = "unknown_listing", "deleted"
IN_FORCE = ("actioned", "appealed", "awaiting_claimant", "appeal_review")
"""States of a case in which what was decided before holds."""


def run_notice_job(context: Context) -> None:
    """Give each item of a notice its case, each in a transaction of its own."""
    notice_id = str(context.job.payload["notice_id"])
    with context.session() as session:
        positions = list(
            session.scalars(
                select(NoticeItemRow.position)
                .where(
                    NoticeItemRow.notice_id == notice_id,
                    NoticeItemRow.case_id.is_(None),
                    NoticeItemRow.state.in_(("open", UNKNOWN)),
                )
                .order_by(NoticeItemRow.position)
            )
        )
    for position in positions:
        if context.should_stop():
            return
        with context.session() as session:
            give_case(session, notice_id, position, at=now_of(session))
    with context.session() as session:
        context.finish(session, is_forgotten=True)


def give_case(
    session: Session, notice_id: str, position: int, *, at: datetime
) -> str | None:
    """Open a case about an item's listing, or join the one that is open.

    Returns:
        The case's id; None if the listing is not known, or has ended, or the item is
        not open.
    """
    notice = session.get_one(NoticeRow, notice_id)
    item = session.get_one(NoticeItemRow, (notice_id, position))
    listing = session.scalar(
        select(ListingRow)
        .where(
            ListingRow.marketplace == notice.marketplace,
            ListingRow.external_id == item.external_id,
        )
        .with_for_update(key_share=True)
    )
    session.refresh(item, with_for_update=True)
    session.refresh(notice)
    if item.case_id is not None or item.state not in ("open", UNKNOWN):
        return item.case_id
    if notice.state != RECEIVED:
        return None
    if listing is None:
        item.state = UNKNOWN
        return None
    item.state, item.listing_id = "open", listing.id
    case = find_open_case(session, listing.id, notice.brand_id)
    if case is None and listing.state == DELETED:
        settle_items(session, [item], "rejected", reason_code=GONE, at=at)
        return None
    if case is not None:
        case = lock_case(session, case.id, SYSTEM)
        if case.state == CLOSED:
            raise Conflict("The case was closed just now.", remedy="Try again.")
        item.case_id = case.id
        case.version += 1
        session.flush()
        audit.record(
            session,
            SYSTEM,
            "notice_joined",
            at=at,
            subject="case",
            subject_id=case.id,
            case_id=case.id,
            data={"notice_id": notice_id},
        )
        if reason := _restricted_for(session, case):
            settle_items(session, [item], "accepted", reason_code=reason, at=at)
        return case.id
    case = open_case(
        session,
        listing,
        notice.brand_id,
        flag=None,
        at=at,
        source=NOTICE,
        given=Given(data={"notice_id": notice_id}),
    )
    item.case_id = case.id
    session.flush()
    return case.id


def _restricted_for(session: Session, case: CaseRow) -> str | None:
    """Say why a case's listings are restricted now; None if they are not."""
    if case.state not in IN_FORCE:
        return None
    query = (
        select(DecisionRow.reason_code)
        .where(
            DecisionRow.case_id == case.id,
            DecisionRow.state == "effective",
            DecisionRow.kind == "restrict",
        )
        .order_by(DecisionRow.decided_at.desc())
        .limit(1)
    )
    return session.scalar(query)


def link_known_listings(database: Database) -> int:
    """Ask for the cases of items whose listing has come in since.

    Returns:
        How many notices there are such items of.
    """
    query = (
        select(NoticeItemRow.notice_id)
        .join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
        .join(
            ListingRow,
            (ListingRow.marketplace == NoticeRow.marketplace)
            & (ListingRow.external_id == NoticeItemRow.external_id),
        )
        .where(NoticeItemRow.state == UNKNOWN)
        .distinct()
        .limit(100)
    )
    with database.read() as session:
        notice_ids = list(session.scalars(query))
    for notice_id in notice_ids:
        with database.write() as session:
            enqueue(session, JOB_KIND, payload={"notice_id": notice_id})
    return len(notice_ids)

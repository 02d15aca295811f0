"""Cases follow flags: opened, joined, brought up to date, closed as moot."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review import audit
from detector.review.actor import SYSTEM
from detector.review.advance import advance, lock_case
from detector.review.corroboration import has_live_notice
from detector.review.move import Move
from detector.review.opening import (
    MATCH,
    case_listing,
    find_cluster,
    find_open_case,
    open_case,
)
from detector.review.risk import estimate_risk
from detector.review.workflow import CLOSED, OPEN
from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.listing_tables import FlagRow, ListingRow

DELETED = "deleted"
MOOT = ("open", "claimed", "awaiting_brand", "awaiting_second", "response_window")
"""States in which a case ends once nothing speaks for it any more."""


def follow_flag(session: Session, flag_id: str, *, at: datetime) -> CaseRow | None:
    """Let the case of a flag follow it; again and again comes to the same.

    Args:
        session: that writes.
        flag_id: of the flag.
        at: now.

    Returns:
        The case that the flag's listing is in; None if it is in none.
    """
    flag = session.get(FlagRow, flag_id)
    if flag is None:
        return None
    listing = session.get_one(
        ListingRow, flag.listing_id, with_for_update={"key_share": True}
    )
    session.refresh(flag)
    case = find_open_case(session, listing.id, flag.brand_id)
    is_shown = flag.state == "open" or (flag.state == "suppressed" and flag.is_sample)
    if case is not None:
        case = lock_case(session, case.id, SYSTEM)
        if case.state == CLOSED:  # it was closed just now
            case = None
    if case is None:
        if flag.state == "withdrawn" or _was_answered(session, flag):
            return None
        if is_shown:
            return join_case(session, flag, listing, at=at) or open_case(
                session, listing, flag.brand_id, flag=flag, at=at
            )
        return open_case(session, listing, flag.brand_id, flag=flag, at=at)
    if is_shown:
        _update(session, case, flag, at)
    elif listing.state == DELETED or (
        case.source == MATCH
        and not has_live_notice(session, case.id, listing_id=listing.id)
    ):
        leave_case(session, case, listing.id, at=at)
    return case


def join_case(
    session: Session, flag: FlagRow, listing: ListingRow, *, at: datetime
) -> CaseRow | None:
    """Let a listing join the case of the same seller and picture, if one waits."""
    cluster = find_cluster(session, flag)
    if listing.seller_id is None or cluster is None:
        return None
    query = (
        select(CaseRow.id)
        .where(
            CaseRow.brand_id == flag.brand_id,
            CaseRow.marketplace == listing.marketplace,
            CaseRow.seller_id == listing.seller_id,
            CaseRow.cluster_id == cluster,
            CaseRow.state == OPEN,
            CaseRow.source == MATCH,
            CaseRow.queue == ("sample" if flag.is_sample else "review"),
        )
        .limit(1)
    )
    found = session.scalar(query)
    if found is None:
        return None
    case = lock_case(session, found, SYSTEM)
    if case.state != OPEN:
        return None
    row = case_listing(case.id, listing, flag.brand_id, flag, at, is_open=True)
    session.merge(row)
    case.version += 1
    case.risk = max(
        case.risk, estimate_risk(flag.verdict, flag.similarity, flag.signals)
    )
    _note(session, case, "listing_joined", at, {"listing_id": listing.id})
    return case


def leave_case(
    session: Session, case: CaseRow, listing_id: str, *, at: datetime
) -> Move | None:
    """Take a listing out of a case; the last one closes it as moot.

    A case of which something was decided already goes on with what it has.
    """
    if case.state not in MOOT:
        return None
    rows = session.scalars(
        select(CaseListingRow).where(
            CaseListingRow.case_id == case.id, CaseListingRow.is_open
        )
    ).all()
    others = [row for row in rows if row.listing_id != listing_id]
    if not others:
        return advance(session, case.id, "gone", actor=SYSTEM, at=at)
    for row in rows:
        if row.listing_id == listing_id:
            row.is_open, row.removed_at = False, at
    if case.listing_id == listing_id:
        case.listing_id = others[0].listing_id
    case.version += 1
    _note(session, case, "listing_left", at, {"listing_id": listing_id})
    return None


def _update(session: Session, case: CaseRow, flag: FlagRow, at: datetime) -> None:
    """Show a case that waits what its flag says now; the basis stays frozen."""
    if case.listing_id != flag.listing_id or case.images == flag.images:
        return
    case.images, case.signals = list(flag.images), {**case.signals, **flag.signals}
    case.version += 1
    _note(session, case, "flag_changed", at, {"verdict": flag.verdict})


def _note(
    session: Session,
    case: CaseRow,
    event: str,
    at: datetime,
    data: Mapping[str, object],
) -> None:
    session.flush()
    audit.record(
        session,
        SYSTEM,
        event,
        at=at,
        subject="case",
        subject_id=case.id,
        case_id=case.id,
        data=data,
    )


def _was_answered(session: Session, flag: FlagRow) -> bool:
    """Say whether a case has dealt with just these pictures of the listing before."""
    query = (
        select(CaseRow)
        .join(CaseListingRow, CaseListingRow.case_id == CaseRow.id)
        .where(
            CaseListingRow.listing_id == flag.listing_id,
            CaseListingRow.brand_id == flag.brand_id,
            CaseRow.state == CLOSED,
            CaseRow.closure != "moot",
        )
    )
    pairs = _pairs(flag.images)
    for case in session.scalars(query):
        if case.closure == "suppressed" and flag.state != "suppressed":
            continue
        if pairs <= _pairs(case.images):
            return True
    return False


def _pairs(images: list[dict[str, object]]) -> set[tuple[object, object]]:
    return {(image["sha256"], image["reference_id"]) for image in images}

"""Legal holds: as long as one stands, nothing of its subject is deleted."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import InvalidInput, Refused, Unknown
from detector.review import audit
from detector.review.actor import Actor
from detector.store.case_tables import CaseRow
from detector.store.listing_tables import ListingRow
from detector.store.paging import page
from detector.store.tables import BrandRow
from detector.store.takedown_tables import LegalHoldRow


class HoldKind(StrEnum):
    """What can be put on hold."""

    CASE = "case"
    LISTING = "listing"
    SELLER = "seller"
    BRAND = "brand"


TABLES = {
    HoldKind.CASE: CaseRow,
    HoldKind.LISTING: ListingRow,
    HoldKind.BRAND: BrandRow,
}


def place_hold(
    session: Session,
    kind: HoldKind,
    subject_id: str,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
) -> LegalHoldRow:
    """Put something on hold.

    Args:
        session: that writes.
        kind: what it is.
        subject_id: our id; `marketplace/seller` of a seller, of whom nothing need be
            there yet.
        reason: why; for colleagues.
        actor: who does it.
        at: now.

    Raises:
        Unknown: there is no such case, listing or brand.
        InvalidInput: it names no seller.
    """
    if kind is HoldKind.SELLER:
        marketplace, _, seller = subject_id.partition("/")
        if not (marketplace and seller):
            raise InvalidInput(
                f"{subject_id[:100]!r} names no seller.",
                remedy="Name the marketplace, too: shop.example/seller-8.",
            )
    elif session.get(TABLES[kind], subject_id) is None:
        raise Unknown(
            f"There is no {kind} {subject_id[:100]!r}.",
            remedy="Name it by our id, as lists of them show it.",
        )
    row = LegalHoldRow(
        id="hld_" + uuid.uuid4().hex,
        subject=kind.value,
        subject_id=subject_id,
        reason=reason,
        created_by=actor.id,
        created_at=at,
    )
    session.add(row)
    _record(session, row, "hold_placed", actor, at)
    return row


def lift_hold(
    session: Session, hold_id: str, *, actor: Actor, at: datetime
) -> LegalHoldRow:
    """Lift a hold; what time was up for meanwhile goes with the next daily round.

    Raises:
        Unknown: there is none.
        Refused: it was lifted already.
    """
    find_hold(session, hold_id)
    row = session.get_one(
        LegalHoldRow, hold_id, with_for_update=True, populate_existing=True
    )
    if row.lifted_at is not None:
        raise Refused(
            "The hold was lifted already.", remedy="Nothing needs to be done."
        )
    row.lifted_at, row.lifted_by = at, actor.id
    _record(session, row, "hold_lifted", actor, at)
    return row


def find_hold(session: Session, hold_id: str) -> LegalHoldRow:
    """Look a hold up.

    Raises:
        Unknown: there is none.
    """
    row = session.get(LegalHoldRow, hold_id)
    if row is None:
        raise Unknown(
            f"There is no legal hold {hold_id[:100]!r}.",
            remedy="GET /v1/legal-holds lists them.",
        )
    return row


def list_holds(
    session: Session, *, is_lifted: bool | None, cursor: str | None, limit: int
) -> tuple[list[LegalHoldRow], str | None]:
    """List holds in pages.

    Args:
        session: to read with.
        is_lifted: only those that were lifted, or only others; None for all.
        cursor: what came with the page before.
        limit: most to return.
    """
    query = select(LegalHoldRow)
    if is_lifted is not None:
        is_over = LegalHoldRow.lifted_at.is_not(None)
        query = query.where(is_over if is_lifted else ~is_over)
    return page(session, query, keys=[LegalHoldRow.id], cursor=cursor, limit=limit)


def _record(
    session: Session, row: LegalHoldRow, event: str, actor: Actor, at: datetime
) -> None:
    session.flush()
    audit.record(
        session,
        actor,
        event,
        at=at,
        subject="hold",
        subject_id=row.id,
        case_id=row.subject_id if row.subject == HoldKind.CASE else None,
        data={"kind": row.subject},
    )

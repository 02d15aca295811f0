"""Giving notice: a receipt at once, and cases about its listings soon after."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Unknown
from detector.events.outbox import EventType, emit
from detector.review import audit
from detector.review.actor import Actor
from detector.review.notices.completeness import find_missing
from detector.review.notices.notice import (
    MAX_ITEMS,
    STATEMENTS,
    GivenNotice,
    NoticeItem,
)
from detector.review.reasons import ReasonKind, find_reason
from detector.review.tell import write_time
from detector.store.jobs import enqueue
from detector.store.tables import BrandRow
from detector.store.takedown_tables import NoticeItemRow, NoticeRow

JOB_KIND = "notice_cases"
RECEIVED, INCOMPLETE = "received", "incomplete"


def give_notice(
    session: Session, given: GivenNotice, *, actor: Actor, brand_id: str, at: datetime
) -> NoticeRow:
    """Take a notice in; what is missing is told, and can be sent later.

    Args:
        session: that writes.
        given: the notice.
        actor: who gives it.
        brand_id: for which brand.
        at: now.

    Raises:
        InvalidInput: no reason to restrict anything, or too many items.
        Conflict: a notice goes by that external id already.
    """
    _require_sound(given)
    if given.external_id is not None:
        # One at a time: two that come at once under one name are not both taken.
        session.get_one(BrandRow, brand_id, with_for_update={"key_share": True})
        found = session.scalar(
            select(NoticeRow.id).where(
                NoticeRow.brand_id == brand_id,
                NoticeRow.external_id == given.external_id,
            )
        )
        if found is not None:
            raise Conflict(
                f"The notice {found} has the external_id {given.external_id!r}.",
                remedy="Complete or withdraw that one, or name this one otherwise.",
            )
    row = NoticeRow(
        id="ntc_" + uuid.uuid4().hex,
        external_id=given.external_id,
        brand_id=brand_id,
        marketplace=given.marketplace,
        created_by=actor.id,
        received_at=at,
    )
    _write(session, row, given, at)
    session.add(row)
    session.flush()
    _write_items(session, row, given.items)
    _receive(session, row, actor, "give_notice", at)
    return row


def complete_notice(
    session: Session, notice_id: str, given: GivenNotice, *, actor: Actor, at: datetime
) -> NoticeRow:
    """Send an incomplete notice again, whole; it is received if nothing is missing.

    Raises:
        Unknown: there is no such notice of the brand.
        Conflict: it is not incomplete.
    """
    _require_sound(given)
    row = lock_notice(session, notice_id, brand_id=actor.brand_id)
    if row.state != INCOMPLETE:
        raise Conflict(
            f"The notice is {row.state}.",
            remedy="Only what is incomplete can be completed; give another notice.",
        )
    if given.marketplace != row.marketplace:
        raise InvalidInput(
            f"The notice is about {row.marketplace}.",
            remedy="Give another notice for another marketplace.",
        )
    _write(session, row, given, at)
    session.execute(delete(NoticeItemRow).where(NoticeItemRow.notice_id == notice_id))
    _write_items(session, row, given.items)
    _receive(session, row, actor, "complete_notice", at)
    return row


def lock_notice(session: Session, notice_id: str, *, brand_id: str | None) -> NoticeRow:
    """Find a notice, and keep others from it; None sees all brands'.

    Raises:
        Unknown: there is none, or none that is seen.
    """
    row = session.scalar(
        select(NoticeRow)
        .where(NoticeRow.id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None or brand_id not in (None, row.brand_id):
        raise unknown_notice(notice_id)
    return row


def unknown_notice(notice_id: str) -> Unknown:
    """Say that there is no such notice, or none that the caller may know of."""
    return Unknown(
        f"There is no notice {notice_id[:100]!r}.",
        remedy="GET /v1/notices lists those that this key sees.",
    )


def notice_data(row: NoticeRow, num_items: int) -> dict[str, object]:
    """Say what all may know whom a notice concerns."""
    return {
        "notice_id": row.id,
        "external_id": row.external_id,
        "state": row.state,
        "brand_id": row.brand_id,
        "marketplace_id": row.marketplace,
        "reason_code": row.reason_code,
        "num_items": num_items,
        "missing": row.missing,
    }


def _require_sound(given: GivenNotice) -> None:
    find_reason(given.reason_code, ReasonKind.RESTRICT)
    if not 1 <= len(given.items) <= MAX_ITEMS:
        raise InvalidInput(
            f"A notice names 1 to {MAX_ITEMS} listings, not {len(given.items)}.",
            remedy="Part it into several.",
        )
    ids = [item.listing_id for item in given.items]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise InvalidInput(
            f"Named more than once: {', '.join(twice[:5])[:200]}.",
            remedy="Name each listing once.",
        )


def _write(session: Session, row: NoticeRow, given: GivenNotice, at: datetime) -> None:
    missing = find_missing(session, given, brand_id=row.brand_id, at=at)
    row.state = INCOMPLETE if missing else RECEIVED
    row.missing = [each.as_json() for each in missing]
    faulty = any(each.pointer == "/right_id" for each in missing)
    row.right_id = None if faulty else given.right_id
    row.notifier, row.contact = dict(given.notifier), dict(given.contact)
    row.claim_type = find_reason(given.reason_code, ReasonKind.RESTRICT).right
    row.reason_code, row.explanation = given.reason_code, given.explanation
    row.evidence = [dict(each) for each in given.evidence]
    row.statements = {
        name: {"text": STATEMENTS[name], "signed_at": write_time(at)}
        for name in sorted(set(given.signed) & STATEMENTS.keys())
    }
    row.territories = list(given.territories)
    row.message_to_seller = given.message_to_seller
    row.discloses_identity = given.discloses_identity
    row.updated_at = at


def _write_items(session: Session, row: NoticeRow, items: Sequence[NoticeItem]) -> None:
    session.add_all(
        NoticeItemRow(
            notice_id=row.id,
            position=position,
            external_id=item.listing_id,
            url=item.url,
            image_position=item.image_position,
            state="open",
        )
        for position, item in enumerate(items)
    )
    session.flush()


def _receive(
    session: Session, row: NoticeRow, actor: Actor, event: str, at: datetime
) -> None:
    """Put it on record, ask for its cases, and send the receipt."""
    num_items = len(
        session.scalars(
            select(NoticeItemRow.position).where(NoticeItemRow.notice_id == row.id)
        ).all()
    )
    audit.record(
        session,
        actor,
        event,
        at=at,
        subject="notice",
        subject_id=row.id,
        to_state=row.state,
        reason_code=row.reason_code,
        data={"num_items": num_items},
    )
    if row.state == RECEIVED:
        enqueue(session, JOB_KIND, payload={"notice_id": row.id})
    emit(
        session,
        EventType.NOTICE_RECEIVED
        if row.state == RECEIVED
        else EventType.NOTICE_INCOMPLETE,
        marketplace=row.marketplace,
        brand_id=row.brand_id,
        data=notice_data(row, num_items),
    )

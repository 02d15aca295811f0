"""Taking a notice back, whole or in part; what rests on nothing else ends with it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Refused
from detector.events.outbox import EventType, emit
from detector.review import audit
from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.notices.give import lock_notice, notice_data
from detector.review.workflow import CLOSED
from detector.store.takedown_tables import NoticeItemRow, NoticeRow


def withdraw_notice(
    session: Session,
    notice_id: str,
    *,
    actor: Actor,
    at: datetime,
    listing_ids: Collection[str] = (),
) -> NoticeRow:
    """Take a notice back: cases that rest on nothing else end, restrictions are lifted.

    Args:
        session: that writes.
        notice_id: of the notice.
        actor: who takes it back, for the brand that gave it.
        at: now.
        listing_ids: only these, by the marketplace's own ids; all if empty.

    Raises:
        Unknown: there is no such notice of the brand.
        InvalidInput: it does not name one of them.
        Conflict: it was withdrawn before.
    """
    found = lock_notice(session, notice_id, brand_id=actor.brand_id)
    items = session.scalars(
        select(NoticeItemRow)
        .where(NoticeItemRow.notice_id == notice_id)
        .order_by(NoticeItemRow.position)
    ).all()
    wanted = set(listing_ids) or {item.external_id for item in items}
    if strangers := sorted(wanted - {item.external_id for item in items}):
        raise InvalidInput(
            f"The notice does not name {', '.join(strangers[:5])[:200]}.",
            remedy="Name listings of the notice, or none to take all of it back.",
        )
    taken = [
        item
        for item in items
        if item.external_id in wanted and item.state != "withdrawn"
    ]
    if not taken:
        raise Conflict(
            "That was withdrawn before.", remedy="There is nothing more to be done."
        )
    # All are locked in one order before anything is numbered.
    case_ids = sorted({item.case_id for item in taken if item.case_id is not None})
    cases = [lock_case(session, case_id, actor) for case_id in case_ids]
    for item in taken:
        item.state, item.decided_at = "withdrawn", at
    session.flush()
    audit.record(
        session,
        actor,
        "withdraw_notice",
        at=at,
        subject="notice",
        subject_id=notice_id,
        data={"num_items": len(taken)},
    )
    for case in cases:
        if case.state == CLOSED:
            continue
        try:
            advance(session, case.id, "withdraw", actor=actor, at=at)
        except Refused:
            continue  # something else speaks for it: it goes on
    _conclude(session, found, items, at)
    return found


def _conclude(
    session: Session, row: NoticeRow, items: Collection[NoticeItemRow], at: datetime
) -> None:
    if all(item.state == "withdrawn" for item in items):
        row.state = "withdrawn"
    row.withdrawn_at = row.updated_at = at
    session.flush()
    emit(
        session,
        EventType.NOTICE_WITHDRAWN,
        marketplace=row.marketplace,
        brand_id=row.brand_id,
        data={
            **notice_data(row, len(items)),
            "withdrawn": [i.external_id for i in items if i.state == "withdrawn"],
        },
    )

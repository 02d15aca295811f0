"""Taking a notice back, whole or in part; what rests on nothing else ends with it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Refused
from detector.events.outbox import EventType, emit
from detector.review import audit
from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.notices.give import lock_notice, notice_data, unknown_notice
from detector.review.notices.settle import conclude_notice
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
    given = session.get(NoticeRow, notice_id)
    if given is None or actor.brand_id not in (None, given.brand_id):
        raise unknown_notice(notice_id)
    items = _read_items(session, notice_id)
    wanted = set(listing_ids) or {item.external_id for item in items}
    if strangers := sorted(wanted - {item.external_id for item in items}):
        raise InvalidInput(
            f"The notice does not name {', '.join(strangers[:5])[:200]}.",
            remedy="Name listings of the notice, or none to take all of it back.",
        )
    # Cases before items, and the notice after the record: as those do who settle it.
    seen = _case_ids(item for item in items if item.external_id in wanted)
    cases = [lock_case(session, case_id, actor) for case_id in seen]
    taken = _lock_items(session, notice_id, wanted)
    if not taken:
        raise Conflict(
            "That was withdrawn before.", remedy="There is nothing more to be done."
        )
    if not set(_case_ids(taken)) <= set(seen):
        raise Conflict("A listing was given its case just now.", remedy="Try again.")
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
    row = lock_notice(session, notice_id, brand_id=actor.brand_id)
    for case in cases:
        if case.state == CLOSED:
            continue
        try:
            advance(session, case.id, "withdraw", actor=actor, at=at)
        except Refused:
            continue  # something else speaks for it: it goes on
    _conclude(session, row, at)
    return row


def _read_items(session: Session, notice_id: str) -> Sequence[NoticeItemRow]:
    query = select(NoticeItemRow).where(NoticeItemRow.notice_id == notice_id)
    return session.scalars(query.order_by(NoticeItemRow.position)).all()


def _lock_items(
    session: Session, notice_id: str, wanted: Collection[str]
) -> Sequence[NoticeItemRow]:
    """Find those of the items that were not withdrawn, and keep others from them."""
    query = (
        select(NoticeItemRow)
        .where(
            NoticeItemRow.notice_id == notice_id,
            NoticeItemRow.external_id.in_(wanted),
            NoticeItemRow.state != "withdrawn",
        )
        .order_by(NoticeItemRow.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _case_ids(items: Iterable[NoticeItemRow]) -> list[str]:
    """List the cases of items, in the order in which all lock them."""
    return sorted({item.case_id for item in items if item.case_id is not None})


def _conclude(session: Session, row: NoticeRow, at: datetime) -> None:
    items = _read_items(session, row.id)
    withdrawn = [item.external_id for item in items if item.state == "withdrawn"]
    if len(withdrawn) == len(items):
        row.state, row.withdrawn_at = "withdrawn", at
    row.updated_at = at
    session.flush()
    emit(
        session,
        EventType.NOTICE_WITHDRAWN,
        marketplace=row.marketplace,
        brand_id=row.brand_id,
        data={**notice_data(row, len(items)), "withdrawn": withdrawn},
    )
    conclude_notice(session, row.id, at)

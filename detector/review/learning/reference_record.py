"""How well each reference has done, and which ones are held back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown
from detector.review import audit
from detector.review.actor import SYSTEM, Actor
from detector.review.learning.outcome import read_outcomes
from detector.review.learning.rules import read_rules
from detector.review.standing.wilson import Share
from detector.store.case_tables import CaseRow
from detector.store.inserting import insert_new
from detector.store.standing_tables import ReferenceRecordRow
from detector.store.tables import ReferenceRow

WAITING = ("open", "claimed", "awaiting_brand", "awaiting_second")


def count_references(
    session: Session, reference_ids: Iterable[str], *, at: datetime
) -> None:
    """Count what became of references' cases; hold back those that flood the queue.

    A reference that somebody has released is not held back by rule again.

    Args:
        session: that writes.
        reference_ids: of which references.
        at: now; the end of the window.
    """
    query = select(ReferenceRow.id, ReferenceRow.brand_id).where(
        ReferenceRow.id.in_(sorted(set(reference_ids)))
    )
    for id, brand_id in session.execute(query.order_by(ReferenceRow.id)).all():
        row = _lock_record(session, id)
        _count(session, row, brand_id, at)
        reason = None if row.released_by else _find_flood(row)
        if reason is not None and not row.is_quarantined:
            _hold_back(session, row, SYSTEM, reason, at)
        row.updated_at = at
        session.flush()


def quarantine_reference(
    session: Session, reference_id: str, reason: str, *, actor: Actor, at: datetime
) -> ReferenceRecordRow:
    """Let a reference raise no flag any more, for a reason.

    Raises:
        Unknown: there is no such reference.
        Conflict: it is held back already.
    """
    _require_reference(session, reference_id)
    audit.record(
        session,
        actor,
        "quarantine_reference",
        at=at,
        subject="reference",
        subject_id=reference_id,
        data={"reason": reason},
    )
    row = _lock_record(session, reference_id)
    if row.is_quarantined:
        raise Conflict(
            f"The reference {reference_id} is held back already.",
            remedy="Release it, if it is to raise flags again.",
        )
    row.is_quarantined, row.quarantine_reason = True, reason
    row.released_by, row.updated_at = None, at
    session.flush()
    return row


def release_reference(
    session: Session, reference_id: str, *, actor: Actor, at: datetime
) -> ReferenceRecordRow:
    """Let a reference raise flags again.

    Raises:
        Unknown: there is no such reference.
        Conflict: it is not held back.
    """
    _require_reference(session, reference_id)
    audit.record(
        session,
        actor,
        "release_reference",
        at=at,
        subject="reference",
        subject_id=reference_id,
    )
    row = _lock_record(session, reference_id)
    if not row.is_quarantined:
        raise Conflict(
            f"The reference {reference_id} is not held back.",
            remedy="GET /v1/reference-records?quarantined=true lists those that are.",
        )
    row.is_quarantined, row.quarantine_reason = False, None
    row.released_by, row.updated_at = actor.id, at
    session.flush()
    return row


def _require_reference(session: Session, reference_id: str) -> None:
    if session.get(ReferenceRow, reference_id) is None:
        raise Unknown(
            f"There is no reference {reference_id[:100]!r}.",
            remedy="GET /v1/reference-records lists those that have a record.",
        )


def _lock_record(session: Session, reference_id: str) -> ReferenceRecordRow:
    """Find a reference's record, or make one, and keep others from it."""
    insert_new(
        session,
        ReferenceRecordRow,
        reference_id=reference_id,
        num_confirmed=0,
        num_dismissed=0,
        is_quarantined=False,
    )
    return session.get_one(
        ReferenceRecordRow,
        reference_id,
        with_for_update=True,
        populate_existing=True,
    )


def _count(
    session: Session, row: ReferenceRecordRow, brand_id: str, at: datetime
) -> None:
    since = at - timedelta(days=read_rules().quarantine.window_days)
    query = select(CaseRow.id, CaseRow.state).where(
        CaseRow.brand_id == brand_id,
        CaseRow.opened_at > since,
        cast(CaseRow.images, String).contains(row.reference_id, autoescape=True),
    )
    states = {id: state for id, state in session.execute(query)}
    decided = [id for id, state in states.items() if state not in WAITING]
    outcomes = read_outcomes(session, decided)
    row.num_confirmed = sum(outcomes.values())
    row.num_dismissed = len(outcomes) - row.num_confirmed


def _find_flood(row: ReferenceRecordRow) -> str | None:
    rule = read_rules().quarantine
    share = Share(row.num_confirmed, row.num_confirmed + row.num_dismissed)
    upper = share.upper
    if share.num < rule.num_decided or upper is None or upper >= rule.confirmed_rate:
        return None
    return (
        f"Of {share.num} decided cases {share.count} were confirmed: at most "
        f"{upper:.3f}, below {rule.confirmed_rate}."
    )


def _hold_back(
    session: Session,
    row: ReferenceRecordRow,
    actor: Actor,
    reason: str,
    at: datetime,
) -> None:
    row.is_quarantined, row.quarantine_reason = True, reason
    audit.record(
        session,
        actor,
        "quarantine_reference",
        at=at,
        subject="reference",
        subject_id=row.reference_id,
        data={"reason": reason},
    )

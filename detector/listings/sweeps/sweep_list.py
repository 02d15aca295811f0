"""Sweeps as records: asked for, listed, canceled."""

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.changes import last_change
from detector.errors import Conflict, Unknown
from detector.store.jobs import enqueue
from detector.store.listing_tables import SweepRow
from detector.store.paging import SortKey, page
from detector.store.table import utc_now

KIND = "sweep"
OPEN_STATES = ("queued", "running")
MAX_OPEN = 5
"""Sweeps that may wait: another one would find what these will have found."""


def add_sweep(
    session: Session,
    *,
    from_seq: int,
    to_seq: int,
    brand_id: str | None,
    days: int,
    max_looks: int,
    created_by: str | None,
) -> SweepRow:
    """Record a sweep and its job in one transaction.

    Args:
        session: of the transaction.
        from_seq: change of the catalogue before the first that is swept.
        to_seq: the last change that is swept.
        brand_id: whose references; all brands' if None.
        days: listings that were received in these last days count.
        max_looks: most listings to be looked at again.
        created_by: who asked; None if nobody had to.
    """
    row = SweepRow(
        id="swp_" + uuid.uuid4().hex,
        brand_id=brand_id,
        from_seq=from_seq,
        to_seq=to_seq,
        since=utc_now() - timedelta(days=days),
        max_looks=max_looks,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    enqueue(session, KIND, payload={"sweep_id": row.id})
    return row


def ask_for_full_sweep(
    session: Session,
    *,
    brand_id: str | None,
    days: int,
    max_looks: int,
    created_by: str,
) -> SweepRow:
    """Ask for a sweep of all references, of a brand or of all of them.

    Pictures whose results have seen a reference are not held against it again: what is
    left is what earlier sweeps did not reach.

    Raises:
        UnknownBrand: there is no such brand.
        Conflict: too many are waiting.
    """
    if brand_id is not None:
        find_brand(session, brand_id)
    query = select(func.count()).where(
        SweepRow.state.in_(OPEN_STATES), SweepRow.created_by.is_not(None)
    )
    if session.execute(query).scalar_one() >= MAX_OPEN:
        raise Conflict(
            f"{MAX_OPEN} sweeps are waiting already.",
            remedy="Ask again once some have ended, or cancel them.",
        )
    return add_sweep(
        session,
        from_seq=0,
        to_seq=last_change(session),
        brand_id=brand_id,
        days=days,
        max_looks=max_looks,
        created_by=created_by,
    )


def find_sweep(session: Session, sweep_id: str, *, is_locked: bool = False) -> SweepRow:
    """Look a sweep up.

    Raises:
        Unknown: there is no such sweep.
    """
    row = session.get(SweepRow, sweep_id, with_for_update=is_locked or None)
    if row is None:
        raise Unknown(
            f"There is no sweep {sweep_id[:100]!r}.",
            remedy="The list of sweeps names the ids.",
        )
    return row


def list_sweeps(
    session: Session, *, cursor: str | None, limit: int
) -> tuple[list[SweepRow], str | None]:
    """List sweeps in pages, the oldest first."""
    keys: list[SortKey] = [SweepRow.created_at, SweepRow.id]
    return page(session, select(SweepRow), keys=keys, cursor=cursor, limit=limit)


def count_sweeps(session: Session) -> dict[str, int]:
    """Count the sweeps in each state."""
    groups = select(SweepRow.state, func.count()).group_by(SweepRow.state)
    return {state: count for state, count in session.execute(groups)}


def cancel_sweep(session: Session, sweep_id: str) -> SweepRow:
    """End a sweep before its next chunk; nothing that it found is looked at.

    Raises:
        Unknown: there is no such sweep.
        Conflict: it has ended.
    """
    row = find_sweep(session, sweep_id, is_locked=True)
    if row.state not in OPEN_STATES:
        raise Conflict(
            f"The sweep is {row.state} already.",
            remedy="Only sweeps that are queued or running can be canceled.",
        )
    row.state, row.finished_at = "canceled", utc_now()
    return row

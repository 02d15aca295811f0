"""The queue of listings that wait to be scanned, and how many more it takes."""

import math
import uuid
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from detector.errors import QueueFull
from detector.store.jobs import clock_of
from detector.store.listing_tables import ListingRow
from detector.store.table import utc_now
from detector.store.work_tables import JobRow

SCAN_KIND = "listing_scan"
MAX_ATTEMPTS = 5
"""Of a scan, before it is given up; a process that is killed costs one."""
PACE = timedelta(minutes=1)
"""Over which it is measured how fast listings are scanned."""
MAX_RETRY_S = 600
"""Longest time that a sender is told to wait."""
IDLE_RETRY_S = 60
"""What it is told while nothing is scanned."""


def require_room(session: Session, num_scans: int, *, max_queued: int) -> None:
    """Refuse what the queue has no room for; an empty one takes whatever comes.

    Raises:
        QueueFull: with the time after which there should be room.
    """
    if num_scans == 0:
        return
    waiting = _num_waiting(session)
    if waiting == 0 or waiting + num_scans <= max_queued:
        return
    raise QueueFull(
        f"{waiting:,} listings wait to be scanned, and {max_queued:,} may; there is no "
        f"room for {num_scans:,} more. Nothing of this was taken.",
        remedy="Send it again after the time in Retry-After, or let more `detector "
        "worker` processes run.",
        retry_after_s=_time_until_room(session, waiting + num_scans - max_queued),
    )


def ask_for_scans(session: Session, versions: Mapping[str, int]) -> None:
    """Have listings scanned.

    Args:
        session: of the transaction that asks.
        versions: listing → version; nothing is done for one that has moved on.
    """
    if not versions:
        return
    now = session.scalar(select(clock_of(session)))
    session.execute(
        insert(JobRow),
        [
            {
                "id": "job_" + uuid.uuid4().hex,
                "kind": SCAN_KIND,
                "payload": {"listing_id": id, "version": version, "attempt": 0},
                "max_attempts": MAX_ATTEMPTS,
                "run_at": now,
                "created_at": now,
            }
            for id, version in versions.items()
        ],
    )


def _num_waiting(session: Session) -> int:
    """Count listings that wait, or scans: several versions of one may be waiting.

    A listing with an error waits for nobody here, but for another try to fetch from its
    marketplace.
    """
    listings = select(func.count()).where(
        ListingRow.state == "queued", ListingRow.error.is_(None)
    )
    scans = select(func.count()).where(
        JobRow.state.in_(("ready", "leased")), JobRow.kind == SCAN_KIND
    )
    return max(session.scalar(listings) or 0, session.scalar(scans) or 0)


def _time_until_room(session: Session, num_over: int) -> int:
    """Guess by how fast listings were scanned of late, in seconds."""
    since = utc_now() - PACE
    # What was scanned was changed then, too, and by that it is found quickly.
    scanned = select(func.count()).where(
        ListingRow.updated_at >= since, ListingRow.scanned_at >= since
    )
    num_scanned = session.scalar(scanned) or 0
    if num_scanned == 0:
        return IDLE_RETRY_S
    return max(1, min(MAX_RETRY_S, math.ceil(num_over * PACE.seconds / num_scanned)))

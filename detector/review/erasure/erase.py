"""Erasure: asked for by one person, approved by another, done, and reported.

All of it is one transaction: whoever looks sees all of the data, or none. What is on
legal hold, or needed by a case that has not ended, stops it.
"""

import shutil
import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Refused, Unknown
from detector.listings.intake.given_pictures import senders_clock
from detector.listings.pictures.keep import CLOCK as PICTURE_CLOCK
from detector.review import audit
from detector.review.actor import SYSTEM, Actor
from detector.review.advance import lock_case
from detector.review.erasure.brand import erase_brand
from detector.review.erasure.obstacles import find_obstacles
from detector.review.erasure.pictures import erase_pictures
from detector.review.erasure.subject import (
    Belongings,
    Subject,
    SubjectKind,
    find_belongings,
    read_subject,
)
from detector.review.erasure.texts import (
    erase_cases,
    erase_listings,
    erase_seller,
    erase_shared_cases,
    erase_traces,
)
from detector.review.following import leave_case
from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.clock import next_seq
from detector.store.listing_tables import ListingRow
from detector.store.paging import page
from detector.store.purge import purge
from detector.store.store import Store
from detector.store.takedown_tables import ErasureRow

PROPOSED, BLOCKED, DONE, REJECTED = "proposed", "blocked", "done", "rejected"
WAITING = (PROPOSED, BLOCKED)
KEPT = (
    "The record of what was done, with hashes and our ids alone; decisions, by their "
    "codes; a tombstone for each picture. Backups keep what they hold until they are "
    "deleted."
)


def propose_erasure(
    session: Session,
    *,
    kind: str,
    subject_id: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> ErasureRow:
    """Ask for an erasure; somebody else has to approve it.

    Raises:
        InvalidInput: it names no subject.
        Unknown: nothing is kept of it.
        Conflict: somebody has asked for it already.
    """
    subject = read_subject(kind, subject_id)
    find_belongings(session, subject)
    twin = session.scalar(
        select(ErasureRow.id).where(
            ErasureRow.subject_sha256 == subject.sha256, ErasureRow.state.in_(WAITING)
        )
    )
    if twin is not None:
        raise Conflict(
            f"The erasure {twin} of the same waits for approval.",
            remedy="Let somebody else approve it, or reject it.",
        )
    row = ErasureRow(
        id="ers_" + uuid.uuid4().hex,
        subject=subject.kind.value,
        subject_id=subject.id,
        subject_sha256=subject.sha256,
        reason=reason,
        proposed_by=actor.id,
        created_at=at,
    )
    session.add(row)
    _record(session, row, "erasure_proposed", actor, at)
    return row


def approve_erasure(
    store: Store, erasure_id: str, *, actor: Actor, at: datetime
) -> ErasureRow:
    """Approve an erasure, and do it.

    Args:
        store: where everything is.
        erasure_id: which one; one that was blocked may be tried again.
        actor: who approves; not whoever asked for it.
        at: now.

    Returns:
        How it stands: `done` with a report, or `blocked` with what is in the way.

    Raises:
        Unknown: there is none.
        Refused: it was settled already, or asked for by the same person.
        Busy: the database's files could not be written anew; do `finish_erasure`.
    """
    with store.database.write() as session:
        row = _waiting(session, erasure_id)
        if row.proposed_by == actor.id:
            raise Refused(
                "It takes two people to erase: you have asked for it yourself.",
                remedy="Let somebody else approve it.",
            )
        row.approved_by = actor.id
        subject = Subject(SubjectKind(row.subject), str(row.subject_id))
        found = _lock(session, subject)
        in_the_way = find_obstacles(session, subject, found)
        if in_the_way:
            row.state, row.report = BLOCKED, {"blocked_by": in_the_way}
            _record(session, row, "erasure_blocked", actor, at)
        else:
            row.report = _erase(store, session, row, subject, found, at)
            row.state, row.finished_at, row.subject_id = DONE, at, None
            _record(session, row, "erasure_done", actor, at)
        is_done = row.state == DONE
    if is_done:
        finish_erasure(store, forgets_index=subject.kind is SubjectKind.BRAND)
    with store.database.read() as session:
        return find_erasure(session, erasure_id)


def finish_erasure(store: Store, *, forgets_index: bool = False) -> None:
    """Let nothing of what was erased be left in files; harmless at any time.

    Args:
        store: where the files are.
        forgets_index: delete the snapshots of the search index, too, which the next
            service that starts makes anew; running ones have followed the catalogue.

    Raises:
        Busy: others use the database all the time.
    """
    store.blobs.sweep()
    if forgets_index:
        for snapshot in store.index_folder.iterdir():
            shutil.rmtree(snapshot, ignore_errors=True)
    purge(store.database)


def reject_erasure(
    session: Session, erasure_id: str, *, actor: Actor, at: datetime
) -> ErasureRow:
    """Turn an erasure down.

    Raises:
        Unknown: there is none.
        Refused: it was settled already.
    """
    row = _waiting(session, erasure_id)
    row.state, row.finished_at = REJECTED, at
    _record(session, row, "erasure_rejected", actor, at)
    return row


def find_erasure(session: Session, erasure_id: str) -> ErasureRow:
    """Look an erasure up.

    Raises:
        Unknown: there is none.
    """
    row = session.get(ErasureRow, erasure_id)
    if row is None:
        raise Unknown(
            f"There is no erasure {erasure_id[:100]!r}.",
            remedy="GET /v1/erasures lists them.",
        )
    return row


def list_erasures(
    session: Session, *, state: str | None, cursor: str | None, limit: int
) -> tuple[list[ErasureRow], str | None]:
    """List erasures in pages."""
    query = select(ErasureRow)
    if state is not None:
        query = query.where(ErasureRow.state == state)
    return page(session, query, keys=[ErasureRow.id], cursor=cursor, limit=limit)


def _waiting(session: Session, erasure_id: str) -> ErasureRow:
    find_erasure(session, erasure_id)
    row = session.get_one(
        ErasureRow, erasure_id, with_for_update=True, populate_existing=True
    )
    if row.state not in WAITING:
        raise Refused(
            f"The erasure is {row.state}.", remedy="Propose another one if need be."
        )
    return row


def _lock(session: Session, subject: Subject) -> Belongings:
    """Keep others from what there is, in the order in which all lock it."""
    for name in sorted(find_belongings(session, subject).marketplaces):
        next_seq(session, senders_clock(name), 0)
    next_seq(session, PICTURE_CLOCK, 0)
    found = find_belongings(session, subject)
    ids = ListingRow.id.in_(found.listings)
    query = select(ListingRow.id).where(ids).order_by(ListingRow.id)
    session.execute(query.with_for_update())
    for case_id in sorted({*found.cases, *found.shared}):
        lock_case(session, case_id, SYSTEM)
    return found


def _erase(
    store: Store,
    session: Session,
    row: ErasureRow,
    subject: Subject,
    found: Belongings,
    at: datetime,
) -> dict[str, object]:
    for case_id, listing_id in _open_parts(session, found):
        case = session.get_one(CaseRow, case_id)
        leave_case(session, case, listing_id, at=at)
    session.flush()
    if subject.kind is SubjectKind.BRAND:
        counts = erase_brand(store, session, subject.id)
    else:
        counts = erase_pictures(
            store, session, found.listings, erasure_id=row.id, reason=row.reason, at=at
        )
    erase_shared_cases(session, found.shared, found.listings)
    erase_listings(session, found.listings)
    erase_cases(session, found.cases)
    erase_seller(session, subject, found.former)
    session.flush()
    traces = erase_traces(session, found)
    return {
        "erased": {
            "listings": len(found.listings),
            "cases": len(found.cases),
            **counts,
            **traces,
        },
        "kept": KEPT,
    }


def _open_parts(session: Session, found: Belongings) -> list[tuple[str, str]]:
    part = CaseListingRow
    theirs = part.listing_id.in_([*found.listings, *found.former])
    query = (
        select(part.case_id, part.listing_id)
        .where(or_(theirs, part.case_id.in_(found.cases)), part.is_open)
        .where(part.case_id.in_([*found.cases, *found.shared]))
        .order_by(part.case_id, part.listing_id)
    )
    return [(case_id, listing_id) for case_id, listing_id in session.execute(query)]


def _record(
    session: Session, row: ErasureRow, event: str, actor: Actor, at: datetime
) -> None:
    session.flush()
    audit.record(
        session,
        actor,
        event,
        at=at,
        subject="erasure",
        subject_id=row.id,
        data={"kind": row.subject, "subject_sha256": row.subject_sha256},
    )

"""Gives away what is kept no longer: evidence of closed cases, names, old records.

Each case is a transaction of its own: whatever is cut short goes on the next time. What
is on hold stays, whatever its age.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from detector.listings.pictures.keep import CLOCK as PICTURE_CLOCK
from detector.review.clocks.deadlines import APPEAL_WINDOW
from detector.review.policy import Policy, read_policy
from detector.review.workflow import CLOSED
from detector.store.audit_tables import ActorRow, AuditRow
from detector.store.case_tables import CaseListingRow, CaseRow, DeadlineRow
from detector.store.clock import next_seq
from detector.store.database import Database
from detector.store.holds import is_evidence, is_held
from detector.store.listing_tables import (
    FlagRow,
    ListingRow,
    PictureRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.store import Store
from detector.store.table import UtcDateTime
from detector.store.tables import ImageRow
from detector.store.takedown_tables import ActionRow

KEEP_NAMES_YEARS = 2
"""How long the record tells who did something; then, that somebody did."""
KEEP_AUDIT = timedelta(days=5 * 366)
"""Five years, whichever of them had a leap day; the database refuses less."""
BATCH = 200

ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Retired:
    """How much was given away.

    Attributes:
        cases: whose evidence is kept no longer.
        pictures: whose bytes were deleted.
        actors: whose names were taken off the record.
        entries: of the record that were deleted.
    """

    cases: int
    pictures: int
    actors: int
    entries: int


def retire(
    store: Store, at: datetime, *, should_stop: ShouldStop = lambda: False
) -> Retired:
    """Give away what is kept no longer; for once a day.

    Args:
        store: where everything is.
        at: now.
        should_stop: asked between cases; what is left is for the next time.
    """
    num_cases = num_pictures = 0
    for case_id in _due_cases(store.database, at):
        if should_stop():
            break
        gone = _retire_case(store, case_id, at)
        if gone is not None:
            num_cases, num_pictures = num_cases + 1, num_pictures + gone
    return Retired(
        cases=num_cases,
        pictures=num_pictures,
        actors=_forget_names(store.database, at),
        entries=_forget_entries(store.database, at, should_stop),
    )


def _due_cases(database: Database, at: datetime) -> list[str]:
    with database.read() as session:
        names = session.scalars(select(CaseRow.marketplace).distinct()).all()
        due: list[str] = []
        for name in sorted(names):
            policy = read_policy(session, name).policy
            query = select(CaseRow.id).where(
                CaseRow.marketplace == name, _is_due(policy, at)
            )
            due += session.scalars(query.order_by(CaseRow.id))
        return due


def _is_due(policy: Policy, at: datetime) -> ColumnElement[bool]:
    """Say of a case that its evidence has been kept for long enough.

    A dismissed case's is kept for some time, a restriction's for longer, counted from
    when nobody could appeal any more.
    """
    dismissed_until = at - timedelta(days=policy.keep_dismissed_days)
    restricted_until = at - timedelta(days=policy.keep_evidence_days)
    case = CaseRow
    was_restricted = or_(
        case.closure == "court_order",
        exists().where(
            ActionRow.case_id == case.id, ActionRow.requested_at.is_not(None)
        ),
    )
    window_ends = (
        select(func.max(DeadlineRow.due_at, type_=UtcDateTime()))
        .where(DeadlineRow.case_id == case.id, DeadlineRow.kind == APPEAL_WINDOW)
        .scalar_subquery()
    )
    on_hold = exists().where(
        CaseListingRow.case_id == case.id,
        ListingRow.id == CaseListingRow.listing_id,
        is_held(),
    )
    return and_(
        case.state == CLOSED,
        case.closed_at <= dismissed_until,
        or_(case.retired_at.is_(None), case.retired_at < case.closed_at),
        or_(
            ~was_restricted,
            and_(
                case.closed_at <= restricted_until,
                or_(window_ends.is_(None), window_ends <= restricted_until),
            ),
        ),
        ~on_hold,
    )


def _retire_case(store: Store, case_id: str, at: datetime) -> int | None:
    """Give a case's evidence away; return how many pictures went, None if it stays."""
    with store.database.write() as session:
        # Who looks at pictures holds this, too, and then locks listings.
        next_seq(session, PICTURE_CLOCK, 0)
        found = session.get_one(CaseRow, case_id)
        policy = read_policy(session, found.marketplace).policy
        query = select(CaseRow).where(CaseRow.id == case_id, _is_due(policy, at))
        query = query.with_for_update(of=CaseRow)
        case = session.scalar(query.execution_options(populate_existing=True))
        if case is None:
            return None
        parts = session.scalars(
            select(CaseListingRow).where(CaseListingRow.case_id == case_id)
        ).all()
        images = [*case.images, *(i for p in parts for i in _images(p.snapshot))]
        digests = {str(image["sha256"]) for image in images}
        gone = _release(store, session, digests, case)
        if gone is None:
            return None
        for part in parts:
            part.snapshot = {
                name: value if name == "images" else None
                for name, value in part.snapshot.items()
            }
        case.retired_at = at
        return gone


def _images(snapshot: Mapping[str, object]) -> list[dict[str, object]]:
    images = snapshot.get("images")
    return images if isinstance(images, list) else []


def _release(
    store: Store, session: Session, digests: Iterable[str], case: CaseRow
) -> int | None:
    """Delete the bytes of pictures that nothing else rests on; None if some just came.

    Their hashes and vectors go with the listings that show them.
    """
    pictures = session.scalars(
        select(PictureRow)
        .where(PictureRow.sha256.in_(sorted(digests)), PictureRow.is_kept)
        .order_by(PictureRow.sha256)
        .with_for_update()
    ).all()
    free = [row for row in pictures if not _is_needed(session, row.sha256, case)]
    for row in free:
        is_reference = session.get(ImageRow, row.sha256) is not None
        if not is_reference and not store.blobs.delete(row.sha256):
            return None
        row.is_kept = False
    return len(free)


def _is_needed(session: Session, digest: str, case: CaseRow) -> bool:
    """Say whether something beside a case rests on a picture's bytes."""
    watched = exists().where(WatchedPictureRow.picture_sha256 == digest)
    was_looked_at = exists().where(
        CaseListingRow.listing_id == FlagRow.listing_id,
        CaseListingRow.brand_id == FlagRow.brand_id,
    )
    waits = exists().where(
        FlagRow.listing_id == ListingRow.id,
        FlagRow.state != "withdrawn",
        ~was_looked_at,
    )
    shown = exists().where(
        SightingRow.picture_sha256 == digest,
        ListingRow.id == SightingRow.listing_id,
        or_(is_evidence(but_for=case.id), is_held(), waits),
    )
    return bool(session.scalar(select(or_(watched, shown))))


def _forget_names(database: Database, at: datetime) -> int:
    """Take names off the record of years that are over for long enough."""
    is_old = and_(
        ActorRow.year < at.year - KEEP_NAMES_YEARS,
        or_(ActorRow.principal.is_not(None), ActorRow.name.is_not(None)),
    )
    with database.write() as session:
        ids = session.scalars(select(ActorRow.id).where(is_old)).all()
        session.execute(
            update(ActorRow)
            .where(ActorRow.id.in_(ids))
            .values(principal=None, name=None),
            execution_options={"synchronize_session": False},
        )
    return len(ids)


def _forget_entries(database: Database, at: datetime, should_stop: ShouldStop) -> int:
    """Delete the oldest entries of the record, but for the newest: others follow it.

    Entries of what is on hold stay, and with them all that came later, so that what is
    left is a chain without a gap.
    """
    num_deleted = 0
    while not should_stop():
        with database.write() as session:
            last = _last_to_go(session, at)
            query = select(AuditRow.seq).where(AuditRow.seq <= last)
            batch = session.scalars(query.order_by(AuditRow.seq).limit(BATCH)).all()
            session.execute(
                delete(AuditRow).where(AuditRow.seq.in_(batch)),
                execution_options={"synchronize_session": False},
            )
        num_deleted += len(batch)
        if len(batch) < BATCH:
            break
    return num_deleted


def _last_to_go(session: Session, at: datetime) -> int:
    newest = session.scalar(select(func.max(AuditRow.seq))) or 0
    on_hold = exists().where(
        CaseListingRow.case_id == AuditRow.case_id,
        ListingRow.id == CaseListingRow.listing_id,
        is_held(),
    )
    stays = select(func.min(AuditRow.seq)).where(
        or_(AuditRow.at >= at - KEEP_AUDIT, on_hold)
    )
    return min(session.scalar(stays) or newest, newest) - 1

"""The nightly look at everybody's standing: by rule alone, on record, told to them."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from detector.events.outbox import EventType, emit
from detector.review import audit
from detector.review.actor import SYSTEM
from detector.review.standing.metrics import Figures, measure
from detector.review.standing.rules import Held, Step, judge, read_rules
from detector.review.standing.tier import Subject, Tier, read_standing
from detector.store.database import Database
from detector.store.inserting import insert_new
from detector.store.standing_tables import StandingRow
from detector.store.takedown_tables import NoticeRow


def evaluate_standing(database: Database, at: datetime) -> int:
    """Let everybody's figures lead to the tier that the rules name.

    Done twice for the same time, or by two processes at once, it changes nothing more.

    Args:
        database: in which notices are.
        at: now; the end of the window.

    Returns:
        How many tiers changed, or were warned of.
    """
    with database.read() as session:
        subjects = _find_subjects(session)
    num_changed = 0
    for subject, subject_id in subjects:
        with database.write() as session:
            num_changed += _evaluate(session, subject, subject_id, at)
    return num_changed


def measure_subject(
    session: Session, subject: Subject, subject_id: str, at: datetime
) -> Figures:
    """Count what became of somebody's notices, over the window of the rules."""
    rules = read_rules()
    return measure(
        session,
        _whose(subject, subject_id),
        at=at,
        window_days=rules.window_days,
        z=rules.z,
    )


def read_held(row: StandingRow | None) -> Held:
    """Say where somebody stands; whoever never entered a tier is new."""
    if row is None:
        return Held()
    return Held(Tier(row.tier), row.created_at, row.warned_at, row.locked_until)


def write_step(
    session: Session,
    subject: Subject,
    subject_id: str,
    *,
    step: Step,
    held: StandingRow | None,
    figures: Figures,
    at: datetime,
) -> StandingRow | None:
    """Enter a tier, on record; None if somebody else has done so just now."""
    before = "" if held is None else held.id
    seed = f"{subject}\0{subject_id}\0{before}"
    id = "std_" + sha256(seed.encode()).hexdigest()[:24]
    is_new = insert_new(
        session,
        StandingRow,
        id=id,
        subject=subject.value,
        subject_id=subject_id,
        tier=step.tier.value,
        reason=step.reason,
        figures=figures.as_json(),
        warned_at=step.warned_at,
        locked_until=step.locked_until,
        created_at=at,
    )
    return session.get_one(StandingRow, id) if is_new else None


def _evaluate(
    session: Session, subject: Subject, subject_id: str, at: datetime
) -> bool:
    held = read_standing(session, subject, subject_id)
    if held is not None and held.created_at >= at:
        return False
    figures = measure_subject(session, subject, subject_id, at)
    # Trust is a brand's to earn; of whoever gives notice only misuse is noted.
    step = judge(read_held(held), figures, at=at, may_rise=subject is Subject.BRAND)
    if step is None:
        return False
    row = write_step(
        session, subject, subject_id, step=step, held=held, figures=figures, at=at
    )
    if row is None:
        return False
    previous = Tier.NEW if held is None else Tier(held.tier)
    data: dict[str, object] = {
        "subject": subject.value,
        "previous_tier": previous.value,
        "tier": row.tier,
        "is_warning": row.warned_at is not None,
        "reason": row.reason,
        "figures": row.figures,
        "loses_it_at": None
        if row.warned_at is None
        else (row.warned_at + timedelta(days=read_rules().warning.days)).isoformat(),
        "locked_until": None
        if row.locked_until is None
        else row.locked_until.isoformat(),
    }
    audit.record(
        session,
        SYSTEM,
        "change_standing",
        at=at,
        subject="standing",
        subject_id=row.id,
        data=data,
    )
    if subject is Subject.BRAND:
        emit(
            session,
            EventType.STANDING_CHANGED,
            marketplace=None,
            brand_id=subject_id,
            data={"brand_id": subject_id, **data},
        )
    return True


def _find_subjects(session: Session) -> list[tuple[Subject, str]]:
    found = {
        (Subject(subject), subject_id)
        for subject, subject_id in session.execute(
            select(StandingRow.subject, StandingRow.subject_id).distinct()
        )
    }
    brands = session.scalars(select(NoticeRow.brand_id).distinct())
    found |= {(Subject.BRAND, brand_id) for brand_id in brands}
    addresses = session.scalars(select(_address()).distinct())
    found |= {(Subject.NOTIFIER, address) for address in addresses if address}
    return sorted(found)


def _whose(subject: Subject, subject_id: str) -> ColumnElement[bool]:
    if subject is Subject.BRAND:
        return NoticeRow.brand_id == subject_id
    return _address() == subject_id


def _address() -> ColumnElement[str]:
    return func.lower(NoticeRow.notifier["email"].as_string())

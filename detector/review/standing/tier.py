"""The tier that somebody is in."""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.store.standing_tables import StandingRow


class Tier(StrEnum):
    """How far somebody is trusted."""

    NEW = "new"
    STANDARD = "standard"
    GOOD_FAITH = "good_faith"
    RESTRICTED = "restricted"


class Subject(StrEnum):
    """Of whom a standing is kept."""

    BRAND = "brand"
    NOTIFIER = "notifier"
    SELLER = "seller"


def read_standing(
    session: Session, subject: Subject, subject_id: str
) -> StandingRow | None:
    """Find the newest standing; None if there never was one."""
    query = (
        select(StandingRow)
        .where(StandingRow.subject == subject, StandingRow.subject_id == subject_id)
        .order_by(StandingRow.created_at.desc(), StandingRow.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def read_tier(session: Session, subject: Subject, subject_id: str) -> Tier:
    """Say which tier somebody is in; whoever never entered one is new."""
    row = read_standing(session, subject, subject_id)
    return Tier.NEW if row is None else Tier(row.tier)

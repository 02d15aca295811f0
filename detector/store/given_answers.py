"""Answers given once, for those who send a request again with its Idempotency-Key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, update

from detector.store.database import Database
from detector.store.inserting import insert_new
from detector.store.table import utc_now
from detector.store.work_tables import GivenAnswerRow

KEPT = timedelta(hours=24)
LOCKED = timedelta(seconds=30)
"""How long a claim holds by itself; then its process is taken to have died."""
BATCH_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to give an answer; `made_at` tells it from a later one."""

    id: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What was answered; `body` is None if it was not to be kept.

    Attributes:
        fingerprint: of the request.
    """

    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None


def claim_answer(database: Database, answer_id: str) -> Claim | GivenAnswer | None:
    """Claim an answer that nobody has given yet.

    Returns:
        The claim, or the answer if there is one; None while somebody works on it.
    """
    now = utc_now()
    with database.write() as session:
        insert_new(
            session,
            GivenAnswerRow,
            id=answer_id,
            headers={},
            locked_until=now,
            created_at=now,
        )
        row = session.get_one(GivenAnswerRow, answer_id, with_for_update=True)
        if row.created_at > now - KEPT:
            if row.status is not None:
                return GivenAnswer(
                    row.fingerprint or "", row.status, row.headers, row.body
                )
            if row.locked_until > now:
                return None
        row.fingerprint = row.status = row.body = None
        row.created_at, row.locked_until = now, now + LOCKED
        return Claim(answer_id, now)


def renew_claim(database: Database, claim: Claim) -> None:
    """Hold on to a claim for a while longer, if it is still held."""
    with database.write() as session:
        session.execute(
            update(GivenAnswerRow)
            .where(_is_held(claim))
            .values(locked_until=utc_now() + LOCKED)
        )


def keep_answer(database: Database, claim: Claim, answer: GivenAnswer) -> None:
    """Keep what is answered, unless somebody else has taken over."""
    with database.write() as session:
        session.execute(
            update(GivenAnswerRow)
            .where(_is_held(claim))
            .values(
                fingerprint=answer.fingerprint,
                status=answer.status,
                headers=dict(answer.headers),
                body=answer.body,
            )
        )


def release_claim(database: Database, claim: Claim) -> None:
    """Let the next request with that key be worked on."""
    with database.write() as session:
        session.execute(delete(GivenAnswerRow).where(_is_held(claim)))


def forget_old_answers(database: Database) -> int:
    """Delete what was kept long enough, some at a time; return how many there were."""
    old = select(GivenAnswerRow.id).where(GivenAnswerRow.created_at <= utc_now() - KEPT)
    num_deleted = 0
    while True:
        with database.write() as session:
            ids = list(session.scalars(old.limit(BATCH_SIZE)))
            session.execute(delete(GivenAnswerRow).where(GivenAnswerRow.id.in_(ids)))
        num_deleted += len(ids)
        if len(ids) < BATCH_SIZE:
            return num_deleted


def _is_held(claim: Claim) -> ColumnElement[bool]:
    return and_(
        GivenAnswerRow.id == claim.id,
        GivenAnswerRow.created_at == claim.made_at,
        GivenAnswerRow.status.is_(None),
    )

"""The record of what was done, to be read: in pages, or all of it as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from detector.review.queue.claiming import WAITS_FOR_SECOND
from detector.review.queue.scope import Scope
from detector.store.audit_tables import ActorRow, AuditRow
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.paging import page


@dataclass(frozen=True, slots=True)
class AuditView:
    """Something that was done.

    Attributes:
        row: as recorded.
        actor: who did it.
    """

    row: AuditRow
    actor: ActorRow


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which rows are wanted; None leaves all.

    Attributes:
        case_id: that they belong to.
        subject: kind of thing it was done to.
        subject_id: which one.
        event: what it was.
        actor_id: who did it, as the record names them.
        actor: what whoever did it is called.
        since: then or later.
        until: before then.
    """

    case_id: str | None = None
    subject: str | None = None
    subject_id: str | None = None
    event: str | None = None
    actor_id: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def list_audit(
    session: Session,
    wanted: AuditFilter,
    *,
    scope: Scope,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[AuditView], str | None]:
    """List what was done in pages, in the order of commits or against it.

    Whoever may be asked for a second opinion does not find the first one here.
    """
    rows, next_cursor = page(
        session,
        _query(wanted, scope),
        keys=[AuditRow.seq],
        cursor=cursor,
        limit=limit,
        is_descending=newest_first,
    )
    return _views(session, rows), next_cursor


def read_audit(
    session: Session, wanted: AuditFilter, *, scope: Scope
) -> Iterator[AuditView]:
    """Yield all of it, the oldest first."""
    cursor: str | None = None
    while True:
        views, cursor = list_audit(
            session, wanted, scope=scope, cursor=cursor, limit=1_000
        )
        yield from views
        if cursor is None:
            return


def is_secret(person: str | None) -> ColumnElement[bool]:
    """Say of a row that it would show somebody the first opinion before theirs.

    Nor does it show what else whoever gave it did to the case: a claim says whose it
    is.

    Args:
        person: who looks; what they said themselves is no secret to them.
    """
    return exists().where(
        CaseRow.id == AuditRow.case_id,
        CaseRow.state == WAITS_FOR_SECOND,
        DecisionRow.case_id == CaseRow.id,
        DecisionRow.state == "pending",
        DecisionRow.decided_by != (person or ""),
        ActorRow.id == AuditRow.actor_id,
        or_(
            AuditRow.to_state == WAITS_FOR_SECOND,
            ActorRow.principal == DecisionRow.decided_by,
        ),
    )


def _query(wanted: AuditFilter, scope: Scope) -> Select[AuditRow]:
    query = select(AuditRow)
    for column, value in (
        (AuditRow.case_id, wanted.case_id),
        (AuditRow.subject, wanted.subject),
        (AuditRow.subject_id, wanted.subject_id),
        (AuditRow.event, wanted.event),
        (AuditRow.actor_id, wanted.actor_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.actor is not None:
        called = select(ActorRow.id).where(ActorRow.name == wanted.actor)
        query = query.where(AuditRow.actor_id.in_(called))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    if scope.is_blind:
        query = query.where(~is_secret(scope.person))
    return query


def _views(session: Session, rows: list[AuditRow]) -> list[AuditView]:
    some = ActorRow.id.in_({row.actor_id for row in rows})
    actors = {row.id: row for row in session.scalars(select(ActorRow).where(some))}
    return [AuditView(row, actors[row.actor_id]) for row in rows]

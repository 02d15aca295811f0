"""What reviewers say to each other about a case."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from detector.review import audit
from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.move import Given
from detector.store.case_tables import CaseRow, CommentRow


def add_comment(
    session: Session, case_id: str, text: str, *, actor: Actor, at: datetime
) -> CommentRow:
    """Add a comment; nobody outside the platform sees it.

    Raises:
        Unknown: there is no such case.
    """
    case = lock_case(session, case_id, actor)
    row = CommentRow(
        id="cmt_" + uuid.uuid4().hex,
        case_id=case.id,
        author=actor.id,
        text=text,
        created_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "comment",
        at=at,
        subject="case",
        subject_id=case.id,
        case_id=case.id,
        data={"comment_id": row.id},
    )
    return row


def take_noted_step(
    session: Session,
    case_id: str,
    event: str,
    note: str,
    *,
    actor: Actor,
    at: datetime,
    version: int | None = None,
) -> CaseRow:
    """Take a case a step that has to be explained, and keep the words as a comment.

    Args:
        session: that writes.
        case_id: of the case.
        event: what happens.
        note: why, in words; they go to nobody outside.
        actor: who causes it.
        at: when.
        version: of the case that the actor saw.
    """
    add_comment(session, case_id, note, actor=actor, at=at)
    move = advance(
        session,
        case_id,
        event,
        actor=actor,
        at=at,
        given=Given(note=note),
        version=version,
    )
    return move.case

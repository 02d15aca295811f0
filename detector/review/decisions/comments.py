"""What reviewers say to each other about a case."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from detector.review import audit
from detector.review.actor import Actor
from detector.review.advance import lock_case
from detector.store.case_tables import CommentRow


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

"""What people other than reviewers put on record about a case, without ceremony."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from detector.review.actor import Actor
from detector.store.case_tables import CaseRow, QuestionRow
from detector.store.takedown_tables import AppealRow, NoticeItemRow, NoticeRow


def add_question(
    session: Session, case: CaseRow, brand: Actor, at: datetime, *, answer: str | None
) -> str:
    """Ask the brand; with an answer it is answered at once. Return the id."""
    row = QuestionRow(
        id=uuid.uuid4().hex,
        case_id=case.id,
        brand_id=case.brand_id,
        state="open" if answer is None else "answered",
        template="t",
        text="Is it yours?",
        asked_by="user:ann",
        due_at=at,
        answer=answer,
        answered_by=None if answer is None else brand.id,
        answered_at=None if answer is None else at,
    )
    session.add(row)
    session.flush()
    return row.id


def add_notice(session: Session, case: CaseRow, brand: Actor, *, state: str) -> str:
    """Let the brand give notice of a case's listing."""
    row = NoticeRow(
        id=uuid.uuid4().hex,
        brand_id=case.brand_id,
        marketplace=case.marketplace,
        state=state,
        notifier={},
        claim_type="trademark",
        reason_code="counterfeit_mark",
        explanation="It is.",
        created_by=brand.id,
    )
    session.add(row)
    session.flush()
    item = NoticeItemRow(notice_id=row.id, position=0, external_id="l", case_id=case.id)
    session.add(item)
    session.flush()
    return row.id


def withdraw_notices(session: Session, case_id: str) -> None:
    session.execute(
        update(NoticeItemRow)
        .where(NoticeItemRow.case_id == case_id)
        .values(state="withdrawn")
    )


def has_live_appeal(session: Session, case_id: str, kind: str | None = None) -> bool:
    query = select(AppealRow.id).where(
        AppealRow.case_id == case_id,
        AppealRow.state.in_(("received", "forwarded", "in_review")),
    )
    if kind is not None:
        query = query.where(AppealRow.kind == kind)
    return session.scalar(query.limit(1)) is not None


def add_appeal(session: Session, case_id: str, at: datetime, *, kind: str) -> str:
    row = AppealRow(
        id=uuid.uuid4().hex,
        case_id=case_id,
        kind=kind,
        grounds="other",
        explanation="It was wrong.",
        created_by="key:mkt",
        received_at=at,
    )
    session.add(row)
    session.flush()
    return row.id

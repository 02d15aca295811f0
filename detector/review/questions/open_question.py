"""The question of a case that waits for its answer; it ends with the waiting."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.review.move import Move
from detector.store.case_tables import QuestionRow


def lock_open_question(session: Session, case_id: str) -> QuestionRow | None:
    """Find the question of a case that waits for an answer, and keep others from it."""
    query = (
        select(QuestionRow)
        .where(QuestionRow.case_id == case_id, QuestionRow.state == "open")
        .order_by(QuestionRow.asked_at.desc())
        .limit(1)
        .with_for_update()
    )
    return session.scalar(query.execution_options(populate_existing=True))


def withdraw_question(move: Move) -> None:
    """Ask no longer: the case goes on, or ended, without the brand's answer."""
    question = lock_open_question(move.session, move.case.id)
    if question is not None:
        question.state = "withdrawn"

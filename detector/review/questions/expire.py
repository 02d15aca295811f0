"""A question that the brand did not answer in time gives the case back."""

from datetime import datetime

from sqlalchemy.orm import Session

from detector.review.actor import SYSTEM
from detector.review.advance import advance, lock_case
from detector.review.move import Given
from detector.review.questions.open_question import lock_open_question

ASKED = "awaiting_brand"


def expire_question(session: Session, case_id: str, at: datetime) -> None:
    """End the open question of a case; silence is noted, and says nothing else."""
    case = lock_case(session, case_id, SYSTEM)
    question = lock_open_question(session, case_id)
    if question is not None:
        question.state = "expired"
    if case.state == ASKED:
        data = {} if question is None else {"question_id": question.id}
        advance(
            session,
            case_id,
            "brand_silent",
            actor=SYSTEM,
            at=at,
            given=Given(data=data),
        )

"""The brand's answer: evidence with a name to it; where it is trusted, an act."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Unknown
from detector.review.actor import Actor
from detector.review.advance import advance, lock_case
from detector.review.decisions.decide import Kind, Opinion, write_decision
from detector.review.move import Given
from detector.review.tell import write_time
from detector.store.case_tables import QuestionRow

STATEMENTS = {
    "good_faith": "I believe in good faith that what I say is so.",
    "accuracy": "What I say is accurate and complete as far as I know.",
}
"""What somebody signs, by name; each version of a text is a new name."""


class AnswerKind(StrEnum):
    """What a brand says of a listing."""

    GENUINE = "genuine"
    AUTHORIZED = "authorized"
    COUNTERFEIT = "counterfeit"
    CANNOT_TELL = "cannot_tell"


def answer_question(
    session: Session,
    question_id: str,
    answer: AnswerKind,
    *,
    actor: Actor,
    at: datetime,
    explanation: str | None = None,
    signed: Collection[str] = (),
    act_on: Opinion | None = None,
) -> QuestionRow:
    """Write a brand's answer down; the case goes back to the reviewers.

    Args:
        session: that writes.
        question_id: of the question.
        answer: what the brand says.
        actor: who answers for it.
        at: when.
        explanation: what they go by.
        signed: names of `STATEMENTS`; who calls it a counterfeit signs all of them.
        act_on: a restriction that the answer is to lead to by itself, where the brand
            is trusted and the marketplace allows it.

    Raises:
        Unknown: there is no such question to this brand.
        Conflict: it was answered, taken back, or is over.
        InvalidInput: a statement is missing.
        Refused: the answer cannot act by itself; nothing is written then.
    """
    found = session.get(QuestionRow, question_id)
    if found is None or found.brand_id != actor.brand_id:
        raise unknown_question(question_id)
    case = lock_case(session, found.case_id, actor)
    question = session.get_one(
        QuestionRow, question_id, with_for_update=True, populate_existing=True
    )
    if question.state != "open":
        raise Conflict(
            f"The question is {question.state}.",
            remedy="Nothing more is asked; the case goes on with what it has.",
        )
    missing = sorted(STATEMENTS.keys() - set(signed))
    if answer is AnswerKind.COUNTERFEIT and missing:
        raise InvalidInput(
            f"To call something a counterfeit, sign {', '.join(missing)} as well.",
            remedy="Send these names in signed; they stand for "
            + " ".join(STATEMENTS[name] for name in missing),
        )
    question.state, question.answer = "answered", answer.value
    question.explanation, question.answered_by = explanation, actor.id
    question.answered_at = at
    question.statements = {
        name: {"text": STATEMENTS[name], "signed_at": write_time(at)}
        for name in sorted(set(signed) & STATEMENTS.keys())
    }
    session.flush()
    data = {"question_id": question.id, "answer": answer.value}
    if act_on is None or answer is not AnswerKind.COUNTERFEIT:
        advance(session, case.id, "answer", actor=actor, at=at, given=Given(data=data))
        return question
    decision = write_decision(session, case, act_on, actor=actor, at=at)
    advance(
        session,
        case.id,
        "confirm_and_act",
        actor=actor,
        at=at,
        given=Given(
            reason_code=act_on.reason_code,
            right_id=act_on.right_id,
            decision_id=decision.id,
            statements=question.statements,
            data=data,
        ),
    )
    return question


def restriction(reason_code: str, right_id: str | None) -> Opinion:
    """Say what a brand's confirmation is to lead to."""
    return Opinion(Kind.RESTRICT, reason_code, right_id=right_id)


def unknown_question(question_id: str) -> Unknown:
    """Say that there is no such question, or none that the caller may know of."""
    return Unknown(
        f"There is no question {question_id[:100]!r}.",
        remedy="GET /v1/brand-questions lists those to your brand.",
    )

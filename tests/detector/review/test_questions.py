from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from detector.errors import Conflict, InvalidInput, LeaseHeld, Refused, Unknown
from detector.review.actor import SYSTEM, Actor
from detector.review.questions.answer import (
    AnswerKind,
    answer_question,
    restriction,
)
from detector.review.questions.ask import ask_brand, take_question_back
from detector.review.questions.expire import expire_question
from detector.review.questions.question_list import find_question, list_questions
from detector.store.case_tables import QuestionRow
from detector.store.event_tables import EventRow
from detector.store.standing_tables import StandingRow
from tests.detector.review.review_world import ANN, LEX, Cases

SIGNED = ("good_faith", "accuracy")


def asked(cases: Cases, template: str = "is_it_yours") -> tuple[str, str]:
    """Ask the brand about a new case; return the ids of case and question."""
    case_id = cases.open(title="Runner, red")
    token = cases.claim(case_id)
    with cases.database.write() as session:
        row = ask_brand(
            session,
            case_id,
            actor=ANN,
            at=cases.now,
            lease_token=token,
            template=template,
        )
        return case_id, row.id


def answered(
    cases: Cases,
    question_id: str,
    answer: AnswerKind,
    *,
    actor: Actor | None = None,
    **given: Any,
) -> None:
    actor = actor or cases.brand()
    with cases.database.write() as session:
        answer_question(
            session, question_id, answer, actor=actor, at=cases.now, **given
        )


def question(cases: Cases) -> QuestionRow:
    with cases.database.read() as session:
        return session.scalars(select(QuestionRow)).one()


def trust(cases: Cases) -> None:
    """Put the brand into good standing, and let its word act."""
    cases.set_policy(brand_confirmation_acts=True, second_review_tiers=[])
    brand_id = cases.brand().brand_id
    with cases.database.write() as session:
        session.add(
            StandingRow(
                id="st1",
                subject="brand",
                subject_id=brand_id,
                tier="good_faith",
                reason="by rule",
                figures={},
            )
        )


def test_the_brand_is_told_what_is_asked_and_until_when_but_not_by_whom(cases):
    case_id, question_id = asked(cases)
    assert cases.case(case_id).state == "awaiting_brand"
    row = question(cases)
    assert row.due_at == cases.now + timedelta(hours=48)
    assert "“Runner, red” on market" in row.text
    with cases.database.read() as session:
        event = session.scalars(
            select(EventRow).where(EventRow.type == "brand.confirmation_requested")
        ).one()
    assert event.data["question_id"] == question_id
    assert event.data["question"] == row.text
    assert "ann" not in str(event.data).lower()


def test_an_answer_is_evidence_and_gives_the_case_back(cases):
    case_id, question_id = asked(cases)
    answered(cases, question_id, AnswerKind.COUNTERFEIT, signed=SIGNED)
    case = cases.case(case_id)
    assert case.state == "open"
    assert case.signals["brand_confirmed"]["value"] == "counterfeit"
    row = question(cases)
    assert (row.state, row.answered_by) == ("answered", "user:acme")
    assert row.statements.keys() == set(SIGNED)


def test_an_answer_corroborates_a_restriction(cases):
    case_id, question_id = asked(cases)
    right = cases.add_right()
    answered(cases, question_id, AnswerKind.COUNTERFEIT, signed=SIGNED)
    token = cases.claim(case_id)
    case = cases.step(
        case_id,
        "restrict",
        ANN,
        lease_token=token,
        reason_code="counterfeit_mark",
        right_id=right,
    )
    assert case.state == "awaiting_second"  # the brand is new


def test_who_calls_it_a_counterfeit_signs(cases):
    case_id, question_id = asked(cases)
    with pytest.raises(InvalidInput, match="sign accuracy as well"):
        answered(cases, question_id, AnswerKind.COUNTERFEIT, signed=("good_faith",))
    assert cases.case(case_id).state == "awaiting_brand"
    answered(cases, question_id, AnswerKind.GENUINE)
    assert cases.case(case_id).signals["brand_confirmed"]["direction"] == "against"


def test_a_question_is_answered_once_and_by_its_brand_only(cases):
    _, question_id = asked(cases)
    with pytest.raises(Unknown):
        answered(cases, question_id, AnswerKind.GENUINE, actor=cases.brand("other"))
    answered(cases, question_id, AnswerKind.GENUINE)
    with pytest.raises(Conflict, match="is answered"):
        answered(cases, question_id, AnswerKind.CANNOT_TELL)


def test_silence_gives_the_case_back_and_says_nothing_else(cases):
    case_id, question_id = asked(cases)
    for _ in range(2):
        with cases.database.write() as session:
            expire_question(session, case_id, cases.later(hours=48))
    case = cases.case(case_id)
    assert (case.state, case.is_brand_silent) == ("open", True)
    assert case.signals["brand_confirmed"]["value"] is None
    with pytest.raises(Conflict, match="is expired"):
        answered(cases, question_id, AnswerKind.GENUINE)


def test_a_question_can_be_taken_back(cases):
    case_id, _ = asked(cases)
    with cases.database.write() as session:
        take_question_back(session, case_id, actor=ANN, at=cases.now)
    assert question(cases).state == "withdrawn"
    assert cases.case(case_id).state == "open"


def test_asking_takes_the_lease_and_a_question_that_there_is(cases):
    case_id = cases.open()
    token = cases.claim(case_id)
    given: dict[str, Any] = {"actor": ANN, "at": cases.now}
    with pytest.raises(LeaseHeld), cases.database.write() as session:
        ask_brand(session, case_id, lease_token="x", template="is_it_yours", **given)
    with (
        pytest.raises(InvalidInput, match="There is no question"),
        cases.database.write() as session,
    ):
        ask_brand(session, case_id, lease_token=token, template="why", **given)
    with cases.database.read() as session:
        assert session.scalars(select(QuestionRow)).all() == []


def test_the_word_of_a_brand_in_good_standing_acts_where_that_is_allowed(cases):
    case_id, question_id = asked(cases)
    act = restriction("counterfeit_mark", cases.add_right())
    with pytest.raises(Refused, match="does not act by itself"):
        answered(cases, question_id, AnswerKind.COUNTERFEIT, signed=SIGNED, act_on=act)
    assert question(cases).state == "open"
    trust(cases)
    answered(cases, question_id, AnswerKind.COUNTERFEIT, signed=SIGNED, act_on=act)
    assert cases.case(case_id).state == "action_pending"
    (decision,) = cases.decisions(case_id)
    assert (decision.decided_by, decision.role) == ("user:acme", "brand")
    assert decision.undo_until is not None


def test_a_program_of_a_trusted_brand_does_not_act(cases):
    _, question_id = asked(cases)
    trust(cases)
    person = cases.brand()
    program = type(person)(
        "key:abc", person.party, "a program", brand_id=person.brand_id
    )
    with pytest.raises(Refused, match="does not act by itself"):
        answered(
            cases,
            question_id,
            AnswerKind.COUNTERFEIT,
            signed=SIGNED,
            actor=program,
            act_on=restriction("counterfeit_mark", cases.add_right()),
        )


def test_questions_are_listed_for_their_brand_alone(cases):
    _, question_id = asked(cases)
    other, mine_id = cases.world.brand_id("other"), cases.brand().brand_id
    with cases.database.read() as session:
        mine, _ = list_questions(
            session,
            brand_id=mine_id,
            state="open",
            case_id=None,
            cursor=None,
            limit=10,
        )
        assert [view.row.id for view in mine] == [question_id]
        assert mine[0].flag_id is not None
        theirs, _ = list_questions(
            session, brand_id=other, state=None, case_id=None, cursor=None, limit=10
        )
        assert theirs == []
        with pytest.raises(Unknown):
            find_question(session, question_id, brand_id=other)


@pytest.mark.parametrize(
    ("event", "actor", "given"),
    [
        ("gone", SYSTEM, {}),
        ("order_close", LEX, {"data": {"document": "1 O 2/26"}}),
        ("order_restriction", LEX, {"data": {"document": "1 O 2/26"}}),
    ],
)
def test_a_question_ends_with_the_waiting_for_its_answer(cases, event, actor, given):
    case_id, question_id = asked(cases)
    cases.step(case_id, event, actor, **given)
    assert question(cases).state == "withdrawn"
    with pytest.raises(Conflict, match="is withdrawn"):
        answered(cases, question_id, AnswerKind.GENUINE)

"""Decisions, second opinions, undo, orders: on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from detector.errors import LeaseHeld, Refused, StaleVersion, WrongRole
from detector.review.decisions.comments import add_comment
from detector.review.decisions.decide import Kind, Opinion, decide
from detector.review.decisions.orders import Order, apply_order
from detector.review.workflow import Party
from detector.store.case_tables import CommentRow
from tests.detector.review.decisions.deciding import (
    NOTHING,
    counterfeit,
    second,
    seen,
    settle,
    speak_for,
)
from tests.detector.review.review_world import ANN, BOB, LEA, LEX, Cases


def states(cases: Cases, case_id: str) -> list[tuple[int, str, str]]:
    return [(row.opinion, row.kind, row.state) for row in cases.decisions(case_id)]


def test_a_decision_says_what_it_rests_on_and_until_when_it_can_be_undone(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    opinion, token = counterfeit(cases), cases.claim(case_id)
    cases.later(seconds=90)
    with cases.database.write() as session:
        decision_id = decide(
            session,
            case_id,
            opinion,
            actor=ANN,
            at=cases.now,
            lease_token=token,
        ).decision.id
    verdict = seen(cases, decision_id)
    row = verdict.decision
    assert (verdict.case.state, row.state, row.opinion) == (
        "action_pending",
        "effective",
        1,
    )
    assert row.corroboration == ["replica_words"]
    assert row.restriction is not None
    assert row.restriction["kind"] == "DECISION_VISIBILITY_CONTENT_REMOVED"
    assert "DE" in str(row.restriction["territories"])
    assert row.seconds == 90
    assert row.undo_until == cases.now + timedelta(seconds=30)
    assert row.told_at is None


def test_the_time_that_a_case_took_begins_when_the_one_before_was_decided(cases):
    first, ahead = cases.open("l1"), cases.open("l2")
    seconds = []
    tokens = {case_id: cases.claim(case_id) for case_id in (first, ahead)}
    for case_id, token in tokens.items():
        cases.later(seconds=40)
        with cases.database.write() as session:
            verdict = decide(
                session,
                case_id,
                NOTHING,
                actor=ANN,
                at=cases.now,
                lease_token=token,
            )
            seconds.append(verdict.decision.seconds)
    assert seconds == [40, 40]


@pytest.mark.parametrize(
    ("opinion", "says"),
    [
        (Opinion(Kind.NO_ACTION, "counterfeit_mark"), "no reason for no action"),
        (Opinion(Kind.RESTRICT, "different_product"), "no reason for restrict"),
        (Opinion(Kind.RESTRICT, "court_order"), "no reason for restrict"),
        (Opinion(Kind.RESTRICT, "counterfeit_mark"), "none is named"),
        (Opinion(Kind.RESTRICT, "counterfeit_mark", "right_none"), "none is named"),
    ],
)
def test_a_decision_without_its_grounds_leaves_no_trace(cases, opinion, says):
    case_id = cases.open()
    speak_for(cases, case_id)
    with pytest.raises(Refused, match=says):
        settle(cases, case_id, opinion)
    assert cases.decisions(case_id) == []
    assert cases.case(case_id).state == "claimed"


def test_another_brands_right_is_none(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    with pytest.raises(Refused, match="none is named"):
        settle(cases, case_id, counterfeit(cases, "zeta"))


def test_a_program_restricts_nothing(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    program = replace(ANN, id="key:ann", is_person=False)
    with pytest.raises(Refused, match="takes a person"):
        settle(cases, case_id, counterfeit(cases), program)


def test_whoever_does_not_hold_it_or_saw_another_state_decides_nothing(cases):
    case_id = cases.open()
    with pytest.raises(StaleVersion):
        settle(cases, case_id, NOTHING, version=1)
    token = cases.case(case_id).lease_token
    with pytest.raises(LeaseHeld), cases.database.write() as session:
        decide(session, case_id, NOTHING, actor=BOB, at=cases.now, lease_token=token)


def test_a_second_person_agrees(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    cases.set_policy(second_review_tiers=["new"])
    first = settle(cases, case_id, counterfeit(cases))
    assert (first.case.state, first.decision.state) == ("awaiting_second", "pending")
    assert first.decision.undo_until is None
    with pytest.raises(Refused, match="somebody else's"):
        cases.claim(case_id, ANN)
    verdict = second(cases, case_id, counterfeit(cases), BOB)
    assert verdict.case.state == "action_pending"
    assert states(cases, case_id) == [
        (1, "restrict", "effective"),
        (2, "restrict", "effective"),
    ]
    cases.step(case_id, "undo", LEA)
    assert {state for _, _, state in states(cases, case_id)} == {"undone"}


def test_two_who_disagree_leave_it_to_a_lead_whose_word_then_holds(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    cases.set_policy(second_review_tiers=["new"])
    settle(cases, case_id, counterfeit(cases))
    verdict = second(cases, case_id, NOTHING, BOB)
    assert (verdict.case.state, verdict.case.queue) == ("open", "leads")
    assert states(cases, case_id) == [
        (1, "restrict", "overruled"),
        (2, "no_action", "overruled"),
    ]
    with pytest.raises(Refused, match="waits for a lead"):
        cases.claim(case_id, BOB)
    last = settle(cases, case_id, counterfeit(cases), LEA)
    assert (last.case.state, last.decision.state) == ("action_pending", "effective")


def test_a_lead_who_was_contradicted_does_not_settle_it_alone(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    cases.set_policy(second_review_tiers=["new"])
    settle(cases, case_id, counterfeit(cases), LEA)
    second(cases, case_id, NOTHING, BOB)
    again = settle(cases, case_id, counterfeit(cases), LEA)
    assert (again.case.state, again.decision.state) == ("awaiting_second", "pending")


def test_only_one_holds_it_for_the_second_opinion(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    cases.set_policy(second_review_tiers=["new"])
    settle(cases, case_id, counterfeit(cases))
    cases.claim(case_id, BOB)
    with pytest.raises(Refused, match="Somebody else works on it"):
        cases.claim(case_id, LEA)
    cases.later(minutes=11)
    cases.claim(case_id, LEA)


def test_a_lead_voids_a_first_opinion(cases):
    case_id = cases.open()
    speak_for(cases, case_id)
    cases.set_policy(second_review_tiers=["new"])
    settle(cases, case_id, counterfeit(cases))
    with pytest.raises(Refused, match="note is needed"):
        cases.step(case_id, "void", LEA)
    case = cases.step(case_id, "void", LEA, note="Opened by mistake.")
    assert (case.state, case.closure) == ("closed", "void")
    assert states(cases, case_id) == [(1, "restrict", "void")]


def test_whoever_dismissed_a_case_can_undo_it_and_others_cannot(cases):
    case_id = cases.open()
    verdict = settle(cases, case_id, NOTHING)
    assert (verdict.case.state, verdict.case.closure) == ("closed", "no_action")
    with pytest.raises(Refused, match="Somebody else decided"):
        cases.step(case_id, "undo", BOB)
    assert cases.step(case_id, "undo", ANN).state == "open"
    assert states(cases, case_id) == [(1, "no_action", "undone")]
    again = settle(cases, case_id, replace(NOTHING, reason_code="duplicate"))
    assert again.case.closure == "duplicate"


def test_a_court_is_obeyed_whatever_was_decided(cases):
    case_id = cases.open()
    settle(cases, case_id, NOTHING)
    with cases.database.write() as session:
        apply_order(
            session,
            case_id,
            Order.RESTRICTION,
            actor=LEX,
            at=cases.now,
            document="7 O 12/26",
        )
    assert cases.case(case_id).state == "action_pending"
    assert states(cases, case_id) == [
        (1, "no_action", "overruled"),
        (1, "restrict", "effective"),
    ]
    assert cases.audit(case_id)[-1].data == {"document": "7 O 12/26"}
    assert cases.audit(case_id)[-1].reason_code == "court_order"


def test_an_order_needs_its_document_and_the_legal_department(cases):
    case_id = cases.open()
    for actor, document, error in (
        (LEX, "", "document has to show it"),
        (replace(LEX, party=Party.LEAD), "7 O 12/26", "cannot do that"),
    ):
        with (
            pytest.raises((Refused, WrongRole), match=error),
            cases.database.write() as session,
        ):
            apply_order(
                session,
                case_id,
                Order.CLOSE,
                actor=actor,
                at=cases.now,
                document=document,
            )
    assert cases.decisions(case_id) == []


def test_no_program_restricts_by_order(cases):
    case_id = cases.open()
    program = replace(LEX, id="key:lex", is_person=False)
    with (
        pytest.raises(Refused, match="takes a person"),
        cases.database.write() as session,
    ):
        apply_order(
            session,
            case_id,
            Order.RESTRICTION,
            actor=program,
            at=cases.now,
            document="7 O 12/26",
        )
    assert cases.case(case_id).state == "open"


def test_a_comment_is_on_record_without_its_words(cases):
    case_id = cases.open()
    with cases.database.write() as session:
        add_comment(session, case_id, "Look at the seam.", actor=ANN, at=cases.now)
    with cases.database.read() as session:
        (row,) = session.query(CommentRow)
        assert (row.author, row.text) == (ANN.id, "Look at the seam.")
    last = cases.audit(case_id)[-1]
    assert (last.event, last.data) == ("comment", {"comment_id": row.id})

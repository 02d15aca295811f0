from dataclasses import replace

import pytest
from sqlalchemy import select

from detector.errors import Conflict, InvalidInput, LeaseHeld, Refused, Unknown
from detector.review.actor import Actor
from detector.review.appeals.decide import opinion, overturn, uphold, withdraw_appeal
from detector.review.appeals.receive import complete_appeal
from detector.review.decisions.decide import Kind, Opinion
from detector.review.decisions.orders import Order, apply_order
from detector.review.workflow import Party
from detector.store.case_tables import CaseRow
from detector.store.takedown_tables import AppealRow
from tests.detector.review.actions.acting import actions, say, send
from tests.detector.review.appeals.appealing import (
    BECAUSE,
    CONTACT,
    LAWFUL,
    appeal,
    complaint,
    decide,
    outcome_told,
    restricted,
    row,
    take,
)
from tests.detector.review.decisions.deciding import settle
from tests.detector.review.facts import add_notice
from tests.detector.review.review_world import ANN, APP, LEX, MKT, Cases


def test_an_appeal_that_is_upheld_ends_the_case_with_reasons(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    assert (found.state, cases.case(case_id).state) == ("received", "appealed")
    token = take(cases, found.id)
    with pytest.raises(Refused, match="has to give its reasons"):
        decide(cases, uphold, found.id, lease_token=token, answer="No.")
    with pytest.raises(LeaseHeld):
        decide(cases, uphold, found.id, lease_token="another")
    decide(cases, uphold, found.id, lease_token=token)
    case = cases.case(case_id)
    assert (case.state, case.closure) == ("closed", "final_upheld")
    assert (row(cases, found.id).state, row(cases, found.id).decided_by) == (
        "upheld",
        APP.id,
    )
    told = outcome_told(cases)
    assert (told["outcome"], told["answer"]) == ("upheld", BECAUSE)
    assert APP.id not in str(told)
    assert APP.name not in str(told)


def test_what_was_wrong_is_lifted(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    decide(cases, overturn, found.id, lease_token=take(cases, found.id))
    assert cases.case(case_id).state == "reinstating"
    (decision,) = cases.decisions(case_id)
    assert decision.state == "overturned"
    (lift,) = actions(cases, case_id, "lift")
    say(cases, lift)
    case = cases.case(case_id)
    assert (case.state, case.closure) == ("closed", "reinstated")


def test_who_decided_the_case_does_not_decide_the_appeal(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    ann = Actor(ANN.id, Party.APPEALS, "Ann", is_person=True)
    with pytest.raises(Refused, match="does not decide the appeal"):
        take(cases, found.id, ann)


def test_a_program_takes_no_appeal_up(cases):
    found = appeal(cases, restricted(cases))
    with pytest.raises(Refused, match="takes a person"):
        take(cases, found.id, replace(APP, id="key:app", is_person=False))


def test_who_upheld_a_decision_does_not_decide_the_next_appeal(cases):
    case_id, brand = dismissed(cases), cases.brand()
    first = appeal(cases, case_id, complaint("notifier_complaint"), brand)
    decide(cases, uphold, first.id, lease_token=take(cases, first.id))
    again = appeal(cases, case_id, complaint("notifier_complaint"), brand)
    with pytest.raises(Refused, match="does not decide the appeal"):
        take(cases, again.id)


def test_nobody_completes_what_the_other_side_has_sent(cases):
    lacking = complaint("notifier_complaint", signed=())
    found = appeal(cases, dismissed(cases), lacking, cases.brand())
    with (
        pytest.raises(Conflict, match="not the sender's"),
        cases.database.write() as session,
    ):
        complete_appeal(
            session, found.id, complaint(signed=()), actor=MKT, at=cases.now
        )
    assert row(cases, found.id).kind == "notifier_complaint"


def test_an_order_to_lift_ends_the_appeal(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    with cases.database.write() as session:
        apply_order(
            session,
            case_id,
            Order.LIFT,
            actor=LEX,
            at=cases.now,
            document="7 O 12/26",
            note="For us alone.",
        )
    assert row(cases, found.id).state == "lapsed"
    assert outcome_told(cases)["answer"] is None


@pytest.mark.parametrize(
    ("regime", "given", "pointers"),
    [
        ("EU-DSA", {"explanation": "No!"}, {"/explanation"}),
        ("EU-DSA", {"signed": ()}, {"/signed"}),
        (
            "US-DMCA",
            {"kind": "counter_notice"},
            {
                "/signed",
                "/contact/name",
                "/contact/address",
                "/contact/phone",
                "/contact/signature",
            },
        ),
        ("CN-ECL", {"kind": "counter_notice"}, {"/contact/name", "/documents"}),
    ],
)
def test_what_is_missing_is_told_and_can_be_sent(cases, regime, given, pointers):
    case_id = restricted(cases, regime)
    found = appeal(cases, case_id, complaint(**given))
    assert found.state == "incomplete"
    assert {each["pointer"] for each in found.missing} == pointers
    assert cases.case(case_id).state == "actioned"
    whole = complaint(
        given.get("kind", "seller_complaint"),
        signed=LAWFUL,
        contact=CONTACT,
        documents=[{"kind": "invoice", "reference": "r1"}],
    )
    with cases.database.write() as session:
        complete_appeal(session, found.id, whole, actor=MKT, at=cases.now)
    assert cases.case(case_id).state in ("appealed", "awaiting_claimant")
    with pytest.raises(Conflict), cases.database.write() as session:
        complete_appeal(session, found.id, whole, actor=MKT, at=cases.now)


def test_there_is_nothing_to_appeal_against_before_a_restriction(cases):
    case_id = cases.open()
    with pytest.raises(Refused, match="appeal is nothing that can happen"):
        appeal(cases, case_id)
    with cases.database.read() as session:
        assert session.scalars(select(AppealRow)).all() == []


def test_sellers_and_brands_appeal_against_what_concerns_them(cases):
    case_id = restricted(cases)
    with pytest.raises(InvalidInput, match="Sellers appeal through"):
        appeal(cases, case_id, actor=cases.brand())
    with pytest.raises(InvalidInput):
        appeal(cases, case_id, complaint("notifier_complaint"))
    with pytest.raises(InvalidInput, match="no ground"):
        appeal(cases, case_id, complaint(grounds="spite"))
    other = Actor("key:x", Party.MARKETPLACE, "x", marketplace="another")
    with pytest.raises(Unknown):
        appeal(cases, case_id, actor=other)


def dismissed(cases: Cases) -> str:
    """Dismiss a case of which the brand has given notice, and tell it."""
    case_id = cases.open()
    brand = cases.brand()
    with cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        add_notice(session, case, brand, state="received")
    settle(cases, case_id, Opinion(Kind.NO_ACTION, "different_product", note="No."))
    send(cases, case_id)
    return case_id


def test_a_notifier_can_complain_that_nothing_was_done(cases):
    case_id = dismissed(cases)
    found = appeal(cases, case_id, complaint("notifier_complaint"), cases.brand())
    token = take(cases, found.id)
    with pytest.raises(Refused):
        decide(cases, overturn, found.id, lease_token=token)
    decide(
        cases,
        overturn,
        found.id,
        lease_token=token,
        restriction=opinion("counterfeit_mark", cases.add_right()),
    )
    assert cases.case(case_id).state == "action_pending"
    assert cases.decisions(case_id)[-1].decided_by == APP.id


def test_a_complaint_that_is_taken_back_leaves_the_case_closed(cases):
    case_id = dismissed(cases)
    brand = cases.brand()
    found = appeal(cases, case_id, complaint("notifier_complaint"), brand)
    with cases.database.write() as session:
        withdraw_appeal(session, found.id, actor=brand, at=cases.now)
    case = cases.case(case_id)
    assert (case.state, case.closure) == ("closed", "no_action")
    assert row(cases, found.id).state == "withdrawn"


def test_a_seller_can_take_an_appeal_back(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    with cases.database.write() as session:
        withdraw_appeal(session, found.id, actor=MKT, at=cases.now)
    assert cases.case(case_id).state == "actioned"
    with pytest.raises(Conflict), cases.database.write() as session:
        withdraw_appeal(session, found.id, actor=MKT, at=cases.now)

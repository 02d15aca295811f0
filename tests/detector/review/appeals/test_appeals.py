from typing import Any

import pytest
from sqlalchemy import select

from detector.errors import (
    Conflict,
    InvalidInput,
    LeaseHeld,
    Refused,
    Unknown,
    WrongRole,
)
from detector.review.actor import Actor
from detector.review.appeals.appeal import AppealKind, GivenAppeal
from detector.review.appeals.appeal_list import (
    AppealFilter,
    find_appeal,
    list_appeals,
)
from detector.review.appeals.decide import (
    answer_as_claimant,
    opinion,
    overturn,
    take_appeal,
    uphold,
    withdraw_appeal,
)
from detector.review.appeals.receive import complete_appeal, receive_appeal
from detector.review.decisions.decide import Kind, Opinion
from detector.review.workflow import Party
from detector.store.case_tables import CaseRow
from detector.store.event_tables import EventRow
from detector.store.takedown_tables import AppealRow
from tests.detector.review.actions.acting import action_of, actions, decided, say, send
from tests.detector.review.decisions.deciding import settle
from tests.detector.review.facts import add_notice
from tests.detector.review.review_world import ANN, APP, LEX, MKT, Cases

WHY = "I bought it in the brand's own store; here is the receipt."
CONTACT = {"name": "Sam", "address": "1 Main St", "phone": "1", "signature": "/s/ Sam"}
LAWFUL = ("truth", "perjury", "jurisdiction")
BECAUSE = "The receipt shows that the goods are genuine."


def restricted(cases: Cases, regime: str = "EU-DSA") -> str:
    """Restrict a listing, as far as the marketplace says so."""
    cases.set_policy(regime=regime, second_review_share=0, second_review_tiers=[])
    case_id = decided(cases)
    send(cases, case_id)
    say(cases, action_of(cases, case_id))
    assert cases.case(case_id).state == "actioned"
    return case_id


def complaint(kind: str = "seller_complaint", **given: Any) -> GivenAppeal:
    return GivenAppeal(
        **{
            "kind": AppealKind(kind),
            "grounds": "genuine_second_hand",
            "explanation": WHY,
            "signed": ("truth",),
            **given,
        }
    )


def appeal(
    cases: Cases, case_id: str, given: GivenAppeal | None = None, actor: Actor = MKT
) -> AppealRow:
    with cases.database.write() as session:
        id = receive_appeal(
            session, case_id, given or complaint(), actor=actor, at=cases.now
        ).id
    return row(cases, id)


def row(cases: Cases, appeal_id: str) -> AppealRow:
    with cases.database.read() as session:
        return session.get_one(AppealRow, appeal_id)


def take(cases: Cases, appeal_id: str, actor: Actor = APP) -> str:
    with cases.database.write() as session:
        case = take_appeal(session, appeal_id, actor=actor, at=cases.now)
        assert case.lease_token is not None
        return case.lease_token


def decide(cases: Cases, verb: Any, appeal_id: str, **given: Any) -> None:
    with cases.database.write() as session:
        verb(
            session,
            appeal_id,
            **{"actor": APP, "at": cases.now, "answer": BECAUSE, **given},
        )


def outcome_told(cases: Cases) -> Any:
    with cases.database.read() as session:
        query = select(EventRow).where(EventRow.type == "appeal.decided")
        return session.scalars(query).one().data


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


@pytest.mark.parametrize("regime", ["US-DMCA", "CN-ECL"])
def test_a_counter_notice_goes_to_the_claimant_at_once(cases, regime):
    case_id = restricted(cases, regime)
    given = complaint(
        "counter_notice",
        signed=LAWFUL,
        contact=CONTACT,
        documents=[{"kind": "invoice", "reference": "r1"}],
    )
    found = appeal(cases, case_id, given)
    assert (found.state, found.forwarded_at) == ("forwarded", cases.now)
    assert cases.case(case_id).state == "awaiting_claimant"
    assert "appeal.forwarded" in cases.told()


def test_a_suit_keeps_the_restriction(cases):
    case_id = restricted(cases, "US-DMCA")
    given = complaint("counter_notice", signed=LAWFUL, contact=CONTACT)
    found = appeal(cases, case_id, given)
    decide_as = {"at": cases.now, "actor": cases.brand()}
    with cases.database.write() as session:
        answer_as_claimant(session, found.id, document="1:26-cv-1", **decide_as)
    case = cases.case(case_id)
    assert (case.state, case.is_litigated) == ("actioned", True)
    assert row(cases, found.id).state == "upheld"


def test_the_legal_team_can_show_a_suit_and_the_claimant_can_give_in(cases):
    case_id = restricted(cases, "US-DMCA")
    given = complaint("counter_notice", signed=LAWFUL, contact=CONTACT)
    found = appeal(cases, case_id, given)
    with (
        pytest.raises(WrongRole, match="legal cannot do that"),
        cases.database.write() as session,
    ):
        answer_as_claimant(session, found.id, document=None, actor=LEX, at=cases.now)
    brand = cases.brand()
    with cases.database.write() as session:
        answer_as_claimant(session, found.id, document=None, actor=brand, at=cases.now)
    assert cases.case(case_id).state == "reinstating"
    assert row(cases, found.id).state == "overturned"


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


def test_a_brand_learns_of_appeals_that_were_forwarded_to_it_only(cases):
    case_id = restricted(cases)
    found = appeal(cases, case_id)
    brand = cases.brand()
    with cases.database.read() as session, pytest.raises(Unknown):
        find_appeal(session, found.id, brand_id=brand.brand_id, marketplace=None)
    with cases.database.write() as session, pytest.raises(Unknown):
        withdraw_appeal(session, found.id, actor=brand, at=cases.now)
    with cases.database.read() as session:
        wanted = AppealFilter(brand_id=brand.brand_id)
        assert list_appeals(session, wanted, cursor=None, limit=5) == ([], None)
        views, _ = list_appeals(session, AppealFilter(), cursor=None, limit=5)
        assert [view.row.id for view in views] == [found.id]

"""Counter-notices that go on to the claimant, under the laws that ask for it."""

import pytest

from detector.errors import Conflict, Unknown, WrongRole
from detector.review.appeals.appeal_list import AppealFilter, find_appeal, list_appeals
from detector.review.appeals.decide import answer_as_claimant, withdraw_appeal
from detector.review.appeals.receive import forward_appeal
from detector.review.clocks.firing import fire_due
from tests.detector.review.appeals.appealing import (
    CONTACT,
    LAWFUL,
    appeal,
    complaint,
    outcome_told,
    restricted,
    row,
)
from tests.detector.review.review_world import APP, LEX, MKT


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


def test_nobody_is_late_with_an_appeal_that_waits_for_the_claimant(cases):
    case_id = restricted(cases, "CN-ECL")
    document = {"kind": "invoice", "reference": "r1"}
    given = complaint("counter_notice", contact=CONTACT, documents=[document])
    appeal(cases, case_id, given)
    cases.later(hours=73)
    fire_due(cases.database, cases.now)
    assert "deadline.missed" not in cases.told()
    cases.later(days=16)
    fire_due(cases.database, cases.now)
    assert cases.case(case_id).state == "reinstating"


def test_what_is_decided_is_not_forwarded(cases):
    case_id = restricted(cases, "CN-ECL")
    first = appeal(cases, case_id)
    with cases.database.write() as session:
        withdraw_appeal(session, first.id, actor=MKT, at=cases.now)
    appeal(cases, case_id)
    with (
        pytest.raises(Conflict, match="is withdrawn"),
        cases.database.write() as session,
    ):
        forward_appeal(session, first.id, actor=APP, at=cases.now)
    assert cases.case(case_id).state == "appealed"


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
    assert outcome_told(cases)["answer"] == "The claimant has taken the claim back."


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

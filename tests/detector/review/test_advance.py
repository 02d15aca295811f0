import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from detector.errors import (
    LeaseHeld,
    Refused,
    StaleVersion,
    StoreFault,
    Unknown,
    WrongRole,
)
from detector.review.advance import advance
from detector.review.audit import FIRST, seal
from detector.review.effects import EFFECTS
from detector.review.following import follow_flag
from detector.review.guards.table import GUARDS
from detector.review.workflow import WORKFLOW
from detector.store.audit_tables import AuditRow
from tests.detector.review.review_world import ANN, BOB, LEA, MKT


def test_the_table_names_nothing_that_is_not_there():
    for row in WORKFLOW.transitions:
        assert row.state in WORKFLOW.states, row.number
        assert row.closure in {None, *WORKFLOW.closures}, row.number
        assert (row.closure is not None) == (row.state == "closed"), row.number
        assert set(row.guards) <= GUARDS.keys(), row.number
        assert set(row.effects) <= EFFECTS.keys(), row.number
        for source in row.sources:
            state, _, closure = source.partition(":")
            assert state in WORKFLOW.states, row.number
            assert closure in {"", *WORKFLOW.closures}, row.number
    numbers = [row.number for row in WORKFLOW.transitions]
    assert len(numbers) == len(set(numbers))


def test_everything_in_the_tables_of_guards_and_effects_is_used():
    assert GUARDS.keys() == {g for row in WORKFLOW.transitions for g in row.guards}
    assert EFFECTS.keys() == {e for row in WORKFLOW.transitions for e in row.effects}


def test_a_flag_opens_a_case_and_a_claim_keeps_others_out(cases):
    case_id = cases.open()
    assert cases.case(case_id).state == "open"
    cases.claim(case_id, ANN)
    with pytest.raises(Refused, match="claim is nothing that can happen"):
        cases.step(case_id, "claim", BOB)
    with pytest.raises(LeaseHeld):
        cases.step(case_id, "release", BOB)


def test_a_lease_ends_by_the_clock_alone(cases):
    case_id = cases.open()
    token = cases.claim(case_id)
    with pytest.raises(Refused, match="has not ended"):
        cases.step(case_id, "lease_ended")
    cases.later(minutes=11)
    with pytest.raises(LeaseHeld):
        cases.step(case_id, "release", ANN, lease_token=token)
    assert cases.step(case_id, "lease_ended").state == "open"


def test_who_may_not_is_told_who_may(cases):
    case_id = cases.open()
    with pytest.raises(WrongRole, match="It takes lead or reviewer"):
        cases.step(case_id, "claim", MKT)


def test_others_do_not_learn_that_a_case_exists(cases):
    case_id = cases.open()
    with pytest.raises(Unknown):
        cases.step(case_id, "answer", cases.brand("other"))


def test_a_stale_version_is_refused(cases):
    case_id = cases.open()
    cases.claim(case_id)
    with cases.database.write() as session, pytest.raises(StaleVersion):
        advance(session, case_id, "steal", actor=LEA, at=cases.now, version=1)


def test_likeness_alone_restricts_nothing(cases):
    case_id = cases.open()
    token = cases.claim(case_id)
    right = cases.add_right()
    with pytest.raises(Refused, match="Only likeness"):
        cases.step(
            case_id,
            "restrict",
            ANN,
            lease_token=token,
            reason_code="counterfeit_mark",
            right_id=right,
        )


def test_each_step_leaves_one_row_that_nobody_can_change(cases):
    case_id = cases.open()
    token = cases.claim(case_id)
    cases.step(case_id, "release", ANN, lease_token=token)
    rows = cases.audit(case_id)
    assert [row.number for row in rows] == ["1", "3", "4"]
    last = FIRST
    for row in rows:
        assert row.previous_sha256 == last
        assert row.sha256 == seal(row)
        last = row.sha256
    for change in (update(AuditRow).values(event="x"), delete(AuditRow)):
        with (
            pytest.raises((DBAPIError, StoreFault), match="append-only"),
            cases.database.write() as session,
        ):
            session.execute(change)
    assert [row.event for row in cases.audit(case_id)] == ["open", "claim", "release"]


def test_listings_of_one_seller_with_one_picture_are_one_case(cases):
    first = cases.open("l1", picture="same")
    assert cases.open("l2", picture="same") == first
    assert cases.open("l3", picture="same", seller_id="other") != first
    cases.claim(first)
    assert cases.open("l4", picture="same") != first


def test_a_case_ends_when_nothing_speaks_for_it_any_more(cases):
    case_id = cases.open()
    cases.world.withdraw("lst_market_l1")
    with cases.database.write() as session:
        follow_flag(session, cases.world.flag().id, at=cases.now)
    case = cases.case(case_id)
    assert (case.state, case.closure) == ("closed", "moot")


def test_a_case_knows_what_became_of_the_seller_before(cases):
    signals = cases.case(cases.open(seller_id=None)).signals
    assert signals["seller_history"]["direction"] == "unknown"
    signals = cases.case(cases.open("l2")).signals
    assert signals["seller_history"]["value"] == {
        "restricted_finally": 0,
        "restricted_wrongly": 0,
    }
    assert signals["brand_confirmed"]["value"] is None
    assert signals["reference_distinctiveness"]["direction"] in ("neutral", "unknown")

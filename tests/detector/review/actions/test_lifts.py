"""Lifts of what was restricted; on both databases."""

from detector.review.actions.acknowledge import Outcome
from tests.detector.review.actions.acting import (
    action_of,
    actions,
    clocks,
    outcome,
    say,
    send,
    sent,
)
from tests.detector.review.review_world import LEA

FAILED, GONE = Outcome.FAILED, Outcome.GONE


def test_lifts_are_asked_for_until_they_are_done(cases):
    case_id = sent(cases, "l1", "l2")
    for name in ("l1", "l2"):
        say(cases, action_of(cases, case_id, name))
    cases.step(case_id, "revoke", LEA, note="It was wrong.")
    first, second = actions(cases, case_id, "lift")
    assert {("lift", first.id), ("lift", second.id)} <= set(clocks(cases, case_id))
    for count in range(1, 6):
        assert say(cases, first, FAILED).num_failures == count
        assert cases.told().count("action.failed") == count
        send(cases, case_id, minutes=5)
    assert cases.told().count("action.lift_requested") == 7
    say(cases, first)
    assert action_of(cases, case_id, "l1").state == "lifted"
    assert outcome(cases, case_id) == "reinstating"
    assert ("lift", first.id) not in clocks(cases, case_id)
    say(cases, second, GONE)
    assert outcome(cases, case_id) == "closed:reinstated"
    assert say(cases, first).state == "lifted"
    assert clocks(cases, case_id) == []


def test_what_was_not_applied_yet_is_lifted_as_well(cases):
    case_id = sent(cases, "l1", "l2")
    say(cases, action_of(cases, case_id, "l1"))
    say(cases, action_of(cases, case_id, "l2"), FAILED)
    cases.step(case_id, "revoke", LEA, note="It was wrong.")
    lifts = actions(cases, case_id, "lift")
    assert [lift.listing_id for lift in lifts] == ["lst_market_l1", "lst_market_l2"]
    assert action_of(cases, case_id, "l2").state == "superseded"
    send(cases, case_id, minutes=5)
    assert action_of(cases, case_id, "l2").state == "superseded"

"""Actions from the decision to the marketplace's word; on both databases."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.errors import DetectorError, Refused, Unknown
from detector.review.actions.acknowledge import Outcome
from detector.review.actions.dispatch import dispatch
from detector.review.actor import Actor
from detector.review.advance import advance
from detector.review.workflow import Party
from detector.store.case_tables import CaseListingRow, CaseRow
from tests.detector.review.actions.acting import (
    action_of,
    actions,
    clocks,
    decided,
    end_listing,
    outcome,
    say,
    send,
    sent,
    statements,
)
from tests.detector.review.decisions.deciding import NOTHING, counterfeit, settle
from tests.detector.review.review_world import ANN, LEA, Cases

FAILED, GONE = Outcome.FAILED, Outcome.GONE
BAZAAR = Actor("key:baz", Party.MARKETPLACE, "bazaar", marketplace="bazaar")


def test_nothing_is_sent_before_it_is_dispatched_and_all_of_it_then(cases):
    case_id = decided(cases, "l1", "l2")
    assert [a.state for a in actions(cases, case_id)] == ["scheduled", "scheduled"]
    assert ("dispatch", "") in clocks(cases, case_id)
    assert "case.decided" not in cases.told(case_id=case_id)
    send(cases, case_id)
    assert [a.state for a in actions(cases, case_id)] == ["requested", "requested"]
    told = cases.told(case_id=case_id)
    assert told.count("action.requested") == 2
    assert told.count("case.decided") == 1
    assert cases.decisions(case_id)[0].told_at == cases.now
    assert len(statements(cases, case_id)) == 2
    assert ("acknowledge", "") in clocks(cases, case_id)
    send(cases, case_id)
    assert cases.told(case_id=case_id) == told


def test_what_was_undone_is_never_sent(cases):
    case_id = decided(cases)
    cases.step(case_id, "undo", ANN)
    send(cases, case_id)
    assert outcome(cases, case_id) == "open"
    assert [a.state for a in actions(cases, case_id)] == ["superseded"]
    assert "action.requested" not in cases.told(case_id=case_id)
    with pytest.raises(Unknown):
        say(cases, action_of(cases, case_id))


def test_what_was_sent_can_be_revoked_and_not_undone(cases):
    case_id = sent(cases)
    with pytest.raises(Refused, match="too late to undo"):
        cases.step(case_id, "undo", ANN)
    cases.step(case_id, "revoke", LEA, note="The seller has a licence.")
    (lift,) = actions(cases, case_id, "lift")
    assert (lift.state, lift.lifts_id) == ("requested", action_of(cases, case_id).id)
    with pytest.raises(Refused, match="Nobody asks for the action"):
        say(cases, action_of(cases, case_id))
    assert say(cases, lift).state == "lifted"
    assert outcome(cases, case_id) == "closed:reinstated"


def race(cases: Cases, *steps: Callable[[Session], object]) -> list[DetectorError]:
    """Take steps at the same time; return what was refused."""
    start = threading.Barrier(len(steps))
    refused: list[DetectorError] = []

    def run(step: Callable[[Session], object]) -> None:
        start.wait()
        try:
            with cases.database.write() as session:
                step(session)
        except DetectorError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.parametrize("name", ["l1", "l2", "l3"])
def test_undo_and_dispatch_at_the_same_time_come_one_after_the_other(cases, name):
    case_id = decided(cases, name)
    at = cases.later(seconds=31)
    refused = race(
        cases,
        lambda session: advance(session, case_id, "undo", actor=ANN, at=at),
        lambda session: dispatch(session, case_id, at),
    )
    state = action_of(cases, case_id, name).state
    told = "action.requested" in cases.told(case_id=case_id)
    found = outcome(cases, case_id), state, told
    if refused:
        assert found == ("action_pending", "requested", True)
    else:
        assert found == ("open", "superseded", False)


def test_a_dismissal_is_told_once_it_cannot_be_undone(cases):
    case_id = cases.open()
    settle(cases, case_id, NOTHING)
    assert "case.decided" not in cases.told(case_id=case_id)
    send(cases, case_id)
    assert cases.told(case_id=case_id)[-2:] == ["case.decided", "case.closed"]
    told = cases.told()
    send(cases, case_id)
    assert cases.told() == told
    with pytest.raises(Refused, match="too late to undo"):
        cases.step(case_id, "undo", ANN)


def test_what_was_applied_twice_counts_once(cases):
    case_id = sent(cases)
    first = say(cases, action_of(cases, case_id), external_id="R-1")
    assert (first.state, first.external_id) == ("applied", "R-1")
    assert outcome(cases, case_id) == "actioned"
    told, version = cases.told(), cases.case(case_id).version
    cases.later(hours=1)
    again = say(cases, action_of(cases, case_id), external_id="R-2")
    assert (again.external_id, again.ended_at) == ("R-1", first.ended_at)
    assert (cases.told(), cases.case(case_id).version) == (told, version)
    assert [row.state for row in statements(cases, case_id)] == ["delivered"]
    assert told.count("statement.issued") == 1
    assert [kind for kind, _ in clocks(cases, case_id)] == ["appeal_window"]
    for other in (FAILED, GONE):
        with pytest.raises(Refused, match="is applied already"):
            say(cases, first, other)


def test_some_listings_are_restricted_before_others(cases):
    case_id = sent(cases, "l1", "l2")
    say(cases, action_of(cases, case_id, "l1"))
    assert outcome(cases, case_id) == "action_pending"
    assert {row.state for row in statements(cases, case_id)} == {"delivered", "pending"}
    say(cases, action_of(cases, case_id, "l2"))
    assert outcome(cases, case_id) == "actioned"
    assert {row.state for row in statements(cases, case_id)} == {"delivered"}


def test_what_failed_is_asked_for_again_and_then_goes_to_a_lead(cases):
    case_id = sent(cases)
    for count in (1, 2):
        failed = say(cases, action_of(cases, case_id), FAILED, error="Locked.")
        assert (failed.state, failed.num_failures) == ("failed", count)
        again = say(cases, failed, FAILED)
        assert (again.num_failures, again.error) == (count, "Locked.")
        assert ("dispatch", failed.id) in clocks(cases, case_id)
        send(cases, case_id, minutes=4)
        assert action_of(cases, case_id).state == "failed"
        send(cases, case_id, minutes=1)
        assert action_of(cases, case_id).state == "requested"
    assert "action.failed" not in cases.told()
    say(cases, action_of(cases, case_id), FAILED)
    case = cases.case(case_id)
    assert (case.state, case.queue) == ("open", "leads")
    assert cases.decisions(case_id)[0].state == "void"
    assert action_of(cases, case_id).state == "superseded"
    assert cases.told().count("action.failed") == 1
    assert cases.told().count("case.decided") == 1
    assert [kind for kind, _ in clocks(cases, case_id)] == ["decision"]
    assert len(statements(cases, case_id)) == 1
    with pytest.raises(Refused, match="Undo what was done for it"):
        say(cases, action_of(cases, case_id))


def test_a_late_success_counts(cases):
    case_id = sent(cases)
    say(cases, action_of(cases, case_id), FAILED)
    say(cases, action_of(cases, case_id))
    assert outcome(cases, case_id) == "actioned"
    told = cases.told()
    send(cases, case_id, minutes=6)
    assert cases.told() == told


def test_one_of_several_that_fails_for_good_gets_a_case_of_its_own(cases):
    case_id = sent(cases, "l1", "l2", "l3")
    say(cases, action_of(cases, case_id, "l1"))
    for _ in range(3):
        say(cases, action_of(cases, case_id, "l2"), FAILED)
        send(cases, case_id, minutes=5)
    assert outcome(cases, case_id) == "action_pending"
    with cases.database.read() as session:
        query = select(CaseListingRow.case_id).where(
            CaseListingRow.listing_id == "lst_market_l2", CaseListingRow.is_open
        )
        own = session.get_one(CaseRow, session.scalars(query).one())
    assert (own.state, own.queue, own.previous_id) == ("open", "leads", case_id)
    assert cases.told().count("action.failed") == 1
    say(cases, action_of(cases, case_id, "l3"))
    assert outcome(cases, case_id) == "actioned"
    assert cases.case(own.id).state == "open"


def test_the_last_one_that_fails_lets_the_others_go_on(cases):
    case_id = sent(cases, "l1", "l2")
    say(cases, action_of(cases, case_id, "l1"))
    for _ in range(3):
        say(cases, action_of(cases, case_id, "l2"), FAILED)
        send(cases, case_id, minutes=5)
    assert outcome(cases, case_id) == "actioned"
    assert len(actions(cases, case_id)) == 2
    cases.step(case_id, "revoke", LEA, note="It was wrong.")
    assert len(actions(cases, case_id, "lift")) == 1


def test_a_listing_that_ended_is_not_restricted(cases):
    case_id = decided(cases, "l1")
    end_listing(cases, "l1")
    send(cases, case_id)
    assert outcome(cases, case_id) == "closed:moot"
    assert "action.requested" not in cases.told()
    assert statements(cases, case_id) == []


def test_of_several_only_those_that_go_on_are_restricted(cases):
    case_id = decided(cases, "l1", "l2")
    end_listing(cases, cases.case(case_id).listing_id.rpartition("_")[2])
    send(cases, case_id)
    assert sorted(a.state for a in actions(cases, case_id)) == [
        "requested",
        "superseded",
    ]
    (left,) = [a for a in actions(cases, case_id) if a.state == "requested"]
    assert cases.case(case_id).listing_id == left.listing_id
    say(cases, left)
    assert outcome(cases, case_id) == "actioned"


def test_a_listing_that_ended_before_a_retry_lets_the_case_go_on(cases):
    case_id = sent(cases, "l1", "l2")
    say(cases, action_of(cases, case_id, "l1"))
    say(cases, action_of(cases, case_id, "l2"), FAILED)
    end_listing(cases, "l2")
    send(cases, case_id, minutes=5)
    assert outcome(cases, case_id) == "actioned"


def test_the_marketplace_says_that_a_listing_is_gone(cases):
    case_id = sent(cases, "l1", "l2")
    gone = say(cases, action_of(cases, case_id, "l1"), GONE)
    assert gone.state == "superseded"
    version = cases.case(case_id).version
    assert say(cases, gone, GONE).ended_at == gone.ended_at
    assert cases.case(case_id).version == version
    assert outcome(cases, case_id) == "action_pending"
    say(cases, action_of(cases, case_id, "l2"), GONE)
    assert outcome(cases, case_id) == "closed:moot"


def test_a_marketplace_knows_of_its_own_actions_only(cases):
    case_id = sent(cases)
    for id in (action_of(cases, case_id).id, "act_none"):
        with pytest.raises(Unknown, match="There is no action"):
            say(cases, id, actor=BAZAAR)
    assert action_of(cases, case_id).state == "requested"


def test_a_case_can_be_decided_again_after_it_failed(cases):
    case_id = sent(cases)
    for _ in range(3):
        say(cases, action_of(cases, case_id), FAILED)
        send(cases, case_id, minutes=5)
    cases.later(minutes=5)
    settle(cases, case_id, counterfeit(cases), LEA)
    cases.step(case_id, "undo", LEA)
    cases.later(minutes=1)
    settle(cases, case_id, counterfeit(cases), LEA)
    send(cases, case_id)
    assert cases.told().count("case.decided") == 2
    say(cases, action_of(cases, case_id))
    assert outcome(cases, case_id) == "actioned"

"""What becomes of a notice when other things happen to its listings."""

import threading
import time
from collections.abc import Callable

import pytest

from detector.errors import Conflict
from detector.review.actor import SYSTEM
from detector.review.advance import advance, lock_case
from detector.review.following import follow_flag
from detector.review.notices.give import give_notice
from detector.review.notices.withdraw import withdraw_notice
from detector.store.listing_tables import ListingRow
from tests.detector.review.actions.acting import action_of, actions, say, sent
from tests.detector.review.noticing import (
    event,
    give,
    items,
    listing,
    make_notice,
    notice,
    withdraw,
)
from tests.detector.review.review_world import LEA, LEX, Cases


@pytest.fixture
def cases(cases: Cases) -> Cases:
    """Databases of both kinds, in which restrictions need no second opinion."""
    cases.set_policy(second_review_share=0, second_review_tiers=[])
    return cases


def outcomes(cases: Cases, notice_id: str) -> list[tuple[str, str | None]]:
    return [(item.state, item.reason_code) for item in items(cases, notice_id)]


@pytest.mark.parametrize("is_known", [True, False])
def test_what_is_withdrawn_keeps_the_outcome_of_the_others_from_nobody(cases, is_known):
    listing(cases, "l1")
    if is_known:
        listing(cases, "l2")
    row = give(cases, make_notice(cases, "l1", "l2"))
    cases.step(str(items(cases, row.id)[0].case_id), "gone")
    assert notice(cases, row.id).state == "received"
    withdraw(cases, row.id, "l2")
    seen = notice(cases, row.id)
    assert (seen.state, seen.withdrawn_at) == ("rejected", None)
    told = [each["state"] for each in event(cases, "notice.decided")["items"]]
    assert told == ["rejected", "withdrawn"]


def test_a_notice_of_a_listing_that_has_ended_is_answered_at_once(cases):
    listing_id = listing(cases, "l1")
    with cases.database.write() as session:
        session.get_one(ListingRow, listing_id).state = "deleted"
    row = give(cases, make_notice(cases, "l1"))
    assert outcomes(cases, row.id) == [("rejected", "listing_gone")]
    assert notice(cases, row.id).state == "rejected"
    assert items(cases, row.id)[0].case_id is None


def test_a_notice_of_a_listing_that_is_restricted_is_answered_at_once(cases):
    case_id = sent(cases)
    say(cases, action_of(cases, case_id))
    assert cases.case(case_id).state == "actioned"
    row = give(cases, make_notice(cases, "l1"))
    assert items(cases, row.id)[0].case_id == case_id
    assert outcomes(cases, row.id) == [("accepted", "counterfeit_mark")]
    assert event(cases, "notice.decided")["state"] == "accepted"


def test_what_was_taken_back_before_it_was_done_is_no_takedown(cases):
    case_id = sent(cases)
    row = give(cases, make_notice(cases, "l1"))
    cases.step(case_id, "revoke", LEA, note="The seller has a licence.")
    (lift,) = actions(cases, case_id, "lift")
    say(cases, lift)
    assert cases.case(case_id).closure == "reinstated"
    assert [state for state, _ in outcomes(cases, row.id)] == ["rejected"]


def test_what_a_court_closes_is_no_takedown(cases):
    listing(cases, "l1")
    row = give(cases, make_notice(cases, "l1"))
    case_id = str(items(cases, row.id)[0].case_id)
    cases.step(case_id, "order_close", LEX, data={"document": "1 O 2/26"})
    assert [state for state, _ in outcomes(cases, row.id)] == ["rejected"]


def test_a_notice_keeps_a_case_whose_flag_goes(cases):
    case_id = cases.open("l1")
    row = give(cases, make_notice(cases, "l1"))
    flag = cases.world.flag()

    cases.world.raise_for(flag.listing_id, {"picture of l1": []})
    assert cases.world.flag().state == "withdrawn"
    with cases.database.write() as session:
        follow_flag(session, flag.id, at=cases.now)
    assert cases.case(case_id).state == "open"
    withdraw(cases, row.id)
    assert cases.case(case_id).closure == "withdrawn"


def test_a_case_of_a_notice_ends_with_its_listing(cases):
    case_id = cases.open("l1")
    row = give(cases, make_notice(cases, "l1"))
    flag = cases.world.flag()
    cases.world.withdraw(flag.listing_id)
    with cases.database.write() as session:
        follow_flag(session, flag.id, at=cases.now)
    assert cases.case(case_id).closure == "moot"
    assert outcomes(cases, row.id) == [("rejected", "listing_gone")]


def at_once(*steps: Callable[[], object]) -> list[BaseException]:
    """Take steps at the same time; return what went wrong."""
    start = threading.Barrier(len(steps))
    faults: list[BaseException] = []

    def run(step: Callable[[], object]) -> None:
        start.wait()
        try:
            step()
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_of_two_notices_by_one_name_one_is_taken(cases):
    given, brand = make_notice(cases, "l1", external_id="2026-1"), cases.brand()

    def step() -> None:
        assert brand.brand_id is not None
        with cases.database.write() as session:
            give_notice(
                session, given, actor=brand, brand_id=brand.brand_id, at=cases.now
            )

    assert [type(fault) for fault in at_once(step, step, step)] == [Conflict] * 2


def test_withdrawing_waits_for_whoever_settles_the_case(cases):
    listing(cases, "l1")
    row = give(cases, make_notice(cases, "l1"))
    case_id, brand = str(items(cases, row.id)[0].case_id), cases.brand()
    is_locked = threading.Event()

    def settle() -> None:
        with cases.database.write() as session:
            lock_case(session, case_id, SYSTEM)
            is_locked.set()
            time.sleep(0.3)  # the other one has locked by then what it locks first
            advance(session, case_id, "gone", actor=SYSTEM, at=cases.now)

    def take_back() -> None:
        is_locked.wait()
        with cases.database.write() as session:
            withdraw_notice(session, row.id, actor=brand, at=cases.now)

    assert at_once(settle, take_back) == []
    assert notice(cases, row.id).state == "withdrawn"
    assert cases.case(case_id).closure == "moot"

"""Clocks under a calendar of the test's own, on both engines."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from detector.review.clocks import deadlines
from detector.review.clocks.calendar import end_of
from detector.review.clocks.firing import HANDLERS, fire_due
from detector.review.clocks.regimes import REGIMES, read_regime
from detector.store.case_tables import DeadlineRow
from detector.store.takedown_tables import AppealRow
from tests.detector.review.actions.acting import action_of, decided, say
from tests.detector.review.facts import add_appeal
from tests.detector.review.review_world import APP, MKT, Cases
from tests.detector.review.test_questions import asked

SECOND = timedelta(seconds=1)


def fire(cases: Cases) -> int:
    return fire_due(cases.database, cases.now)


def clock(cases: Cases, case_id: str, kind: str) -> DeadlineRow:
    """Find the newest clock of a kind."""
    with cases.database.read() as session:
        rows = session.scalars(
            select(DeadlineRow)
            .where(DeadlineRow.case_id == case_id, DeadlineRow.kind == kind)
            .order_by(DeadlineRow.started_at)
        ).all()
    return rows[-1]


def fire_at_its_time(cases: Cases, case_id: str, kind: str) -> DeadlineRow:
    """Hold a clock to its moment: not a second before, and once after."""
    row = clock(cases, case_id, kind)
    cases.now = row.due_at - SECOND
    fire(cases)
    assert clock(cases, case_id, kind).state == "running"
    cases.now = row.due_at
    assert fire(cases) >= 1
    assert fire(cases) == 0
    fired = clock(cases, case_id, kind)
    assert (fired.state, fired.ended_at) == ("fired", row.due_at)
    return fired


def restricted(cases: Cases, regime: str) -> str:
    """Restrict a listing under a regime, as far as the marketplace says so."""
    cases.set_policy(regime=regime, second_review_share=0, second_review_tiers=[])
    case_id = decided(cases)
    if read_regime(regime).notifies_first:
        assert cases.case(case_id).state == "response_window"
        fire_at_its_time(cases, case_id, "response")
    assert cases.case(case_id).state == "action_pending"
    fire_at_its_time(cases, case_id, "dispatch")
    say(cases, action_of(cases, case_id))
    assert cases.case(case_id).state == "actioned"
    return case_id


@pytest.mark.parametrize("regime", sorted(REGIMES))
def test_each_profiles_window_for_appeals_ends_once(cases, regime):
    case_id = restricted(cases, regime)
    told_at = cases.now
    row = clock(cases, case_id, "appeal_window")
    profile = read_regime(regime)
    assert row.due_at == end_of(profile.appeal_window, told_at, profile)
    assert (row.profile, row.time_zone) == (regime, profile.time_zone)
    assert (row.calendar, row.start_event) == (profile.calendar, "applied")
    fire_at_its_time(cases, case_id, "appeal_window")
    case = cases.case(case_id)
    assert (case.state, case.closure) == ("closed", "window_expired")


@pytest.mark.parametrize("regime", ["CN-ECL", "US-DMCA"])
def test_a_claimant_who_shows_no_suit_in_time_loses_the_restriction(cases, regime):
    case_id = restricted(cases, regime)
    with cases.database.write() as session:
        add_appeal(session, case_id, cases.now, kind="counter_notice")
    cases.step(case_id, "appeal", MKT)
    cases.step(case_id, "forward", APP)
    profile = read_regime(regime)
    row = clock(cases, case_id, "claimant")
    assert row.due_at == end_of(profile.claimant, cases.now, profile)
    fire_at_its_time(cases, case_id, "claimant")
    assert cases.case(case_id).state == "reinstating"
    with cases.database.read() as session:
        assert session.scalars(select(AppealRow.state)).all() == ["lapsed"]


def test_after_a_week_of_downtime_each_fires_once(cases):
    asked_id, _ = asked(cases)
    decided_id = decided(cases, "l2")
    open_id = cases.open("l9", seller_id="other")
    cases.later(days=7)
    assert fire(cases) == 4  # the brand's, the dispatch, and two decisions' clocks
    assert fire(cases) == 0
    assert cases.case(asked_id).is_brand_silent
    assert cases.case(decided_id).state == "action_pending"
    assert cases.case(open_id).state == "open"
    assert cases.told().count("deadline.missed") == 2
    assert cases.told().count("action.requested") == 1


def test_who_fires_at_the_same_time_fires_once(cases):
    ids = [decided(cases)] + [cases.open(f"m{n}", picture=f"p{n}") for n in range(4)]
    cases.later(days=4)
    fired: list[int] = []
    threads = [
        threading.Thread(target=lambda: fired.append(fire(cases))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fired) == len(ids)
    assert cases.told().count("action.requested") == 1
    assert cases.told().count("deadline.missed") == 4


def test_what_was_stopped_does_not_fire(cases):
    case_id, question_id = asked(cases)
    assert question_id
    cases.step(case_id, "gone")
    cases.later(days=30)
    assert fire(cases) == 0


def test_a_clock_that_comes_near_is_told_of_once(cases):
    case_id = cases.open()
    row = clock(cases, case_id, "decision")
    assert row.due_at == cases.now + timedelta(hours=72)
    cases.later(hours=53)
    fire(cases)
    assert "deadline.approaching" not in cases.told()
    cases.later(hours=1)
    for _ in range(2):
        fire(cases)
    assert cases.told().count("deadline.approaching") == 1


def test_the_window_waits_for_an_appeal_that_is_looked_at(cases):
    case_id = restricted(cases, "US-TM")
    cases.now = clock(cases, case_id, "appeal_window").due_at - SECOND
    with cases.database.write() as session:
        add_appeal(session, case_id, cases.now, kind="seller_complaint")
    cases.step(case_id, "appeal", MKT)
    cases.later(seconds=1)
    fire(cases)
    assert cases.case(case_id).state == "appealed"
    assert clock(cases, case_id, "appeal_window").state == "running"
    cases.step(case_id, "appeal_withdrawn", MKT)
    cases.later(days=1)
    fire(cases)
    assert cases.case(case_id).closure == "window_expired"


def test_every_kind_of_clock_has_a_handler():
    kinds = {
        value
        for name, value in vars(deadlines).items()
        if name.isupper() and isinstance(value, str)
    }
    assert kinds - {deadlines.NOTICE} == HANDLERS.keys()


def test_one_that_cannot_be_fired_keeps_no_other_waiting(cases):
    broken, other = cases.open(), cases.open("l2", picture="p2")
    with cases.database.write() as session:
        row = session.scalars(
            select(DeadlineRow).where(DeadlineRow.case_id == broken)
        ).one()
        row.kind = "of another version"
        row.due_at = row.due_at - timedelta(hours=1)
    cases.later(hours=73)
    assert fire(cases) == 1
    assert clock(cases, other, "decision").state == "fired"
    assert clock(cases, broken, "of another version").state == "running"

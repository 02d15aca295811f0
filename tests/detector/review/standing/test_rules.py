from datetime import UTC, datetime, timedelta

import pytest

from detector.review.standing.metrics import Figures, Outcomes
from detector.review.standing.rules import Held, judge
from detector.review.standing.tier import Tier
from detector.review.standing.wilson import Share

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def figures(by_reason=None, **counts) -> Figures:
    return Figures(NOW - timedelta(days=90), NOW, Outcomes(**counts), by_reason or {})


def tier(held: Held, found: Figures, at: datetime = NOW) -> Tier | None:
    step = judge(held, found, at=at)
    return None if step is None else step.tier


@pytest.mark.parametrize(("wanted", "num"), [(0.90, 25), (0.99, 268)])
def test_without_a_fault_a_rate_is_trusted_from_that_many_on(wanted, num):
    assert (Share(num, num).lower or 0) >= wanted
    assert (Share(num - 1, num - 1).lower or 0) < wanted


def test_bounds_enclose_the_rate_and_nothing_has_none():
    share = Share(7, 10)
    assert share.lower is not None
    assert share.upper is not None
    # By hand: (0.7 + 0.1353 ± 1.645·√(0.021 + 0.006765)) / 1.2706.
    assert (share.lower, share.upper) == pytest.approx((0.4417, 0.8731), abs=2e-4)
    assert Share(0, 0).as_json()["lower"] is None
    assert Share(0, 4).lower == 0


def test_rates_are_those_of_the_domain():
    found = Outcomes(accepted=8, rejected=1, withdrawn=1, countered=2, neutral=5)
    assert found.takedown.rate == 0.8
    assert found.counter_notice.rate == 0.25
    assert found.accuracy.rate == 0.6


@pytest.mark.parametrize(
    ("counts", "entered"),
    [
        ({"accepted": 9}, None),
        ({"accepted": 10}, Tier.STANDARD),
        ({"accepted": 24}, Tier.STANDARD),
        ({"accepted": 25}, Tier.GOOD_FAITH),
        ({"accepted": 200, "countered": 10}, Tier.GOOD_FAITH),
        ({"accepted": 200, "countered": 11}, Tier.STANDARD),
        ({"accepted": 5, "rejected": 5}, None),
        ({}, None),
    ],
)
def test_whoever_is_new_rises_by_figures_alone(counts, entered):
    assert tier(Held(), figures(**counts)) is entered


def test_each_reason_code_has_to_hold_up_too():
    bad = {"counterfeit_mark": Outcomes(accepted=8, rejected=2)}
    few = {"counterfeit_mark": Outcomes(accepted=7, rejected=2)}
    held = Held(Tier.STANDARD)
    assert tier(held, figures(bad, accepted=200, rejected=2)) is None
    assert tier(held, figures(few, accepted=200, rejected=2)) is Tier.GOOD_FAITH


def test_trust_is_lost_after_a_warning_and_locked_out_for_three_months():
    poor = figures(accepted=80, rejected=20)
    held = Held(Tier.GOOD_FAITH, NOW)
    warned = judge(held, poor, at=NOW)
    assert warned is not None
    assert (warned.tier, warned.warned_at) == (Tier.GOOD_FAITH, NOW)

    held = Held(Tier.GOOD_FAITH, NOW, warned_at=NOW)
    assert judge(held, poor, at=NOW + timedelta(days=13)) is None
    lost = judge(held, poor, at=NOW + timedelta(days=14))
    assert lost is not None
    assert lost.tier is Tier.STANDARD
    assert lost.locked_until == NOW + timedelta(days=14 + 91)

    locked = Held(Tier.STANDARD, NOW, locked_until=lost.locked_until)
    good = figures(accepted=300)
    assert judge(locked, good, at=NOW + timedelta(days=104)) is None
    assert tier(locked, good, NOW + timedelta(days=105)) is Tier.GOOD_FAITH


def test_a_warning_ends_when_the_figures_are_sound_again():
    held = Held(Tier.GOOD_FAITH, NOW, warned_at=NOW)
    step = judge(held, figures(accepted=100), at=NOW + timedelta(days=20))
    assert step is not None
    assert (step.tier, step.warned_at) == (Tier.GOOD_FAITH, None)


def test_a_few_bad_items_do_not_take_trust_away():
    held = Held(Tier.GOOD_FAITH, NOW)
    assert judge(held, figures(rejected=9), at=NOW) is None
    assert judge(held, figures(rejected=10), at=NOW) is not None


def test_misuse_is_warned_of_then_restricts_and_ends():
    unfounded = figures(accepted=1, rejected=12)
    warned = judge(Held(), unfounded, at=NOW, may_rise=False)
    assert warned is not None
    assert (warned.tier, warned.warned_at) == (Tier.NEW, NOW)
    held = Held(Tier.NEW, NOW, warned_at=NOW)
    late = NOW + timedelta(days=14)
    assert tier(held, unfounded, late) is Tier.RESTRICTED
    held = Held(Tier.RESTRICTED, late)
    assert judge(held, unfounded, at=late + timedelta(days=89)) is None
    assert tier(held, unfounded, late + timedelta(days=90)) is Tier.NEW

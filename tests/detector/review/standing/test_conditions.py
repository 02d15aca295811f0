from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from detector.review.standing.conditions import list_conditions
from detector.review.standing.metrics import Figures, Outcomes
from detector.review.standing.rules import Held, judge, read_rules
from detector.review.standing.tier import Tier

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def some_outcomes(rng: np.random.Generator) -> Outcomes:
    accepted = int(rng.integers(0, 60))
    return Outcomes(
        accepted=accepted,
        rejected=int(rng.integers(0, 3)),
        withdrawn=int(rng.integers(0, 2)),
        countered=min(accepted, int(rng.integers(0, 4))),
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_tier_is_entered_exactly_if_all_that_it_asks_for_is_met(seed):
    rng = np.random.default_rng(seed)
    rules, entered = read_rules(), 0
    for _ in range(200):
        parts = {code: some_outcomes(rng) for code in ("a", "b")}
        total = Outcomes(
            *(
                sum(getattr(part, name) for part in parts.values())
                for name in ("accepted", "rejected", "withdrawn", "countered")
            )
        )
        until = NOW + timedelta(days=int(rng.integers(-3, 3)))
        figures = Figures(NOW - timedelta(days=90), NOW, total, parts)
        step = judge(Held(locked_until=until), figures, at=NOW)
        found = list_conditions(figures, rules, at=NOW, locked_until=until)
        is_met = {
            tier: all(each.is_met for each in found if each.tier is tier)
            for tier in (Tier.STANDARD, Tier.GOOD_FAITH)
        }
        is_warned = step is not None and step.warned_at is not None
        if is_warned:
            continue
        entered += is_met[Tier.GOOD_FAITH]
        reached = None if step is None else step.tier
        assert (reached is Tier.GOOD_FAITH) is is_met[Tier.GOOD_FAITH]
        if not is_met[Tier.GOOD_FAITH]:
            assert (reached is Tier.STANDARD) is is_met[Tier.STANDARD]
    assert 0 < entered < 200


def test_of_nothing_nothing_is_met_but_what_is_not_to_be_passed():
    figures = Figures(NOW - timedelta(days=90), NOW, Outcomes(), {})
    found = list_conditions(figures, read_rules(), at=NOW)
    assert {each.name: each.is_met for each in found} == {
        "num_decided": False,
        "takedown_rate": False,
        "takedown_rate_lower": False,
        "counter_notice_rate": True,
        "locked_until": True,
    }

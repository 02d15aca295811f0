"""What each tier asks for, held against somebody's figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from detector.review.standing.metrics import Figures, Outcomes
from detector.review.standing.rules import Rules
from detector.review.standing.tier import Tier


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a tier asks for.

    Attributes:
        tier: that asks for it.
        name: `num_decided`, `takedown_rate_lower`, `takedown_rate`,
            `counter_notice_rate` or `locked_until`.
        wanted: a number to be reached, or not to be passed; None of a lock.
        found: what the figures say; None if nothing was counted.
        is_met: whether it is fulfilled.
        reason_code: of the notices that are meant; None for all of them.
    """

    tier: Tier
    name: str
    wanted: float | None
    found: float | None
    is_met: bool
    reason_code: str | None = None


def list_conditions(
    figures: Figures,
    rules: Rules,
    *,
    at: datetime,
    locked_until: datetime | None = None,
) -> list[Condition]:
    """List what `standard` and `good_faith` ask for, and whether it is so.

    All of `good_faith` are met exactly if `judge` would let somebody enter it.

    Args:
        figures: over the window that ends now.
        rules: by which.
        at: now.
        locked_until: until when trust cannot be earned.
    """
    total, standard, trusted = figures.total, rules.standard, rules.good_faith
    found: list[Condition] = [
        _at_least(Tier.STANDARD, "num_decided", standard.num_decided, total.num),
        _at_least(
            Tier.STANDARD, "takedown_rate", standard.takedown_rate, total.takedown.rate
        ),
        _at_least(
            Tier.GOOD_FAITH,
            "takedown_rate_lower",
            trusted.takedown_rate,
            total.takedown.lower,
        ),
        *_rates(total, rules, None),
    ]
    for code, outcomes in sorted(figures.by_reason.items()):
        if outcomes.num >= rules.reason_code_min:
            found.extend(_rates(outcomes, rules, code))
    is_locked = locked_until is not None and at < locked_until
    found.append(Condition(Tier.GOOD_FAITH, "locked_until", None, None, not is_locked))
    return found


def _rates(
    outcomes: Outcomes, rules: Rules, reason_code: str | None
) -> Iterator[Condition]:
    wanted, most = rules.good_faith.takedown_rate, rules.good_faith.counter_notice_rate
    countered = outcomes.counter_notice.rate
    if reason_code is not None:
        yield _at_least(
            Tier.GOOD_FAITH,
            "takedown_rate",
            wanted,
            outcomes.takedown.rate,
            reason_code,
        )
    yield Condition(
        Tier.GOOD_FAITH,
        "counter_notice_rate",
        most,
        countered,
        countered is None or countered <= most,
        reason_code,
    )


def _at_least(
    tier: Tier,
    name: str,
    wanted: float,
    found: float | None,
    reason_code: str | None = None,
) -> Condition:
    is_met = found is not None and found >= wanted
    return Condition(tier, name, wanted, found, is_met, reason_code)

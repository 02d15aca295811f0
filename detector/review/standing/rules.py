"""Which tier figures lead to: the rules of `standing.toml`."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from detector.review.standing.metrics import Figures, Outcomes
from detector.review.standing.tier import Tier


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StandardRule(_Section):
    """When new ones are new no more."""

    num_decided: int = Field(ge=1)
    takedown_rate: float = Field(ge=0, le=1)


class GoodFaithRule(_Section):
    """When trust is earned, and kept."""

    takedown_rate: float = Field(ge=0, le=1)
    counter_notice_rate: float = Field(ge=0, le=1)
    num_decided_to_leave: int = Field(ge=1)
    lock_out_days: int = Field(ge=0)


class RestrictedRule(_Section):
    """What misuse is, and what it costs."""

    takedown_rate: float = Field(ge=0, le=1)
    num_decided: int = Field(ge=1)
    lasts_days: int = Field(ge=1)


class WarningRule(_Section):
    """How long before it is told."""

    days: int = Field(ge=0)


class Rules(_Section):
    """All of `standing.toml`."""

    window_days: int = Field(ge=1)
    z: float = Field(gt=0)
    reason_code_min: int = Field(ge=1)
    standard: StandardRule
    good_faith: GoodFaithRule
    restricted: RestrictedRule
    warning: WarningRule


@cache
def read_rules() -> Rules:
    """Read the rules that ship."""
    text = (Path(__file__).parent / "standing.toml").read_text(encoding="utf-8")
    return Rules.model_validate(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Held:
    """Where somebody stands now.

    Attributes:
        tier: that they are in.
        since: when they got there; None if they never entered one.
        warned_at: when they were warned that they would lose it.
        locked_until: until when trust cannot be earned.
    """

    tier: Tier = Tier.NEW
    since: datetime | None = None
    warned_at: datetime | None = None
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Where somebody stands from now on, and why."""

    tier: Tier
    reason: str
    warned_at: datetime | None = None
    locked_until: datetime | None = None


def judge(
    held: Held,
    figures: Figures,
    *,
    at: datetime,
    may_rise: bool = True,
    rules: Rules | None = None,
) -> Step | None:
    """Apply the rules; None if all stays as it is.

    One who is about to lose a tier is warned first, and loses it only if the figures
    are as bad when the warning has run out.

    Args:
        held: where they stand.
        figures: over the window that ends now.
        at: now.
        may_rise: whether a better tier can be entered.
        rules: by which; those that ship if None.
    """
    rules = rules or read_rules()
    if held.tier is Tier.RESTRICTED:
        return _end_restriction(held, at, rules)
    fault = _fault(held.tier, figures, rules)
    if fault is not None:
        return _warn_or_lose(held, fault, at, rules)
    better = _better(held, figures, at, rules) if may_rise else None
    if better is not None:
        return better
    if held.warned_at is not None:
        return Step(
            held.tier, "The figures are sound again.", locked_until=held.locked_until
        )
    return None


def find_shortfall(figures: Figures, rules: Rules) -> str | None:
    """Say what is missing to earn trust; None if nothing is."""
    wanted = rules.good_faith.takedown_rate
    lower = figures.total.takedown.lower
    if lower is None:
        return "No notice was decided in the window."
    if lower < wanted:
        return (
            f"The takedown rate may be as low as {lower:.3f} over "
            f"{figures.total.num} items; at least {wanted} is asked for."
        )
    return _broken(figures, rules, min_decided=1)


def _broken(figures: Figures, rules: Rules, *, min_decided: int) -> str | None:
    """Find what is below the level of trust: in all, then by reason code."""
    parts = [("in all", figures.total, min_decided)]
    parts += [
        (f"for {code}", each, rules.reason_code_min)
        for code, each in sorted(figures.by_reason.items())
    ]
    for name, outcomes, least in parts:
        if outcomes.num >= least and (fault := _below(outcomes, rules)):
            return f"{fault} {name} over {outcomes.num} items."
    return None


def _below(outcomes: Outcomes, rules: Rules) -> str | None:
    rate, countered = outcomes.takedown.rate, outcomes.counter_notice.rate
    wanted, most = rules.good_faith.takedown_rate, rules.good_faith.counter_notice_rate
    if rate is not None and rate < wanted:
        return f"The takedown rate is {rate:.3f}, below {wanted},"
    if countered is not None and countered > most:
        return f"{countered:.3f} of the takedowns were countered, over {most},"
    return None


def _fault(tier: Tier, figures: Figures, rules: Rules) -> str | None:
    if tier is Tier.GOOD_FAITH:
        least = rules.good_faith.num_decided_to_leave
        return _broken(figures, rules, min_decided=least)
    rule, takedown = rules.restricted, figures.total.takedown
    is_misuse = takedown.upper is not None and takedown.upper < rule.takedown_rate
    if takedown.num >= rule.num_decided and is_misuse:
        return (
            f"Notices are often unfounded: at most {takedown.upper:.3f} of "
            f"{takedown.num} items led to a takedown."
        )
    return None


def _warn_or_lose(held: Held, fault: str, at: datetime, rules: Rules) -> Step | None:
    if held.warned_at is None:
        return Step(held.tier, fault, warned_at=at, locked_until=held.locked_until)
    if at < held.warned_at + timedelta(days=rules.warning.days):
        return None
    if held.tier is Tier.GOOD_FAITH:
        until = at + timedelta(days=rules.good_faith.lock_out_days)
        return Step(Tier.STANDARD, fault, locked_until=until)
    return Step(Tier.RESTRICTED, fault, locked_until=held.locked_until)


def _end_restriction(held: Held, at: datetime, rules: Rules) -> Step | None:
    if held.since is None or at < held.since + timedelta(
        days=rules.restricted.lasts_days
    ):
        return None
    return Step(Tier.NEW, "The restriction is over.", locked_until=held.locked_until)


def _better(held: Held, figures: Figures, at: datetime, rules: Rules) -> Step | None:
    if held.tier is Tier.GOOD_FAITH:
        return None
    is_locked = held.locked_until is not None and at < held.locked_until
    if not is_locked and find_shortfall(figures, rules) is None:
        return Step(Tier.GOOD_FAITH, "The figures earn trust.")
    rule, takedown = rules.standard, figures.total.takedown
    is_known = takedown.num >= rule.num_decided
    if (
        held.tier is Tier.NEW
        and is_known
        and (takedown.rate or 0) >= rule.takedown_rate
    ):
        return Step(
            Tier.STANDARD,
            "Enough is known of the notices.",
            locked_until=held.locked_until,
        )
    return None

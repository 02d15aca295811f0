"""Regimes: which clocks run under which law, as data (`regimes.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Span:
    """A time of so many hours, days, working days or months; of 0 there is none."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Regime:
    """The clocks of a law, or of terms.

    Attributes:
        name: of it.
        says: where it stands.
        time_zone: in which its days begin and end.
        calendar: country whose holidays are no working days.
        ends_on_working_day: a period of days or months is not over before one.
        notifies_first: the seller is heard before anything is restricted.
        forwards: a counter-notice goes to the claimant, who has to seize a court.
        needs_record: a record goes to the EU transparency database.
        claims: types of right that it is for; all if empty.
        response: for the seller to answer before a restriction.
        appeal_window: for an appeal, from when the seller was told.
        claimant: for the claimant to show a suit, from when they were told.
    """

    name: str
    says: str
    time_zone: str
    calendar: str
    ends_on_working_day: bool
    notifies_first: bool
    forwards: bool
    needs_record: bool
    claims: tuple[str, ...]
    response: Span
    appeal_window: Span
    claimant: Span


SPANS = ("response", "appeal_window", "claimant")


def _read(name: str, given: Mapping[str, Any]) -> Regime:
    spans = {
        key: Span(**given[key]) for key in ("response", "appeal_window", "claimant")
    }
    return Regime(**{**given, **spans, "name": name, "claims": tuple(given["claims"])})


def _load() -> Mapping[str, Regime]:
    text = (Path(__file__).parent / "regimes.toml").read_text(encoding="utf-8")
    return {name: _read(name, given) for name, given in tomllib.loads(text).items()}


REGIMES: Mapping[str, Regime] = _load()


def read_regime(name: str) -> Regime:
    """Look a regime up.

    Raises:
        InvalidInput: there is none of that name.
    """
    if name not in REGIMES:
        raise InvalidInput(
            f"There is no regime {name[:60]!r}.",
            remedy=f"Choose one of {', '.join(sorted(REGIMES))}.",
        )
    return REGIMES[name]

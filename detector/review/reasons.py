"""Reason codes: why something was done, or not, as data (`reasons.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from detector.errors import InvalidInput


class ReasonKind(StrEnum):
    """What a reason is a reason for."""

    RESTRICT = "restrict"
    NO_ACTION = "no_action"
    HOLD = "hold"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was done, or not.

    Attributes:
        code: names it; stays for ever.
        kind: what it is a reason for.
        says: it in a sentence.
        right: type of right that a restriction rests on; `none` if on none.
        ground: `illegal`, or `incompatible` with the marketplace's terms.
        keyword: of the EU transparency database.
        is_claimant_error: whether it counts against whoever claimed.
    """

    code: str
    kind: ReasonKind
    says: str
    right: str = "none"
    ground: str | None = None
    keyword: str | None = None
    is_claimant_error: bool = False


def _load() -> Mapping[str, Reason]:
    text = (Path(__file__).parent / "reasons.toml").read_text(encoding="utf-8")
    return {
        code: Reason(code=code, **{**given, "kind": ReasonKind(given["kind"])})
        for code, given in tomllib.loads(text).items()
    }


REASONS: Mapping[str, Reason] = _load()


def find_reason(code: str | None, kind: ReasonKind) -> Reason:
    """Look a reason up.

    Raises:
        InvalidInput: there is none, or it is a reason for something else.
    """
    fitting = sorted(each for each in REASONS if REASONS[each].kind is kind)
    if code is None or code not in fitting:
        raise InvalidInput(
            "A reason code is needed."
            if code is None
            else f"{code[:60]!r} is no reason for {kind.value.replace('_', ' ')}.",
            remedy=f"Choose one of {', '.join(fitting)}.",
        )
    return REASONS[code]

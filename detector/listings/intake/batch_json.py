"""JSON of many events in one, parsed so that one event's faults stay its own."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class RepeatedName:
    """An object that has a name twice: nobody knows which value is meant."""

    name: str


def parse_batch(data: str | bytes) -> object:
    """Parse JSON; what only one event gets wrong is left for `read_event` to tell.

    An integer far out of range becomes infinite, and so does a number that is too
    large; an object with a name twice becomes a `RepeatedName`.

    Raises:
        ValueError: no JSON, not UTF-8, or nested too deep.
    """
    try:
        return json.loads(
            data if isinstance(data, str) else data.decode("utf-8"),
            object_pairs_hook=_names_once,
            parse_int=_integer,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _names_once(
    pairs: Sequence[tuple[str, object]],
) -> dict[str, object] | RepeatedName:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    return RepeatedName(next(name for name in names if names.count(name) > 1))


def _integer(digits: str) -> int | float:
    # Reading very long ones takes ever longer, and Python refuses to.
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")

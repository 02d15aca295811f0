"""JSON from outside, refused unless everybody reads it alike and it can be stored."""

import json
import math
from collections.abc import Iterator, Sequence

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1


def parse_json(text: bytes) -> object:
    """Read a JSON document.

    Raises:
        ValueError: not well-formed, not UTF-8, nested too deep, with a name twice, a
            number that is none or out of range, or text that is none.
    """
    try:
        value: object = json.loads(
            text.decode("utf-8"),
            object_pairs_hook=_names_once,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    for each in _walk(value):
        if isinstance(each, str):
            _require_text(each)
        elif isinstance(each, int) and abs(each) > MAX_INTEGER:
            raise ValueError("an integer has more than 64 bits")
    return value


def _walk(value: object) -> Iterator[object]:
    """Yield all values and names."""
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
        yield each
        if isinstance(each, dict):
            waiting += [(part, depth + 1) for pair in each.items() for part in pair]
        elif isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]


def _names_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same name twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("a number is too large")
    return number


def _require_text(text: str) -> None:
    if "\0" in text:
        raise ValueError("a text holds the character NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("a text holds half of a surrogate pair") from None

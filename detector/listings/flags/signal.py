"""What a signal is: one thing to be weighed by a person."""

from dataclasses import dataclass
from enum import StrEnum

Value = bool | int | float | str | list[str] | dict[str, object] | None


class Direction(StrEnum):
    """Which way a signal points."""

    SUPPORTS = "supports"
    AGAINST = "against"
    NEUTRAL = "neutral"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to be weighed by a person.

    Attributes:
        value: None if it is not known, which is neither no nor 0.
        direction: which way it points.
        text: the same in a sentence.
    """

    value: Value
    direction: Direction
    text: str


def unknown(text: str) -> Signal:
    """Say that something is not known."""
    return Signal(None, Direction.UNKNOWN, text)


def name_pictures(positions: list[int]) -> str:
    """Name pictures by their positions."""
    shown = ", ".join(map(str, positions[:10])) + (", …" if positions[10:] else "")
    return f"picture {shown}" if len(positions) == 1 else f"pictures {shown}"

"""What a guard says."""

from collections.abc import Callable
from dataclasses import dataclass

from detector.review.move import Move


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stands in the way of a step.

    Attributes:
        says: what it is.
        remedy: what can be done about it.
    """

    says: str
    remedy: str


Guard = Callable[[Move], Refusal | None]
"""Says what stands in the way; None lets the step pass."""

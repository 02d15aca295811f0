"""How well a grouping agrees with the true one, over all pairs."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import comb


@dataclass(frozen=True, slots=True)
class PairScores:
    """Counts of pairs.

    Attributes:
        true: pairs that belong together.
        found: pairs that were put together.
        right: pairs that are both.
    """

    true: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the pairs put together that belong together; 1 if there is none."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the pairs that belong together that were put so; 1 if none do."""
        return self.right / self.true if self.true else 1.0


def score_pairs(truth: Sequence[Hashable], found: Sequence[Hashable]) -> PairScores:
    """Compare two groupings of the same items.

    Args:
        truth: the group of each item.
        found: the group that it was put into.
    """

    def pairs(labels: Sequence[Hashable]) -> int:
        return sum(comb(count, 2) for count in Counter(labels).values())

    both = list(zip(truth, found, strict=True))
    return PairScores(pairs(truth), pairs(found), pairs(both))

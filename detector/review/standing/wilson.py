"""How far a share may be trusted, from how few it was counted."""

from dataclasses import dataclass
from math import sqrt

Z = 1.645
"""Of a normal distribution, 90 % lie between -Z and Z."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share that was counted, with the bounds between which it may truly lie.

    Attributes:
        count: that are of the kind.
        num: of all that were counted.
        z: how sure the bounds are.
    """

    count: int
    num: int
    z: float = Z

    @property
    def rate(self) -> float | None:
        """The share, 0..1; None of nothing."""
        return self.count / self.num if self.num else None

    @property
    def lower(self) -> float | None:
        """The lower Wilson bound; None of nothing."""
        return self._bound(-1)

    @property
    def upper(self) -> float | None:
        """The upper Wilson bound; None of nothing."""
        return self._bound(1)

    def as_json(self) -> dict[str, object]:
        """Show it with what it was counted from."""
        return {
            "count": self.count,
            "num": self.num,
            "rate": _short(self.rate),
            "lower": _short(self.lower),
            "upper": _short(self.upper),
        }

    def _bound(self, sign: int) -> float | None:
        if not self.num:
            return None
        p, n, z = self.count / self.num, self.num, self.z
        middle = p + z * z / (2 * n)
        spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        bound = (middle + sign * spread) / (1 + z * z / n)
        return min(1.0, max(0.0, bound))


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 6)

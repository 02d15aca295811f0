"""From similarity to likelihood: a curve that was fitted to what reviewers decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Protocol, cast

import numpy as np


class Curve(Protocol):
    """Says how likely it is that a reviewer confirms a match."""

    def __call__(self, similarity: float) -> float:
        """Return the likelihood, 0..1, of a match of this similarity."""
        ...


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Platt's curve: 1 / (1 + exp(-(slope · similarity + offset)))."""

    slope: float
    offset: float

    def __call__(self, similarity: float) -> float:
        """Return the likelihood, 0..1, of a match of this similarity."""
        exponent = -(self.slope * similarity + self.offset)
        return 1 / (1 + exp(min(exponent, 700.0)))


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Straight lines between points, never falling; level beyond both ends."""

    similarities: Sequence[float]
    likelihoods: Sequence[float]

    def __call__(self, similarity: float) -> float:
        """Return the likelihood, 0..1, of a match of this similarity."""
        return float(np.interp(similarity, self.similarities, self.likelihoods))


def read_curve(method: str, parameters: Mapping[str, object]) -> Curve:
    """Make the curve that was stored.

    Args:
        method: `sigmoid` or `isotonic`.
        parameters: the fields of its curve, by their names.
    """
    if method == "sigmoid":
        numbers = cast(Mapping[str, float], parameters)
        return Sigmoid(numbers["slope"], numbers["offset"])
    points = cast(Mapping[str, Sequence[float]], parameters)
    return Isotonic(points["similarities"], points["likelihoods"])

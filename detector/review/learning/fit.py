"""Fitting likelihood to examples, and saying how far it can be believed.

scikit-learn is imported where it fits: nothing else that runs needs it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detector.matching.likelihood import Curve, Isotonic, Sigmoid
from detector.review.learning.examples import Example
from detector.review.learning.rules import read_rules

Vector = NDArray[np.float64]
WEAK = 1e3
"""Of the logistic regression's regularization: keeps the slope finite, no more."""


class Method(StrEnum):
    """The kind of curve."""

    SIGMOID = "sigmoid"
    ISOTONIC = "isotonic"


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of a reliability table: what was said, and what came true.

    Attributes:
        lower: bound of the likelihoods in it.
        upper: likewise.
        num: examples in it.
        said: mean likelihood.
        came_true: share that was confirmed.
    """

    lower: float
    upper: float
    num: int
    said: float
    came_true: float


@dataclass(frozen=True, slots=True)
class Quality:
    """How good likelihoods are, on examples that were not fitted.

    Attributes:
        num: examples.
        num_confirmed: of them.
        brier: mean squared error; lower is better.
        base_brier: that of always saying the share of confirmed ones.
        ece: expected calibration error.
        table: reliability.
    """

    num: int
    num_confirmed: int
    brier: float
    base_brier: float
    ece: float
    table: tuple[Bin, ...]

    @property
    def is_better_than_nothing(self) -> bool:
        """Whether similarity tells more than the mere share does."""
        return self.brier < self.base_brier

    def as_json(self) -> dict[str, object]:
        """Show it as reports do."""
        return {**asdict(self), "table": [asdict(each) for each in self.table]}


def find_shortage(examples: Sequence[Example]) -> str | None:
    """Say what examples lack to be fitted; None if they suffice."""
    rule = read_rules().calibration
    confirmed = sum(each.is_confirmed for each in examples)
    dismissed = len(examples) - confirmed
    if (
        len(examples) >= rule.num_examples
        and min(confirmed, dismissed) >= rule.num_of_each
    ):
        return None
    return (
        f"{confirmed} confirmed and {dismissed} dismissed cases are too few: at least "
        f"{rule.num_examples} are needed, {rule.num_of_each} of each."
    )


def fit(examples: Sequence[Example], method: Method) -> Sigmoid | Isotonic:
    """Fit a curve to all examples."""
    return _fit(*_arrays(examples), method)


def assess(examples: Sequence[Example], method: Method) -> Quality:
    """Measure a method on examples, each judged by a curve that did not see it."""
    from sklearn.model_selection import StratifiedKFold

    similarity, truth = _arrays(examples)
    folds = StratifiedKFold(
        read_rules().calibration.num_folds, shuffle=True, random_state=0
    )
    said = np.zeros_like(similarity)
    for known, unknown in folds.split(similarity[:, None], truth):
        curve = _fit(similarity[known], truth[known], method)
        said[unknown] = _apply(curve, similarity[unknown])
    return measure_quality(said, truth)


def measure_quality(said: Vector, truth: Vector) -> Quality:
    """Compare likelihoods with what came true.

    Args:
        said: (n,) float64, likelihoods 0..1.
        truth: (n,) float64, 1 where confirmed, else 0.
    """
    num_bins = read_rules().calibration.num_bins
    places = np.minimum((said * num_bins).astype(int), num_bins - 1)
    table = tuple(
        Bin(
            lower=place / num_bins,
            upper=(place + 1) / num_bins,
            num=int((places == place).sum()),
            said=float(said[places == place].mean()),
            came_true=float(truth[places == place].mean()),
        )
        for place in np.unique(places).tolist()
    )
    num = len(truth)
    return Quality(
        num=num,
        num_confirmed=int(truth.sum()),
        brier=float(np.mean((said - truth) ** 2)),
        base_brier=float(np.mean((truth.mean() - truth) ** 2)),
        ece=sum(each.num / num * abs(each.came_true - each.said) for each in table),
        table=table,
    )


def parameters_of(curve: Sigmoid | Isotonic) -> Mapping[str, object]:
    """Write a curve as it is stored."""
    return {
        name: list(value) if isinstance(value, Sequence) else value
        for name, value in asdict(curve).items()
    }


def _fit(similarity: Vector, truth: Vector, method: Method) -> Sigmoid | Isotonic:
    if method is Method.SIGMOID:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=WEAK, max_iter=1_000)
        model.fit(similarity[:, None], truth)
        return Sigmoid(float(model.coef_[0, 0]), float(model.intercept_[0]))
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    steps.fit(similarity, truth)
    return Isotonic(
        [float(x) for x in steps.X_thresholds_], [float(y) for y in steps.y_thresholds_]
    )


def _apply(curve: Curve, similarity: Vector) -> Vector:
    return np.array([curve(float(value)) for value in similarity], dtype=np.float64)


def _arrays(examples: Sequence[Example]) -> tuple[Vector, Vector]:
    return (
        np.array([each.similarity for each in examples], dtype=np.float64),
        np.array([each.is_confirmed for each in examples], dtype=np.float64),
    )

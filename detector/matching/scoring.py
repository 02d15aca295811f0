"""From measured signals to one similarity; the coefficients are data, not code."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

SCORING_FILE = "scoring.json"

FOR = (
    "inliers",
    "lead_over_rival",
    "advantage_over_rival",
    "reference_overlap",
    "core_agreement",
    "kept_detail",
)
"""Terms that speak for a likeness: their weights are never negative."""

AGAINST = ("few_inliers", "color_residual", "residual_in_detail")
"""Terms that speak against it: their weights are never positive."""

TERMS = (*FOR, *AGAINST)


@dataclass(frozen=True, slots=True)
class Scoring:
    """A logistic model over the signals, and the thresholds that go with it.

    Fitted by `scripts/fit_scoring.py`.

    Attributes:
        version: names the fit; stored with every match.
        bias: of the linear score.
        weights: of each term, by name.
        match_threshold: similarity from which the verdict is `match`, 0..1.
        review_threshold: similarity from which it is `review`, 0..1.
    """

    version: str
    bias: float
    weights: Mapping[str, float]
    match_threshold: float
    review_threshold: float

    @classmethod
    def load(cls) -> Self:
        """Read the fit that ships with the project."""
        text = files("detector.matching").joinpath(SCORING_FILE).read_text("utf-8")
        fitted = json.loads(text)
        if set(fitted["weights"]) != set(TERMS):
            odd = sorted(set(fitted["weights"]) ^ set(TERMS))
            raise ValueError(f"{SCORING_FILE} and the code differ in the terms {odd}")
        return cls(**fitted)

    def similarity(self, signals: Mapping[str, float]) -> float:
        """Combine the signals of one candidate.

        Returns:
            0..1, up = more alike.
        """
        values = terms(signals)
        score = self.bias + sum(self.weights[t] * v for t, v in values.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, score))))

    def as_policy(self) -> dict[str, float | str]:
        """Everything a stored match needs to be judged again later."""
        return {
            "version": self.version,
            "match_threshold": self.match_threshold,
            "review_threshold": self.review_threshold,
        }


def terms(signals: Mapping[str, float]) -> dict[str, float]:
    """Turn signals into the terms of the linear score, each of the order of 1.

    Colours that differ count for more where the fine detail is the same: that is how
    a colourway or another variant, photographed or drawn alike, differs from a copy;
    another photo of the product differs in both.

    Args:
        signals: as `Verification.signals` names them; missing ones count as 0.
    """

    def value(name: str) -> float:
        return signals.get(name, 0.0)

    residual = min(value("color_residual") / 10.0, 3.0)
    return {
        "inliers": math.log1p(value("num_inliers")),
        # Zero at most: explaining fewer points than another candidate speaks against.
        "lead_over_rival": math.log1p(value("num_inliers"))
        - math.log1p(max(value("num_inliers"), value("rival_inliers"))),
        "advantage_over_rival": value("advantage"),
        "reference_overlap": value("reference_overlap"),
        "core_agreement": value("core_agreement"),
        "kept_detail": max(0.0, value("kept_detail")),
        # Below some 20 inliers chance placements happen; above, more say little.
        "few_inliers": max(0.0, 1.0 - value("num_inliers") / 20.0),
        "color_residual": residual,
        "residual_in_detail": residual * max(0.0, value("detail")),
    }

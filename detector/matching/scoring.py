"""From measured signals to one similarity; the coefficients are data, not code."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

SCORING_FILE = "scoring.json"

_LOG = {"votes": 50.0, "num_inliers": 1.0, "inlier_quality": 1.0}
_SCALED = {"color_shift": 0.05, "color_residual": 0.1}
_PLAIN = (
    "inlier_ratio",
    "reference_overlap",
    "structure",
    "agreement",
    "core_agreement",
    "mismatch_blob",
    "detail",
    "hue_turn",
    "textured",
)
TERMS = (*_LOG, *_SCALED, *_PLAIN, "placed", "compared", "few_inliers", "fine_copy")
"""Names of the terms of the similarity, in the order of `terms`."""


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

    Args:
        signals: as `Verification.signals` names them; missing ones count as 0.
    """
    values = {name: math.log1p(k * signals.get(name, 0.0)) for name, k in _LOG.items()}
    compared = float("structure" in signals)
    inliers = signals.get("num_inliers", 0.0)
    for name, scale in _SCALED.items():
        values[name] = min(scale * signals.get(name, 0.0), 3.0)
    for name in _PLAIN:
        values[name] = signals.get(name, 0.0)
    values["placed"] = float(inliers > 0)
    values["compared"] = compared
    # Below some 20 inliers chance placements happen; above, more say little.
    values["few_inliers"] = max(0.0, 1.0 - inliers / 20.0)
    # Fine detail and colour both kept: what only the very photo does.
    color = max(0.0, 1.0 - signals.get("color_residual", 0.0) / 8.0) * compared
    values["fine_copy"] = color * max(0.0, signals.get("detail", 0.0))
    return values

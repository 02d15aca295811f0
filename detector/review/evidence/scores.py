"""Computes the scores of an evidence pack again, from what was measured and anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from detector.images import DecodedImage
from detector.matching.describe import RECIPE, Query, describe
from detector.matching.retrieve import Candidate
from detector.matching.scoring import Scoring
from detector.matching.verify import Inspection

TOLERANCE = 0.02
"""How far a similarity that is measured anew may be from the one on record. The same
processor gives the same; see tests for what was measured."""
EXACT = 1e-9
"""How far one may be that is computed from the recorded values."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What is on record of a match.

    Attributes:
        similarity: 0..1.
        signals: every measured value, by name.
        mirrored: the picture shows the reference flipped.
        recipe: of the local features.
        version: of the coefficients.
    """

    similarity: float
    signals: Mapping[str, float]
    mirrored: bool
    recipe: str
    version: str

    def is_of_this_version(self, scoring: Scoring) -> bool:
        """Say whether this version of detector computes it in the same way."""
        return self.recipe == RECIPE and self.version == scoring.version

    def computed(self, scoring: Scoring) -> float:
        """Compute the similarity from the values on record."""
        return scoring.similarity(self.signals)


def measure(
    query: DecodedImage, reference: DecodedImage, scored: Scored, scoring: Scoring
) -> float:
    """Measure a similarity anew on the two pictures.

    The matcher looks once or twice, as far as it takes to be sure: of both looks the
    one that comes nearer counts. How the reference compares with others of its brand
    is taken from the record, as those are not in the pack.

    Args:
        query: decoded as the matcher does.
        reference: likewise.
        scored: what is on record.
        scoring: turns values into a similarity.
    """
    rival_inliers = int(scored.signals.get("rival_inliers", 0.0))
    advantage = scored.signals.get("advantage", 0.0)
    inspection = Inspection(
        Query(query.pixels, query.width, query.height),
        Candidate("reference"),
        describe(reference.pixels, reference.width, reference.height),
    )
    found: list[float] = []
    for thorough in (False, True):
        look = inspection.look(thorough=thorough, flips=(scored.mirrored,))
        look = replace(look, rival_inliers=rival_inliers, advantage=advantage)
        found.append(scoring.similarity(look.signals()))
    return min(found, key=lambda value: abs(value - scored.similarity))

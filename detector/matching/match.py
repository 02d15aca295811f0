"""What the matcher says about a query: matches, relations, a verdict."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Quad = tuple[
    tuple[float, float],
    tuple[float, float],
    tuple[float, float],
    tuple[float, float],
]
"""Four corners, x then y, in pixels of the original picture, clockwise as drawn."""


class Relation(StrEnum):
    """What kind of likeness a match is; never a statement about genuineness."""

    SAME_PHOTO = "same_photo"
    EDITED_PHOTO = "edited_photo"
    SAME_PRODUCT = "same_product"
    LOOKALIKE = "lookalike"


class Verdict(StrEnum):
    """What the thresholds make of the matches; a person decides, not this.

    A look-alike, however similar, is never more than `review`.
    """

    NO_MATCH = "no_match"
    REVIEW = "review"
    MATCH = "match"


@dataclass(frozen=True, slots=True)
class Match:
    """One reference that the query resembles.

    Attributes:
        reference_id: the id that the reference was indexed under.
        similarity: 0..1, up = more alike.
        likelihood: 0..1, calibrated probability that a reviewer confirms; None
            where it was not calibrated.
        relation: kind of likeness.
        mirrored: the query shows the reference flipped left to right.
        num_inliers: point pairs that agree with the alignment; 0 if not aligned.
        query_region: outline of the reference on the query; None if not aligned.
        reference_region: the part of the reference that the query shows.
        query_overlap: share of the query's area that the match covers, 0..1.
        reference_overlap: share of the reference's area that the query shows, 0..1.
        homography: (3, 3) float64, maps reference pixels onto query pixels (both in
            original pixels; a mirrored match has the flip inside); None if not
            aligned.
        signals: every measured value behind `similarity`, by name.
    """

    reference_id: str
    similarity: float
    likelihood: float | None
    relation: Relation
    mirrored: bool
    num_inliers: int
    query_region: Quad | None
    reference_region: Quad | None
    query_overlap: float
    reference_overlap: float
    homography: NDArray[np.float64] | None
    signals: dict[str, float]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """A query's matches, best first, and the verdict over them."""

    matches: tuple[Match, ...]
    verdict: Verdict

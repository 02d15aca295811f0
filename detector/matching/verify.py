"""A closer look at one candidate: placement, aligned pixels, measured signals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from detector.matching.comparison import Comparison, align, compare_aligned
from detector.matching.describe import Description, Query
from detector.matching.geometry import Matrix, Placement, overlaps, place
from detector.matching.point_pairs import (
    PointPairs,
    consistency,
    join_pairs,
    pair_orb,
    pair_sift,
)
from detector.matching.retrieve import Candidate, Kind

_SURE_INLIERS = 40
_SURE_STRUCTURE = 0.55
_CLOSE_VOTES = 0.85
_CLOSE_CONSISTENCY = 0.6


@dataclass(frozen=True, slots=True)
class Verification:
    """What was measured of one candidate.

    Attributes:
        candidate: with the scores of retrieval.
        mirrored: the query was looked at flipped left to right.
        num_pairs: tentative point pairs.
        placement: in the frame of the query as looked at; None if there is none.
        comparison: of the aligned pixels; None without a placement, or where it is
            too small to compare.
        homography: (3, 3) reference to the query as it is, in original pixels.
        reference_size: width and height of the original reference, in pixels.
        rival_inliers: inliers of the strongest other candidate on the same part of the
            query; 0 without one.
        advantage: -1..1, whether the query is like this reference rather than like that
            rival, where the two differ.
    """

    candidate: Candidate
    mirrored: bool
    num_pairs: int
    placement: Placement | None
    comparison: Comparison | None
    homography: Matrix | None
    reference_size: tuple[int, int]
    rival_inliers: int = 0
    advantage: float = 0.0

    @property
    def is_sure(self) -> bool:
        """Whether another look could hardly change anything."""
        return (
            self.placement is not None
            and self.comparison is not None
            and self.placement.num_inliers >= _SURE_INLIERS
            and self.comparison.structure >= _SURE_STRUCTURE
        )

    @property
    def num_inliers(self) -> int:
        """Of the placement; 0 without one."""
        return self.placement.num_inliers if self.placement is not None else 0

    @property
    def is_hopeful(self) -> bool:
        """Whether there is a placement at all that more points might confirm."""
        return self.num_inliers >= 7

    def signals(self) -> dict[str, float]:
        """Name every measured value; what was not measured is 0."""
        placement, comparison = self.placement, self.comparison
        own, other = self.candidate.votes, self.candidate.mirrored_votes
        signals = {
            "votes": other if self.mirrored else own,
            "copy_embedding": self.candidate.scores[Kind.COPY],
            "semantic_embedding": self.candidate.scores[Kind.SEMANTIC],
            "num_pairs": float(self.num_pairs),
            "num_inliers": float(self.num_inliers),
            "inlier_ratio": placement.inlier_ratio if placement else 0.0,
            "inlier_quality": placement.inlier_quality if placement else 0.0,
            "rival_inliers": float(self.rival_inliers),
            "advantage": self.advantage,
        }
        if comparison is not None:
            signals |= asdict(comparison)
        return signals


class Inspection:
    """One candidate under inspection; its points are paired once for all looks."""

    def __init__(
        self, query: Query, candidate: Candidate, reference: Description
    ) -> None:
        self.candidate = candidate
        self._query = query
        self._reference = reference
        self._orb_pairs: dict[bool, PointPairs] = {}

    def agreement(self) -> float:
        """Say how well the few points of a glance agree on a turn and a zoom.

        In the orientation that the votes favour; see `consistency`.
        """
        mirrored = self.candidate.mirrored_votes > self.candidate.votes
        points = self._query.glance[mirrored]
        return consistency(pair_orb(points, self._reference.orb))

    def sift_quality(self) -> float:
        """Sum the quality of the SIFT pairs, in the orientation the votes favour."""
        mirrored = self.candidate.mirrored_votes > self.candidate.votes
        return float(self._pair_sift(mirrored=mirrored).quality.sum())

    def look(self, *, thorough: bool, flips: Sequence[bool] = ()) -> Verification:
        """Verify in the given orientations; without any, where votes or pairs point.

        Args:
            thorough: pair by ORB and SIFT together, not by ORB alone.
            flips: whether to look at the query flipped left to right.
        """
        looks = [
            self._look_at(mirrored=flip, thorough=thorough)
            for flip in flips or self._flips()
        ]
        return max(looks, key=_strength)

    def _flips(self) -> list[bool]:
        upright, mirrored = self.candidate.votes, self.candidate.mirrored_votes
        if min(upright, mirrored) >= _CLOSE_VOTES * max(upright, mirrored):
            upright, mirrored = (
                consistency(self._pair_orb(mirrored=flip)) for flip in (False, True)
            )
            if min(upright, mirrored) >= _CLOSE_CONSISTENCY * max(upright, mirrored):
                return [False, True]
        return [mirrored > upright]

    def _pair_orb(self, *, mirrored: bool) -> PointPairs:
        if mirrored not in self._orb_pairs:
            query = self._query
            orb = query.mirrored_orb if mirrored else query.orb
            self._orb_pairs[mirrored] = pair_orb(orb, self._reference.orb)
        return self._orb_pairs[mirrored]

    def _pair_sift(self, *, mirrored: bool) -> PointPairs:
        query = self._query
        sift = query.mirrored_sift if mirrored else query.sift
        return pair_sift(sift, self._reference.sift)

    def _look_at(self, *, mirrored: bool, thorough: bool) -> Verification:
        query, reference = self._query, self._reference
        query_size = (query.width, query.height)
        reference_size = (reference.width, reference.height)
        pairs = self._pair_orb(mirrored=mirrored)
        if thorough:
            pairs = join_pairs(pairs, self._pair_sift(mirrored=mirrored))
        placement = place(pairs, query_size, reference_size)
        comparison = _compare(query, reference, placement, mirrored=mirrored)
        homography = None
        if placement is not None:
            homography = placement.homography
            if mirrored:
                homography = _flip(query.width) @ homography
        return Verification(
            self.candidate,
            mirrored,
            len(pairs),
            placement,
            comparison,
            homography,
            reference_size,
        )


def _strength(verification: Verification) -> float:
    """Say how much a look found, to choose between two looks at one candidate."""
    placement, comparison = verification.placement, verification.comparison
    if placement is None:
        return 0.0
    return placement.inlier_quality * (
        0.1 + (comparison.agreement if comparison else 0)
    )


def _compare(
    query: Query,
    reference: Description,
    placement: Placement | None,
    *,
    mirrored: bool,
) -> Comparison | None:
    if placement is None:
        return None
    query_size = (query.width, query.height)
    reference_size = (reference.width, reference.height)
    pair = align(
        query.mirrored_small if mirrored else query.small,
        query_size,
        reference.small,
        reference_size,
        placement.homography,
    )
    if pair is None:
        return None
    covered, shown = overlaps(placement.homography, query_size, reference_size)
    return compare_aligned(pair, query_overlap=covered, reference_overlap=shown)


def _flip(width: int) -> Matrix:
    """Map pixels of a flipped picture to the unflipped one."""
    return np.array([[-1.0, 0.0, width - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

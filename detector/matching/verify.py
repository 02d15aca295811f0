"""A closer look at one candidate: placement, aligned pixels, measured signals."""

from dataclasses import asdict, dataclass

import numpy as np

from detector.matching.comparison import Comparison, align, compare_aligned
from detector.matching.describe import Description, Query
from detector.matching.geometry import Matrix, Placement, overlaps, place
from detector.matching.point_pairs import join_pairs, pair_orb, pair_sift
from detector.matching.retrieve import Candidate, Kind

_SURE_INLIERS = 40
_SURE_STRUCTURE = 0.55
_CLOSE_VOTES = 0.85


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
    """

    candidate: Candidate
    mirrored: bool
    num_pairs: int
    placement: Placement | None
    comparison: Comparison | None
    homography: Matrix | None
    reference_size: tuple[int, int]

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
    def is_hopeful(self) -> bool:
        """Whether there is a placement at all that more points might confirm."""
        return self.placement is not None and self.placement.num_inliers >= 7

    def signals(self) -> dict[str, float]:
        """Name every measured value; what was not measured is 0."""
        placement, comparison = self.placement, self.comparison
        own, other = self.candidate.votes, self.candidate.mirrored_votes
        signals = {
            "votes": other if self.mirrored else own,
            "copy_embedding": self.candidate.cosines[Kind.COPY],
            "semantic_embedding": self.candidate.cosines[Kind.SEMANTIC],
            "num_pairs": float(self.num_pairs),
            "num_inliers": float(placement.num_inliers) if placement else 0.0,
            "inlier_ratio": placement.inlier_ratio if placement else 0.0,
            "inlier_quality": placement.inlier_quality if placement else 0.0,
        }
        if comparison is not None:
            signals |= asdict(comparison)
        return signals


def verify(
    query: Query, candidate: Candidate, reference: Description, *, thorough: bool
) -> Verification:
    """Verify a candidate in the orientation that its votes favour, or in both.

    Args:
        query: the picture in question.
        candidate: which reference, and how many votes each orientation has.
        reference: what is stored of it.
        thorough: pair by ORB and SIFT together, not by ORB alone.
    """
    upright, mirrored = candidate.votes, candidate.mirrored_votes
    low, high = sorted((upright, mirrored))
    flips = [mirrored > upright] if low < _CLOSE_VOTES * high else [False, True]
    looks = [
        _verify_one(query, candidate, reference, mirrored=flip, thorough=thorough)
        for flip in flips
    ]
    return max(looks, key=_strength)


def count_sift(query: Query, candidate: Candidate, reference: Description) -> float:
    """Sum the quality of the SIFT pairs, in the orientation the votes favour."""
    mirrored = candidate.mirrored_votes > candidate.votes
    sift = query.mirrored_sift if mirrored else query.sift
    return float(pair_sift(sift, reference.sift).quality.sum())


def _strength(verification: Verification) -> float:
    placement, comparison = verification.placement, verification.comparison
    if placement is None:
        return 0.0
    return placement.inlier_quality * (
        0.1 + (comparison.agreement if comparison else 0)
    )


def _verify_one(
    query: Query,
    candidate: Candidate,
    reference: Description,
    *,
    mirrored: bool,
    thorough: bool,
) -> Verification:
    query_size = (query.width, query.height)
    reference_size = (reference.width, reference.height)
    pairs = pair_orb(query.mirrored_orb if mirrored else query.orb, reference.orb)
    if thorough:
        sift = query.mirrored_sift if mirrored else query.sift
        pairs = join_pairs(pairs, pair_sift(sift, reference.sift))
    placement = place(pairs, query_size, reference_size)
    comparison = _compare(query, reference, placement, mirrored=mirrored)
    homography = None
    if placement is not None:
        homography = placement.homography
        if mirrored:
            homography = _flip(query.width) @ homography
    return Verification(
        candidate,
        mirrored,
        len(pairs),
        placement,
        comparison,
        homography,
        reference_size,
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

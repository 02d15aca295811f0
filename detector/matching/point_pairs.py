"""Point pairs: which point of a query may be which point of a reference."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.nearest_codes import nearest_codes
from models.local_features import LocalFeatures

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ORB_RATIO = 0.88
_ORB_MAX_BITS = 80
_SIFT_RATIO = 0.86
_SIFT_SLACK = 0.02
_SIFT_NORM = 512.0
_MIN_POINTS = 4
_TURN_STEP_DEG, _NUM_TURNS = 15.0, 24
_ZOOM_STEP, _NUM_ZOOMS = 0.5, 16


@dataclass(frozen=True, slots=True)
class PointPairs:
    """Tentative correspondences; all arrays are aligned.

    Attributes:
        query: (m, 2) float64 pixels.
        reference: (m, 2) float64 pixels.
        zooms: (m,) how many times larger the point is in the query.
        turns: (m,) degrees from the reference's to the query's orientation.
        quality: (m,) 0..1, how clearly this pair beats the next best.
    """

    query: Points
    reference: Points
    zooms: NDArray[np.float64]
    turns: NDArray[np.float64]
    quality: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.query)

    def select(self, mask: Mask) -> "PointPairs":
        """Keep the pairs for which the (m,) mask is true."""
        return PointPairs(
            self.query[mask],
            self.reference[mask],
            self.zooms[mask],
            self.turns[mask],
            self.quality[mask],
        )


def pair_orb(query: LocalFeatures, reference: LocalFeatures) -> PointPairs:
    """Pair points whose codes are clearly nearest to each other.

    Ratio test: Lowe, IJCV 2004. A corner is found again at neighbouring octaves,
    which is no rival: hence against the third nearest code, not the second. Of the
    points that choose one point of the reference, the nearest keeps it.
    """
    if min(len(query), len(reference)) < _MIN_POINTS:
        return _no_pairs()
    bits, rows = nearest_codes(query.descriptors, reference.descriptors, 3)
    near = bits.astype(np.float64)
    nearest = rows[:, 0]
    # Three codes all equal are rivals too, though their distance is 0.
    has_rival = near[:, 2] <= near[:, 0]
    ratio = np.where(has_rival, 1.0, near[:, 0] / np.maximum(near[:, 2], 1.0))
    closest = np.full(len(reference), np.inf)
    np.minimum.at(closest, nearest, near[:, 0])
    is_closest = near[:, 0] <= closest[nearest]
    chosen = (ratio < _ORB_RATIO) & (near[:, 0] <= _ORB_MAX_BITS) & is_closest
    return _pair(query, reference, chosen, nearest, ratio)


def pair_sift(query: LocalFeatures, reference: LocalFeatures) -> PointPairs:
    """Pair points by RootSIFT, as `pair_orb` does by codes; both ways."""
    if min(len(query), len(reference)) < _MIN_POINTS:
        return _no_pairs()
    left = query.descriptors.astype(np.float32) / np.float32(_SIFT_NORM)
    right = reference.descriptors.astype(np.float32) / np.float32(_SIFT_NORM)
    cosine = left @ right.T
    back = cosine.max(axis=0)
    rows = np.arange(len(cosine))
    nearest = cosine.argmax(axis=1)
    best = cosine[rows, nearest].copy()
    cosine[rows, nearest] = -1.0
    second = cosine.max(axis=1)
    # Vectors of length 1, but for the rounding to bytes: distance² = 2 - 2 cosine.
    ratio = np.sqrt(np.maximum(1 - best, 0) / np.maximum(1 - second, 1e-6))
    chosen = (ratio < _SIFT_RATIO) & (best >= back[nearest] - _SIFT_SLACK)
    return _pair(query, reference, chosen, nearest, ratio.astype(np.float64))


def join_pairs(first: PointPairs, second: PointPairs) -> PointPairs:
    """Put two sets of pairs together."""
    return PointPairs(
        np.concatenate([first.query, second.query]),
        np.concatenate([first.reference, second.reference]),
        np.concatenate([first.zooms, second.zooms]),
        np.concatenate([first.turns, second.turns]),
        np.concatenate([first.quality, second.quality]),
    )


def consistency(pairs: PointPairs) -> float:
    """Sum the quality of the pairs that agree on a turn and a zoom.

    Weak geometric consistency (Jégou et al., ECCV 2008): a peak of a histogram, where
    pairs by chance scatter. A hundredth of what a placement costs.

    Returns:
        0 without pairs; up = more agreement.
    """
    if not len(pairs):
        return 0.0
    turns = np.floor(pairs.turns / _TURN_STEP_DEG).astype(np.intp) % _NUM_TURNS
    zooms = np.floor(np.log2(pairs.zooms) / _ZOOM_STEP).astype(np.intp)
    zooms = np.clip(zooms + _NUM_ZOOMS // 2, 0, _NUM_ZOOMS - 1)
    cells = np.bincount(
        turns * _NUM_ZOOMS + zooms, pairs.quality, _NUM_TURNS * _NUM_ZOOMS
    ).reshape(_NUM_TURNS, _NUM_ZOOMS)
    # A peak may lie on a border between cells.
    wide = cells + np.roll(cells, 1, axis=0)
    wide[:, 1:] += wide[:, :-1].copy()
    return float(wide.max())


def _pair(
    query: LocalFeatures,
    reference: LocalFeatures,
    chosen: Mask,
    nearest: NDArray[np.intp],
    ratio: NDArray[np.float64],
) -> PointPairs:
    rows, columns = np.flatnonzero(chosen), nearest[chosen]
    return PointPairs(
        query=query.keypoints[rows].astype(np.float64),
        reference=reference.keypoints[columns].astype(np.float64),
        zooms=(query.sizes[rows] / reference.sizes[columns]).astype(np.float64),
        turns=(query.angles[rows] - reference.angles[columns]).astype(np.float64),
        quality=np.clip(1.0 - ratio[rows], 0.0, 1.0),
    )


def _no_pairs() -> PointPairs:
    none = np.zeros(0)
    return PointPairs(np.zeros((0, 2)), np.zeros((0, 2)), none, none, none)

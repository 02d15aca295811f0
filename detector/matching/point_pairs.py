"""Point pairs: which point of a query may be which point of a reference."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.local_features import LocalFeatures

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

_ORB_RATIO = 0.88
_ORB_MAX_BITS = 80
_SIFT_RATIO = 0.86
_SIFT_SLACK = 0.02
_SIFT_NORM = 512.0
_MIN_POINTS = 4


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
    bits, rows = cv2.batchDistance(
        query.descriptors,
        reference.descriptors,
        cv2.CV_32S,
        normType=cv2.NORM_HAMMING,
        K=3,
    )
    near = np.asarray(bits, dtype=np.float64)
    nearest = np.asarray(rows, dtype=np.intp)[:, 0]
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

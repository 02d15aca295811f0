"""Point pairs: which point of a query may be which point of a reference."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.local_features import LocalFeatures

Points = NDArray[np.float64]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_ORB_RATIO = 0.88
_ORB_MAX_BITS = 80
_SIFT_RATIO = 0.86


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

    Ratio test: Lowe, IJCV 2004; both ways, since either picture may repeat itself.
    """
    return _pair(query, reference, cv2.NORM_HAMMING, _ORB_RATIO, _ORB_MAX_BITS)


def pair_sift(query: LocalFeatures, reference: LocalFeatures) -> PointPairs:
    """Pair points by RootSIFT, as `pair_orb` does by codes."""
    return _pair(query, reference, cv2.NORM_L2, _SIFT_RATIO, np.inf)


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
    norm: int,
    max_ratio: float,
    max_distance: float,
) -> PointPairs:
    if len(query) < 2 or len(reference) < 2:
        return _no_pairs()
    if norm == cv2.NORM_HAMMING:
        # A corner is found again at neighbouring octaves, which is no rival: hence
        # the third nearest code, not the second.
        best, nearest, runner_up = _nearest_codes(query, reference, rival=2)
        nearest_back, _, _ = _nearest_codes(reference, query, rival=0)
    else:
        left = query.descriptors.astype(np.float32)
        right = reference.descriptors.astype(np.float32)
        squared = (
            (left**2).sum(axis=1)[:, None]
            + (right**2).sum(axis=1)[None, :]
            - 2 * left @ right.T
        )
        found = np.sqrt(np.maximum(squared, 0))
        nearest = found.argmin(axis=1)
        best = found[np.arange(len(found)), nearest]
        runner_up = np.partition(found, 1, axis=1)[:, 1]
        nearest_back = found.min(axis=0)
    ratio = best / np.maximum(runner_up, 1e-6)
    is_mutual = best <= nearest_back[nearest] * 1.15 + 1
    chosen = (ratio < max_ratio) & (best <= max_distance) & is_mutual
    rows, columns = np.flatnonzero(chosen), nearest[chosen]
    sizes = query.sizes[rows] / reference.sizes[columns]
    return PointPairs(
        query=query.keypoints[rows].astype(np.float64),
        reference=reference.keypoints[columns].astype(np.float64),
        zooms=sizes.astype(np.float64),
        turns=(query.angles[rows] - reference.angles[columns]).astype(np.float64),
        quality=np.clip(1.0 - ratio[chosen].astype(np.float64), 0.0, 1.0),
    )


def _nearest_codes(
    query: LocalFeatures, reference: LocalFeatures, *, rival: int
) -> tuple[Plane, NDArray[np.intp], Plane]:
    """Find each code's nearest, and the distance of a rival: bits, rows, bits."""
    bits, rows = cv2.batchDistance(
        query.descriptors,
        reference.descriptors,
        cv2.CV_32S,
        normType=cv2.NORM_HAMMING,
        K=min(rival + 1, len(reference)),
    )
    near = np.asarray(bits, dtype=np.float32)
    return near[:, 0], np.asarray(rows, dtype=np.intp)[:, 0], near[:, -1]


def _no_pairs() -> PointPairs:
    none = np.zeros(0)
    return PointPairs(np.zeros((0, 2)), np.zeros((0, 2)), none, none, none)

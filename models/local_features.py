"""Keypoints and descriptors of a picture, for voting and for verification."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Ints = NDArray[np.intp]

ORB_CODE_BYTES = 32
SIFT_VALUES = 128
_ORB_PATCH_PX = 31
_ORB_BORDER_PX = 15
_SPREAD_CELLS = 8  # cells along the longer side, for keypoints spread evenly


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """Keypoints of one picture and a descriptor for each; all arrays are aligned.

    Attributes:
        keypoints: (p, 2) float32, x then y, in pixels of the picture they were
            taken from; pixel centres are on integers.
        sizes: (p,) float32, diameter of the described patch in the same pixels.
        angles: (p,) float32, degrees, clockwise.
        descriptors: (p, w) uint8: w = 32 packed bits (ORB) or 128 values (SIFT).
    """

    keypoints: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __post_init__(self) -> None:
        num = len(self.keypoints)
        lengths = {len(self.sizes), len(self.angles), len(self.descriptors)}
        if lengths != {num}:
            raise ValueError(f"{num} keypoints but other arrays of {lengths} rows")

    def __len__(self) -> int:
        return len(self.keypoints)


@dataclass(frozen=True, slots=True)
class OrbPass:
    """One detection of ORB keypoints at one scale of the picture.

    Attributes:
        long_side_px: the picture is resized to this, smaller ones upwards too.
        num_strong: points kept by corner response, shared among the octaves.
        num_spread: further points taken cell by cell, so that a plain product
            keeps some beside a busy neighbour or a covering sticker.
        fast_threshold: gray levels of contrast that make a corner.
    """

    long_side_px: int
    num_strong: int
    num_spread: int
    fast_threshold: int


# A copy in a screenshot is a sixth of its reference's size, more than one pass's
# eight octaves span; hence the reference's second, coarse pass. Measured on edited
# packshots, recall in the first: 0.91 with one pass at 512 px, 0.97 with these.
REFERENCE_PASSES = (OrbPass(384, 500, 100, 10), OrbPass(128, 200, 0, 5))
QUERY_PASSES = (OrbPass(512, 800, 400, 10),)
GLANCE_PASS = OrbPass(448, 200, 150, 8)
"""Half the cost of `QUERY_PASSES`: enough to see whether a closer look is due."""


def orb_features(image: RGB, passes: Sequence[OrbPass]) -> LocalFeatures:
    """Detect and describe corners as 256-bit codes.

    ORB: Rublee et al., ICCV 2011. Codes are compared by Hamming distance; two
    unrelated ones differ in about 128 bits.

    Args:
        image: (h, w, 3) uint8 RGB.
        passes: scales and numbers of points; their points are concatenated.

    Returns:
        Features with (p, 32) descriptors; p may be 0 on a featureless picture.
    """
    return _concatenate([_orb_pass(image, each) for each in passes], ORB_CODE_BYTES)


def orb_both_ways(image: RGB, settings: OrbPass) -> tuple[LocalFeatures, LocalFeatures]:
    """Describe corners of a picture and of its mirror image, detected once.

    Half the cost of `orb_features` of both: corners lie where they lie, only their
    codes depend on the flip.

    Args:
        image: (h, w, 3) uint8 RGB.
        settings: scale and number of points.

    Returns:
        Features of the picture, and of the picture flipped left to right with
        keypoints in the flipped picture's pixels.
    """
    gray, scale = _gray_at(image, settings.long_side_px)
    detector, found = _detect_orb(gray, settings)
    right = gray.shape[1] - 1
    flipped = [
        cv2.KeyPoint(
            right - point.pt[0],
            point.pt[1],
            point.size,
            (180.0 - point.angle) % 360.0,
            point.response,
            point.octave,
        )
        for point in found
    ]
    mirrored = np.ascontiguousarray(gray[:, ::-1])
    return (
        _describe_orb(detector, gray, found, scale),
        _describe_orb(detector, mirrored, flipped, scale),
    )


def sift_features(
    image: RGB, *, num_points: int = 500, long_side_px: int = 400
) -> LocalFeatures:
    """Detect and describe blobs by RootSIFT.

    SIFT: Lowe, IJCV 2004; square-rooted as in Arandjelovic and Zisserman, CVPR 2012.
    Ten times the cost of ORB; finds other photos of a product that ORB misses.

    Returns:
        Features with (p, 128) descriptors, the root scaled to 0..255: an inner
        product of two of them over 512² is their cosine.
    """
    gray, scale = _gray_at(image, long_side_px)
    detector = cv2.SIFT.create(num_points, 3, 0.02, 12, 1.6)
    found, values = detector.detectAndCompute(gray, None)
    if not found:
        return _concatenate([], SIFT_VALUES)
    share = values / np.maximum(values.sum(axis=1, keepdims=True), 1e-6)
    codes = np.clip(np.sqrt(share) * 512.0, 0, 255).astype(np.uint8)
    # OpenCV may return more points than asked for, when several orientations or
    # equal responses tie; the strongest stay.
    order = np.argsort([-point.response for point in found], kind="stable")
    kept = np.sort(order[:num_points])
    return _collect([found[i] for i in kept], codes[kept], scale)


def mirror_sift(features: LocalFeatures, width: int) -> LocalFeatures:
    """Return the SIFT features that the picture flipped left to right would have.

    A flip exchanges the histogram's rows and the sense of its orientations, so
    nothing has to be detected again.

    Args:
        features: of the unflipped picture.
        width: of that picture, in the pixels of its keypoints.
    """
    histograms = features.descriptors.reshape(-1, 4, 4, 8)
    mirrored = histograms[:, ::-1, :, :][..., (8 - np.arange(8)) % 8]
    keypoints = features.keypoints.copy()
    keypoints[:, 0] = width - 1 - keypoints[:, 0]
    return replace(
        features,
        keypoints=keypoints,
        angles=(180.0 - features.angles) % 360.0,
        descriptors=np.ascontiguousarray(mirrored.reshape(-1, SIFT_VALUES)),
    )


def _orb_pass(image: RGB, settings: OrbPass) -> LocalFeatures:
    gray, scale = _gray_at(image, settings.long_side_px)
    detector, found = _detect_orb(gray, settings)
    return _describe_orb(detector, gray, found, scale)


def _detect_orb(
    gray: NDArray[np.uint8], settings: OrbPass
) -> tuple[cv2.ORB, Sequence[cv2.KeyPoint]]:
    """Detect corners; return what describes them, too."""
    wanted = settings.num_strong + settings.num_spread
    detector = cv2.ORB.create(
        # Three times as many to choose the spread ones from.
        wanted * 3 if settings.num_spread else wanted,
        scaleFactor=1.2,
        nlevels=8,
        edgeThreshold=_ORB_BORDER_PX,
        scoreType=cv2.ORB_HARRIS_SCORE,
        patchSize=_ORB_PATCH_PX,
        fastThreshold=settings.fast_threshold,
    )
    if min(gray.shape) <= 2 * _ORB_BORDER_PX:
        # No point is that far from both borders, and OpenCV's pyramid fails on a
        # side that it would shrink to nothing.
        return detector, []
    found = detector.detect(gray, None)
    if len(found) > wanted:
        found = [found[i] for i in _choose(found, settings, max(gray.shape))]
    return detector, found


def _describe_orb(
    detector: cv2.ORB,
    gray: NDArray[np.uint8],
    found: Sequence[cv2.KeyPoint],
    scale: float,
) -> LocalFeatures:
    if not found:
        return _concatenate([], ORB_CODE_BYTES)
    described, codes = detector.compute(gray, found)
    if not described:
        return _concatenate([], ORB_CODE_BYTES)
    return _collect(described, codes.astype(np.uint8, copy=False), scale)


def _choose(
    found: Sequence[cv2.KeyPoint], settings: OrbPass, long_side_px: int
) -> list[int]:
    """Choose the strongest points of each octave, then the strongest of each cell."""
    table = np.array([(p.pt[0], p.pt[1], p.response, p.octave) for p in found])
    response, octave = table[:, 2], table[:, 3].astype(np.intp)
    share = settings.num_strong / len(found)
    quota = np.ceil(np.bincount(octave) * share)
    is_strong = _rank_within(octave, response) < quota[octave]
    cell_px = long_side_px / _SPREAD_CELLS
    column, row = (table[:, :2] // cell_px).astype(np.intp).T
    rank = _rank_within(column + row * (_SPREAD_CELLS + 1), response)
    rank[is_strong] = len(found)
    spread = np.lexsort((-response, rank))[: settings.num_spread]
    return sorted({*np.flatnonzero(is_strong).tolist(), *spread.tolist()})


def _rank_within(groups: Ints, values: NDArray[np.float64]) -> Ints:
    """Rank each value among those of its group, 0 for the largest."""
    order = np.lexsort((-values, groups))
    ordered = groups[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    lengths = np.diff(np.r_[starts, len(ordered)])
    rank = np.empty(len(groups), dtype=np.intp)
    rank[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return rank


def _gray_at(image: RGB, long_side_px: int) -> tuple[NDArray[np.uint8], float]:
    """Resize to a long side and drop the colour; return the scale too."""
    height, width = image.shape[:2]
    scale = long_side_px / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    resized = cv2.resize(image, size, interpolation=mode)
    gray = cv2.cvtColor(resized, cv2.COLOR_RGB2GRAY)
    return gray.astype(np.uint8, copy=False), scale


def _collect(
    points: Sequence[cv2.KeyPoint], codes: NDArray[np.uint8], scale: float
) -> LocalFeatures:
    """Bring keypoints back to the picture's own pixels."""
    table = np.array([(*p.pt, p.size, p.angle) for p in points], dtype=np.float32)
    # Pixel centres are on integers, so the half pixel scales with the picture.
    keypoints = (table[:, :2] + 0.5) / scale - 0.5
    return LocalFeatures(
        keypoints=keypoints.astype(np.float32),
        sizes=table[:, 2] / np.float32(scale),
        angles=table[:, 3],
        descriptors=codes,
    )


def _concatenate(parts: Sequence[LocalFeatures], width: int) -> LocalFeatures:
    empty = np.zeros(0, dtype=np.float32)
    return LocalFeatures(
        keypoints=np.concatenate(
            [np.zeros((0, 2), np.float32)] + [p.keypoints for p in parts]
        ),
        sizes=np.concatenate([empty] + [p.sizes for p in parts]),
        angles=np.concatenate([empty] + [p.angles for p in parts]),
        descriptors=np.concatenate(
            [np.zeros((0, width), np.uint8)] + [p.descriptors for p in parts]
        ),
    )

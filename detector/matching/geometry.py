"""Which point pairs of two pictures agree on one placement of one in the other."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.matching.point_pairs import PointPairs, Points

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

_MAX_TURN_DEG = 25.0
_MAX_ZOOM = 1.6
_MIN_POINTS = 4
_MIN_HOMOGRAPHY_POINTS = 10
_MAX_HYPOTHESES = 200
_SEED = 1338


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a reference lies on a query.

    Attributes:
        homography: (3, 3) float64, reference pixels to query pixels.
        num_inliers: agreeing pairs at distinct places of the reference.
        inlier_ratio: share of the tentative pairs that agree, 0..1.
        inlier_quality: sum of the agreeing pairs' quality.
    """

    homography: Matrix
    num_inliers: int
    inlier_ratio: float
    inlier_quality: float


def place(
    pairs: PointPairs, query_size: tuple[int, int], reference_size: tuple[int, int]
) -> Placement | None:
    """Find the placement that most pairs agree on.

    Each pair with its sizes and angles proposes a similarity (Philbin et al., CVPR
    2007), so all of them can be tried and chance plays no part; the best is refined
    to an affine map, then to a homography by MAGSAC++ with a fixed seed where the
    pairs carry it.

    Args:
        pairs: tentative pairs; may be empty.
        query_size: width and height in pixels.
        reference_size: likewise.

    Returns:
        The placement, or None if fewer than four pairs agree or what they agree on
        is no picture seen from its front.
    """
    if len(pairs) < _MIN_POINTS:
        return None
    tolerance = 0.025 * max(query_size)
    mask = _best_similarity(pairs, tolerance, reference_size)
    matrix: Matrix | None = None
    for shrink in (1.0, 0.7, 0.5):
        if mask.sum() < _MIN_POINTS:
            break
        refined = _fit_affine(pairs.reference[mask], pairs.query[mask])
        if refined is None:
            break
        matrix = refined
        zoom = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
        bound = _bound(tolerance * shrink, zoom, reference_size)
        mask = _errors(matrix, pairs) < bound
        mask &= _agrees(pairs, zoom, _turn_of(matrix))
    if matrix is None or mask.sum() < _MIN_POINTS:
        return None
    if mask.sum() >= _MIN_HOMOGRAPHY_POINTS:
        matrix, mask = _refine_homography(pairs, matrix, mask, tolerance, bound)
    if not is_front_view(matrix, reference_size):
        return None
    return _measure(pairs, matrix, mask, query_size, reference_size)


def is_front_view(matrix: Matrix, size: tuple[int, int]) -> bool:
    """Tell whether a placement shows the picture unflipped and not edge-on."""
    corners = np.array(outline(matrix, size))
    edges = np.roll(corners, -1, axis=0) - corners
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    if not (np.isfinite(corners).all() and (turns > 0).all()):
        return False
    lengths = np.linalg.norm(edges, axis=1)
    opposite = [lengths[0] / lengths[2], lengths[1] / lengths[3]]
    shape = (lengths[0] / size[0]) / (lengths[1] / size[1])
    return all(1 / 3.5 < x < 3.5 for x in (*opposite, shape))


def outline(matrix: Matrix, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Map a picture's corners, clockwise from the top left: pixels."""
    width, height = size
    corners = np.array(
        [
            [-0.5, -0.5],
            [width - 0.5, -0.5],
            [width - 0.5, height - 0.5],
            [-0.5, height - 0.5],
        ]
    )
    return [(float(x), float(y)) for x, y in project(matrix, corners)]


def project(matrix: Matrix, points: Points) -> Points:
    """Apply a homography to (m, 2) points; those at infinity become NaN."""
    mapped = points @ matrix[:, :2].T + matrix[:, 2]
    weight = np.where(mapped[:, 2:] > 1e-9, mapped[:, 2:], np.nan)
    return np.asarray(mapped[:, :2] / weight)


def overlaps(
    homography: Matrix, query_size: tuple[int, int], reference_size: tuple[int, int]
) -> tuple[float, float]:
    """Shares of the query and of the reference that the other covers, 0..1 each."""
    corners = np.array(outline(homography, reference_size), dtype=np.float32)
    frame = np.array(outline(np.eye(3), query_size), dtype=np.float32)
    if not np.isfinite(corners).all():
        return 0.0, 0.0
    area, common = cv2.intersectConvexConvex(corners, frame)
    if common is None or area <= 0:
        return 0.0, 0.0
    # Only the common part is mapped back: the horizon may cross the rest of the query.
    points = common.reshape(-1, 2).astype(np.float64)
    back = project(np.linalg.inv(homography).astype(np.float64), points)
    shown = cv2.contourArea(back.astype(np.float32))
    return (
        min(1.0, float(area) / (query_size[0] * query_size[1])),
        min(1.0, float(shown) / (reference_size[0] * reference_size[1])),
    )


def _best_similarity(
    pairs: PointPairs, tolerance: float, size: tuple[int, int]
) -> Mask:
    """Try the similarity of every pair; return whom the best one explains."""
    proposers = np.argsort(-pairs.quality, kind="stable")[:_MAX_HYPOTHESES]
    # Points as complex numbers, in which a similarity is one product.
    reference = _as_complex(pairs.reference)
    query = _as_complex(pairs.query)
    radians = np.deg2rad(pairs.turns).astype(np.float32)
    zooms = pairs.zooms.astype(np.float32)
    turned = zooms[proposers] * np.exp(1j * radians[proposers]).astype(np.complex64)
    missed = turned[:, None] * (reference - reference[proposers][:, None])
    missed += query[proposers][:, None] - query
    bound = _bound(tolerance, pairs.zooms[proposers], size)[:, None]
    inside = missed.real**2 + missed.imag**2 < (bound**2).astype(np.float32)
    stretch = np.log(zooms)
    inside &= np.abs(stretch - stretch[proposers][:, None]) < np.log(_MAX_ZOOM)
    cosine = np.cos(radians - radians[proposers][:, None])
    inside &= cosine > np.cos(np.deg2rad(_MAX_TURN_DEG))
    support = inside @ (pairs.quality + 0.05)
    return np.asarray(inside[int(support.argmax())])


def _as_complex(points: Points) -> NDArray[np.complex64]:
    return (points[:, 0] + 1j * points[:, 1]).astype(np.complex64)


def _bound(
    tolerance: float, zoom: NDArray[np.float64] | float, size: tuple[int, int]
) -> NDArray[np.float64]:
    """Pixels of error allowed: less where the reference appears small."""
    bound = np.clip(0.05 * zoom * max(size), tolerance * 0.2, tolerance)
    return np.asarray(bound, dtype=np.float64)


def _agrees(pairs: PointPairs, zoom: float, turn: float) -> Mask:
    off = np.abs((pairs.turns - turn + 180) % 360 - 180)
    ratio = pairs.zooms / zoom
    widest = _MAX_ZOOM * 1.25
    return (off < _MAX_TURN_DEG * 1.4) & (ratio < widest) & (ratio > 1 / widest)


def _turn_of(matrix: Matrix) -> float:
    return float(np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])))


def _fit_affine(source: Points, target: Points) -> Matrix | None:
    """Least squares; a similarity while the points are too few to bend it."""
    if len(source) < 6:
        found = cv2.estimateAffinePartial2D(source, target, method=cv2.LMEDS)[0]
        if found is None:
            return None
        return np.vstack([found, [0, 0, 1]])
    design = np.hstack([source, np.ones((len(source), 1))])
    solution, _, rank, _ = np.linalg.lstsq(design, target, rcond=None)
    if rank < 3:
        return None
    return np.vstack([solution.T, [0, 0, 1]])


def _refine_homography(
    pairs: PointPairs,
    affine: Matrix,
    mask: Mask,
    tolerance: float,
    bound: NDArray[np.float64],
) -> tuple[Matrix, Mask]:
    """Replace the affine map by a homography if more pairs agree on it."""
    params = cv2.UsacParams()
    params.randomGeneratorState = _SEED
    params.threshold = max(float(bound), tolerance * 0.25)
    params.confidence = 0.999
    params.maxIterations = 500
    params.score = cv2.SCORE_METHOD_MAGSAC
    params.sampler = cv2.SAMPLING_UNIFORM
    params.loMethod = cv2.LOCAL_OPTIM_SIGMA
    near = _errors(affine, pairs) < 4 * bound
    try:
        found, _ = cv2.findHomography(pairs.reference[near], pairs.query[near], params)
    except cv2.error:
        return affine, mask
    if found is None or abs(found[2, 2]) < 1e-12:
        return affine, mask
    matrix = np.asarray(found / found[2, 2], dtype=np.float64)
    agreeing = near & (_errors(matrix, pairs) < bound)
    if agreeing.sum() <= mask.sum():
        return affine, mask
    return matrix, agreeing


def _errors(matrix: Matrix, pairs: PointPairs) -> NDArray[np.float64]:
    error = np.linalg.norm(project(matrix, pairs.reference) - pairs.query, axis=1)
    return np.where(np.isfinite(error), error, np.inf)


def _measure(
    pairs: PointPairs,
    matrix: Matrix,
    mask: Mask,
    query_size: tuple[int, int],
    reference_size: tuple[int, int],
) -> Placement | None:
    """Count agreeing pairs once per place: octaves find one corner many times."""
    agreeing = pairs.select(mask)
    places = 96
    keys = [
        (points / (max(size) / places)).astype(np.int64) @ [1, 4096]
        for points, size in (
            (agreeing.query, query_size),
            (agreeing.reference, reference_size),
        )
    ]
    num = min(len(np.unique(key)) for key in keys)
    if num < _MIN_POINTS:
        return None
    return Placement(
        homography=matrix,
        num_inliers=num,
        inlier_ratio=float(mask.mean()),
        inlier_quality=float(agreeing.quality.sum()),
    )

"""Point pairs made from a known placement, with noise and outliers."""

import numpy as np

from detector.matching.geometry import Matrix, project
from detector.matching.point_pairs import PointPairs

REFERENCE_SIZE = (600, 800)
QUERY_SIZE = (1000, 700)


def similarity(zoom: float, turn_deg: float, x: float, y: float) -> Matrix:
    """Zoom and turn about the origin, then shift."""
    turn = np.deg2rad(turn_deg)
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    return np.array([[cos, -sin, x], [sin, cos, y], [0.0, 0.0, 1.0]])


def random_placement(kind: str, rng: np.random.Generator) -> Matrix:
    """A similarity, affine map or homography that leaves most of the reference seen."""
    matrix = similarity(rng.uniform(0.5, 0.8), rng.uniform(-40, 40), 0, 0)
    if kind != "similarity":
        matrix[:2, :2] @= np.array(
            [[rng.uniform(0.85, 1.15), rng.uniform(-0.15, 0.15)], [0.0, 1.0]]
        )
    if kind == "homography":
        matrix[2, :2] = rng.uniform(-3e-4, 3e-4, 2)
    middle = project(matrix, np.array([REFERENCE_SIZE]) / 2)[0]
    wanted = np.array(QUERY_SIZE) / 2 + rng.uniform(-60, 60, 2)
    shift = np.eye(3)
    shift[:2, 2] = wanted - middle
    return shift @ matrix


def corners_of(size: tuple[int, int]) -> np.ndarray:
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5


def corner_error(found: Matrix, true: Matrix) -> float:
    """Largest distance between the corners as placed and as they should be, pixels."""
    corners = corners_of(REFERENCE_SIZE)
    off = project(found, corners) - project(true, corners)
    return float(np.linalg.norm(off, axis=1).max())


def draw_pairs(
    matrix: Matrix,
    rng: np.random.Generator,
    *,
    num_true: int = 80,
    outlier_share: float = 0.0,
    noise_px: float = 0.0,
    slack: float = 1.0,
) -> tuple[PointPairs, np.ndarray]:
    """Pairs that follow `matrix`, among others that follow nothing.

    Sizes and angles follow the map's slope at each point, off by up to a tenth and
    6 degrees times `slack`.

    Returns:
        The pairs in a random order, and which of them are true.
    """
    reference = rng.uniform((0, 0), REFERENCE_SIZE, (num_true, 2))
    query = project(matrix, reference)
    ahead = project(matrix, reference + np.array([0.5, 0.0])) - query
    across = project(matrix, reference + np.array([0.0, 0.5])) - query
    area = 4 * np.abs(ahead[:, 0] * across[:, 1] - ahead[:, 1] * across[:, 0])
    zooms = np.sqrt(area) * np.exp(rng.uniform(-0.1, 0.1, num_true) * slack)
    turns = np.rad2deg(np.arctan2(ahead[:, 1], ahead[:, 0]))
    turns += rng.uniform(-6, 6, num_true) * slack
    query = query + rng.normal(0, noise_px, (num_true, 2))
    num_false = round(num_true * outlier_share / (1 - outlier_share))
    pairs = PointPairs(
        query=np.vstack([query, rng.uniform((0, 0), QUERY_SIZE, (num_false, 2))]),
        reference=np.vstack(
            [reference, rng.uniform((0, 0), REFERENCE_SIZE, (num_false, 2))]
        ),
        zooms=np.r_[zooms, np.exp(rng.uniform(-1.5, 1.5, num_false))],
        turns=np.r_[turns, rng.uniform(-180, 180, num_false)],
        quality=np.r_[
            rng.uniform(0.15, 0.8, num_true), rng.uniform(0.1, 0.5, num_false)
        ],
    )
    order = rng.permutation(len(pairs))
    is_true = np.arange(len(pairs)) < num_true
    return pick(pairs, order), is_true[order]


def pick(pairs: PointPairs, rows: np.ndarray) -> PointPairs:
    """The pairs of these rows, in this order."""
    return PointPairs(
        pairs.query[rows],
        pairs.reference[rows],
        pairs.zooms[rows],
        pairs.turns[rows],
        pairs.quality[rows],
    )

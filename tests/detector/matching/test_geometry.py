"""Placements against known ones, with outliers; areas against counted pixels."""

import numpy as np
import pytest

from detector.matching.geometry import (
    is_front_view,
    outline,
    overlaps,
    place,
    project,
)
from detector.matching.point_pairs import PointPairs
from tests.detector.matching.drawn_pairs import (
    QUERY_SIZE,
    REFERENCE_SIZE,
    corner_error,
    corners_of,
    draw_pairs,
    pick,
    random_placement,
    similarity,
)

KINDS = ["similarity", "affine", "homography"]
LOOSE_PX = 0.025 * max(QUERY_SIZE)
"""An affine map may stand for a homography that bends by less than this."""
FLIP = np.array([[-1.0, 0, QUERY_SIZE[0] - 1], [0, 1, 0], [0, 0, 1]])


def placed(pairs: PointPairs):
    return place(pairs, QUERY_SIZE, REFERENCE_SIZE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outlier_share", [0.0, 0.5, 0.8, 0.9])
@pytest.mark.parametrize("noise_px", [0.0, 1.0, 3.0])
def test_a_known_placement_is_found_among_outliers(kind, outlier_share, noise_px):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        true = random_placement(kind, rng)
        pairs, is_true = draw_pairs(
            true, rng, outlier_share=outlier_share, noise_px=noise_px
        )
        found = placed(pairs)
        assert found is not None
        assert corner_error(found.homography, true) < LOOSE_PX + 3 * noise_px
        num_true = int(is_true.sum())
        assert 0.75 * num_true <= found.num_inliers <= 1.15 * num_true + 6
        assert found.inlier_ratio == pytest.approx(1 - outlier_share, abs=0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_without_noise_a_placement_is_exact(kind):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        true = random_placement(kind, rng)
        found = placed(draw_pairs(true, rng)[0])
        assert found is not None
        assert corner_error(found.homography, true) < (
            LOOSE_PX if kind == "homography" else 0.5
        )


@pytest.mark.parametrize("num_true", [4, 5, 6, 8, 12])
def test_a_handful_of_exact_pairs_is_enough(num_true):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        true = random_placement("similarity", rng)
        pairs, _ = draw_pairs(true, rng, num_true=num_true, slack=0.2)
        found = placed(pairs)
        assert found is not None
        assert found.num_inliers == num_true
        assert corner_error(found.homography, true) < 1


@pytest.mark.parametrize("num_pairs", range(4))
def test_fewer_than_four_pairs_place_nothing(num_pairs):
    rng = np.random.default_rng(0)
    pairs, _ = draw_pairs(random_placement("similarity", rng), rng, num_true=4)
    assert placed(pick(pairs, np.arange(num_pairs))) is None


def test_pairs_at_one_place_count_once_and_place_nothing():
    rng = np.random.default_rng(0)
    pairs, _ = draw_pairs(similarity(0.7, 10, 100, 80), rng, num_true=1)
    assert placed(pick(pairs, np.zeros(50, np.intp))) is None


def test_pairs_on_one_line_place_nothing_bent():
    rng = np.random.default_rng(0)
    pairs, _ = draw_pairs(similarity(0.7, 0, 100, 80), rng, num_true=40)
    line = PointPairs(
        pairs.query * (1, 0) + (0, 300),
        pairs.reference * (1, 0) + (0, 300),
        pairs.zooms,
        pairs.turns,
        pairs.quality,
    )
    found = placed(line)
    assert found is None or is_front_view(found.homography, REFERENCE_SIZE)


def test_chance_pairs_agree_on_little():
    rng = np.random.default_rng(0)
    for _ in range(20):
        pairs, is_true = draw_pairs(np.eye(3), rng, num_true=100, outlier_share=0.5)
        found = placed(pairs.select(~is_true))
        assert found is None or found.num_inliers <= 8


def test_the_points_of_a_flipped_picture_find_no_upright_placement():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        true = random_placement("similarity", rng)
        upright, _ = draw_pairs(true, rng, outlier_share=0.3)
        flipped = PointPairs(
            project(FLIP, upright.query),
            upright.reference,
            upright.zooms,
            180.0 - upright.turns,
            upright.quality,
        )
        found = placed(flipped)
        assert found is None or found.num_inliers < 16


@pytest.mark.parametrize("kind", KINDS)
def test_a_placement_is_deterministic_and_hardly_depends_on_the_order(kind):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        true = random_placement(kind, rng)
        pairs, _ = draw_pairs(true, rng, outlier_share=0.6, noise_px=1.0)
        first, again = placed(pairs), placed(pairs)
        assert first is not None
        assert again is not None
        assert np.array_equal(first.homography, again.homography)
        assert first.num_inliers == again.num_inliers
        for _ in range(3):
            other = placed(pick(pairs, rng.permutation(len(pairs))))
            assert other is not None
            assert corner_error(other.homography, first.homography) < 8
            assert abs(other.num_inliers - first.num_inliers) <= 4


def test_an_outline_goes_clockwise_around_the_pixels_outer_edges():
    assert outline(np.eye(3), (30, 20)) == [
        (-0.5, -0.5),
        (29.5, -0.5),
        (29.5, 19.5),
        (-0.5, 19.5),
    ]


def test_projection_is_the_definition_and_nan_behind_the_horizon():
    rng = np.random.default_rng(0)
    matrix = np.array([[1.1, 0.2, 5], [-0.1, 0.9, 3], [0, -0.01, 1.0]])
    points = rng.uniform(0, 200, (50, 2))
    for point, mapped in zip(points, project(matrix, points), strict=True):
        x, y, weight = matrix @ [*point, 1.0]
        if weight > 0:
            assert mapped == pytest.approx((x / weight, y / weight))
        else:
            assert np.isnan(mapped).all()


def test_only_the_front_of_a_picture_is_a_front_view():
    size = (300, 200)
    horizon_inside = np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.008, 1]])
    assert is_front_view(np.eye(3), size)
    assert is_front_view(similarity(0.3, 170, 40, 50), size)
    assert not is_front_view(FLIP, size)
    assert not is_front_view(np.diag([1.0, -1.0, 1.0]), size)
    assert not is_front_view(np.diag([1.0, 0.01, 1.0]), size)
    assert not is_front_view(np.diag([0.0, 0.0, 1.0]), size)
    assert not is_front_view(horizon_inside, size)
    assert not is_front_view(-horizon_inside, size)
    assert not is_front_view(np.full((3, 3), np.nan), size)


def counted_overlaps(matrix, query_size, reference_size) -> tuple[float, float]:
    """Count a grid of points of each picture that lie inside the other."""
    shares = []
    for to_other, size, other in (
        (np.linalg.inv(matrix), query_size, reference_size),
        (matrix, reference_size, query_size),
    ):
        steps = (np.arange(200) + 0.5) / 200
        x, y = np.meshgrid(steps * size[0], steps * size[1])
        points = np.stack([x.ravel() - 0.5, y.ravel() - 0.5, np.ones(x.size)])
        mapped = to_other @ points
        with np.errstate(all="ignore"):
            at = mapped[:2] / mapped[2]
            inside = (at > -0.5).all(axis=0) & (np.array(other) - 0.5 > at.T).all(1)
        shares.append(float((inside & (mapped[2] > 0)).mean()))
    return shares[0], shares[1]


@pytest.mark.parametrize("kind", KINDS)
def test_overlaps_are_the_shares_that_counting_gives(kind):
    rng = np.random.default_rng(0)
    for _ in range(15):
        shift = np.eye(3)
        shift[:2, 2] = rng.uniform(-400, 400, 2)
        matrix = shift @ random_placement(kind, rng)
        found = overlaps(matrix, QUERY_SIZE, REFERENCE_SIZE)
        counted = counted_overlaps(matrix, QUERY_SIZE, REFERENCE_SIZE)
        assert found == pytest.approx(counted, abs=0.012)


def test_a_small_picture_seen_at_an_angle_is_still_seen_whole():
    # Its plane's horizon crosses the query, outside of the picture itself.
    far = np.array([[0.25, 0.0, -75], [0.0, 0.0, 200], [0.0, -8e-4, 1.0]])
    matrix = similarity(1, 0, 500, 100) @ far
    assert is_front_view(matrix, REFERENCE_SIZE)
    found = overlaps(matrix, QUERY_SIZE, REFERENCE_SIZE)
    counted = counted_overlaps(matrix, QUERY_SIZE, REFERENCE_SIZE)
    assert found == pytest.approx(counted, abs=0.012)


def test_overlaps_of_pictures_apart_or_past_the_horizon_are_nothing():
    size = (300, 200)
    horizon_inside = np.array([[1.0, 0, 0], [0, 1, 0], [0, -0.008, 1]])
    assert overlaps(similarity(1, 0, 900, 0), size, size) == (0.0, 0.0)
    assert overlaps(horizon_inside, size, size)[0] == 0.0


def test_a_picture_on_itself_overlaps_wholly():
    assert overlaps(np.eye(3), (300, 200), (300, 200)) == pytest.approx((1.0, 1.0))
    corners = np.array(outline(np.eye(3), (300, 200)))
    assert np.array_equal(corners, corners_of((300, 200)))

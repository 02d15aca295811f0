"""Keypoints and descriptors: where they lie, how many, and what mirroring does."""

import numpy as np
import pytest

from index.nearest_codes import nearest_codes
from models.local_features import (
    GLANCE_PASS,
    ORB_CODE_BYTES,
    QUERY_PASSES,
    REFERENCE_PASSES,
    SIFT_VALUES,
    LocalFeatures,
    OrbPass,
    mirror_sift,
    orb_both_ways,
    orb_features,
    sift_features,
)
from tests.drawing import draw_scene

NOWHERE = np.zeros((0, 2), np.float32)


def scene(width: int = 320, height: int = 240, seed: int = 0) -> np.ndarray:
    """Shapes on many others, so that there are corners and blobs everywhere."""
    rng = np.random.default_rng(seed)
    image = draw_scene(width, height, seed=seed)
    for step in range(12):
        patch = draw_scene(width // 4, height // 4, seed=100 * seed + step)
        image.paste(patch, (int(rng.integers(0, width)), int(rng.integers(0, height))))
    return np.asarray(image)


def found_again(points: np.ndarray, among: np.ndarray, within_px: float) -> float:
    """Share of the points that have one of the others nearby."""
    far = np.linalg.norm(points[:, None] - among[None], axis=2)
    return float((far.min(axis=1) < within_px).mean())


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="3 keypoints"):
        LocalFeatures(
            np.zeros((3, 2), np.float32),
            np.zeros(3, np.float32),
            np.zeros(2, np.float32),
            np.zeros((3, 32), np.uint8),
        )


@pytest.mark.parametrize("passes", [REFERENCE_PASSES, QUERY_PASSES])
def test_orb_points_have_the_promised_form(passes):
    image = scene()
    found = orb_features(image, passes)
    wanted = sum(each.num_strong + each.num_spread for each in passes)
    # A share of the strong is rounded up in each of the eight octaves.
    assert 100 < len(found) <= wanted + 8 * len(passes)
    assert found.descriptors.shape == (len(found), ORB_CODE_BYTES)
    assert found.descriptors.dtype == np.uint8
    assert found.keypoints.dtype == found.sizes.dtype == found.angles.dtype
    assert (found.keypoints >= -0.5).all()
    assert (found.keypoints <= np.array(image.shape[1::-1]) - 0.5).all()
    assert (found.sizes > 0).all()
    assert ((found.angles >= 0) & (found.angles <= 360)).all()


def test_sift_points_have_the_promised_form():
    for num_points in (20, 500):
        found = sift_features(scene(), num_points=num_points)
        assert 10 < len(found) <= num_points
        assert found.descriptors.shape == (len(found), SIFT_VALUES)
        assert found.descriptors.dtype == np.uint8
        assert (found.sizes > 0).all()
        # A root of shares has length 1, up to rounding down: here 512.
        lengths = np.linalg.norm(found.descriptors.astype(float), axis=1)
        assert ((lengths > 480) & (lengths < 513)).all()


@pytest.mark.parametrize(
    "detect", [lambda i: orb_features(i, QUERY_PASSES), sift_features]
)
def test_the_same_picture_gives_the_same_points(detect):
    first, again = detect(scene()), detect(scene())
    assert np.array_equal(first.keypoints, again.keypoints)
    assert np.array_equal(first.descriptors, again.descriptors)


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (1, 512), (512, 1), (2, 512), (5, 400), (512, 30), (31, 512), (16, 16)],
)
@pytest.mark.parametrize("seed", [None, 0])
def test_a_picture_of_any_shape_gives_some_points_or_none(width, height, seed):
    pixels: np.ndarray = np.full((height, width, 3), 255, np.uint8)
    if seed is not None:
        pixels = np.random.default_rng(seed).integers(
            0, 256, pixels.shape, dtype=np.uint8
        )
    for found, length in (
        (orb_features(pixels, REFERENCE_PASSES), ORB_CODE_BYTES),
        (orb_features(pixels, QUERY_PASSES), ORB_CODE_BYTES),
        (sift_features(pixels), SIFT_VALUES),
    ):
        assert found.descriptors.shape == (len(found), length)
        assert found.keypoints.shape == (len(found), 2)
        assert seed is not None or len(found) == 0


def test_no_passes_give_no_points():
    assert orb_features(scene(), ()).keypoints.shape == NOWHERE.shape


def test_points_of_two_passes_are_those_of_each_alone():
    image = scene()
    both = orb_features(image, REFERENCE_PASSES)
    apart = [orb_features(image, (each,)) for each in REFERENCE_PASSES]
    assert np.array_equal(
        both.descriptors, np.concatenate([each.descriptors for each in apart])
    )


@pytest.mark.parametrize("zoom", [2, 3])
def test_points_are_in_pixels_of_the_given_picture(zoom):
    image = scene()
    enlarged = image.repeat(zoom, axis=0).repeat(zoom, axis=1)
    for detect in (lambda i: orb_features(i, QUERY_PASSES), sift_features):
        small, large = detect(image), detect(enlarged)
        back = (large.keypoints + 0.5) / zoom - 0.5
        assert found_again(back, small.keypoints, 2.0) > 0.75
        # On average not a quarter of a pixel off: the half pixel is scaled too.
        far = np.linalg.norm(back[:, None] - small.keypoints[None], axis=2)
        near = far.min(axis=1) < 1.5
        off = (back - small.keypoints[far.argmin(axis=1)])[near]
        assert np.abs(np.median(off, axis=0)).max() < 0.3


def test_spread_points_reach_the_plain_side_beside_a_busy_one():
    rng = np.random.default_rng(0)
    image = np.full((384, 384, 3), 255, np.uint8)
    blocks = rng.integers(0, 256, (24, 12, 1), dtype=np.uint8)
    image[:, :192] = blocks.repeat(16, axis=0).repeat(16, axis=1)
    for y in range(40, 360, 60):
        image[y : y + 30, 250:310] = 228
    strong = orb_features(image, (OrbPass(384, 300, 0, 10),))
    spread = orb_features(image, (OrbPass(384, 200, 100, 10),))
    on_plain = [int((f.keypoints[:, 0] > 230).sum()) for f in (strong, spread)]
    assert on_plain[1] > on_plain[0] + 10


@pytest.mark.parametrize("seed", range(4))
def test_mirrored_sift_is_the_sift_of_the_flipped_picture(seed):
    image = scene(seed=seed)
    width = image.shape[1]
    mirrored = mirror_sift(sift_features(image), width)
    flipped = sift_features(np.ascontiguousarray(image[:, ::-1]))
    far = np.linalg.norm(mirrored.keypoints[:, None] - flipped.keypoints[None], axis=2)
    turn = np.abs(mirrored.angles[:, None] - flipped.angles[None])
    same = (far < 1.5) & (np.minimum(turn, 360 - turn) < 10)
    rows = np.flatnonzero(same.any(axis=1))
    assert len(rows) > 0.7 * len(mirrored)
    cosine = (
        mirrored.descriptors.astype(float) @ flipped.descriptors.T.astype(float)
    ) / 512**2
    assert np.median((cosine * same).max(axis=1)[rows]) > 0.95
    # Unmirrored descriptors of the same places are far less alike.
    plain = sift_features(image).descriptors.astype(float)
    unflipped = plain @ flipped.descriptors.T.astype(float) / 512**2
    assert np.median((unflipped * same).max(axis=1)[rows]) < 0.9


def test_mirroring_twice_changes_nothing():
    given = sift_features(scene())
    twice = mirror_sift(mirror_sift(given, 320), 320)
    assert np.array_equal(twice.descriptors, given.descriptors)
    assert np.allclose(twice.keypoints, given.keypoints, atol=1e-3)
    turn = np.abs(twice.angles - given.angles)
    assert np.minimum(turn, 360 - turn).max() < 1e-3
    assert len(mirror_sift(sift_features(np.zeros((9, 9, 3), np.uint8)), 9)) == 0


def test_one_detection_describes_a_picture_as_it_is_and_flipped():
    image = scene()
    settings = OrbPass(384, 200, 100, 10)
    upright, mirrored = orb_both_ways(image, settings)
    alone = orb_features(image, (settings,))
    for field in ("keypoints", "sizes", "angles", "descriptors"):
        np.testing.assert_array_equal(getattr(upright, field), getattr(alone, field))
    again, back = orb_both_ways(np.ascontiguousarray(image[:, ::-1]), settings)
    # Corners on the flipped picture may differ in a few places, by rounding.
    for found, other in ((mirrored, again), (upright, back)):
        bits, rows = nearest_codes(found.descriptors, other.descriptors, 1)
        near = bits[:, 0] <= 32
        assert near.mean() > 0.8
        off = found.keypoints - other.keypoints[rows[:, 0]]
        assert np.median(np.abs(off[near])) < 1


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 400, 3), (300, 300, 3)])
def test_a_picture_without_corners_has_none_both_ways(shape):
    for found in orb_both_ways(np.full(shape, 200, np.uint8), GLANCE_PASS):
        assert found.descriptors.shape == (0, ORB_CODE_BYTES)

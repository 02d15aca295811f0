"""Point pairs against nearest neighbours searched in plain loops."""

import numpy as np
import pytest

from detector.matching.describe import Query
from detector.matching.point_pairs import PointPairs, join_pairs, pair_orb, pair_sift
from models.local_features import LocalFeatures
from tests.detector.matching.products import decoded, described, draw_product


def features(descriptors: np.ndarray, seed: int = 0) -> LocalFeatures:
    """Descriptors at random places, with a size and an angle each."""
    rng = np.random.default_rng(seed)
    num = len(descriptors)
    return LocalFeatures(
        keypoints=rng.uniform(0, 500, (num, 2)).astype(np.float32),
        sizes=rng.uniform(5, 50, num).astype(np.float32),
        angles=rng.uniform(0, 360, num).astype(np.float32),
        descriptors=descriptors,
    )


def codes(num: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (num, 32), dtype=np.uint8)


def flip_bits(given: np.ndarray, num_bits: int, rng: np.random.Generator):
    bits = np.unpackbits(given, axis=1)
    for row in bits:
        row[rng.choice(256, num_bits, replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def root_sift(histograms: np.ndarray) -> np.ndarray:
    """Histograms in the form that `sift_features` gives."""
    share = histograms / histograms.sum(axis=1, keepdims=True)
    values: np.ndarray = np.clip(np.sqrt(share) * 512, 0, 255).astype(np.uint8)
    return values


def rows_of(points: np.ndarray, among: np.ndarray) -> list[int]:
    return [int(np.flatnonzero((among == point).all(axis=1))[0]) for point in points]


def query_of(kind: str) -> Query:
    picture = decoded(draw_product(kind))
    return Query(picture.pixels, picture.width, picture.height)


@pytest.mark.parametrize("seed", range(5))
def test_codes_pair_with_the_nearest_that_a_loop_finds(seed):
    rng = np.random.default_rng(seed)
    stored = codes(60, rng)
    asked = np.vstack([flip_bits(stored[:40], 20, rng), codes(25, rng)])
    query, reference = features(asked, 1), features(stored, 2)
    pairs = pair_orb(query, reference)
    assert len(pairs) >= 38
    for i, (row, column) in enumerate(
        zip(
            rows_of(pairs.query, query.keypoints),
            rows_of(pairs.reference, reference.keypoints),
            strict=True,
        )
    ):
        bits = [int(np.bitwise_count(code ^ asked[row]).sum()) for code in stored]
        assert bits[column] == min(bits)
        # A corner's own neighbour octave is no rival: the third nearest is.
        assert pairs.quality[i] == pytest.approx(1 - min(bits) / sorted(bits)[2])
        assert pairs.zooms[i] == pytest.approx(
            query.sizes[row] / reference.sizes[column]
        )
        assert pairs.turns[i] == pytest.approx(
            query.angles[row] - reference.angles[column], abs=1e-3
        )
    assert set(range(38)) <= set(rows_of(pairs.query, query.keypoints)) | {38, 39}


@pytest.mark.parametrize("seed", range(5))
def test_sift_pairs_with_the_nearest_that_a_loop_finds(seed):
    rng = np.random.default_rng(seed)
    plain = rng.random((50, 128)) ** 4
    noisy = np.vstack([plain[:30] + rng.random((30, 128)) * 0.1, rng.random((20, 128))])
    stored, asked = root_sift(plain), root_sift(noisy)
    query, reference = features(asked, 1), features(stored, 2)
    pairs = pair_sift(query, reference)
    found = dict(
        zip(
            rows_of(pairs.query, query.keypoints),
            rows_of(pairs.reference, reference.keypoints),
            strict=True,
        )
    )
    assert {row: row for row in range(30)}.items() <= found.items()
    for i, (row, column) in enumerate(found.items()):
        far = np.linalg.norm(stored.astype(float) - asked[row], axis=1)
        assert column == far.argmin()
        first, second = np.sort(far)[:2]
        assert pairs.quality[i] == pytest.approx(1 - first / second, abs=0.15)


def test_a_code_with_equal_rivals_is_paired_with_none():
    rng = np.random.default_rng(0)
    stored = codes(20, rng)
    stored[:6] = stored[0]
    pairs = pair_orb(features(stored[:8].copy()), features(stored, 1))
    paired = rows_of(pairs.query, features(stored[:8]).keypoints)
    assert not set(paired) & set(range(6))
    assert {6, 7} <= set(paired)


@pytest.mark.parametrize("pair", [pair_orb, pair_sift])
@pytest.mark.parametrize(
    ("num0", "num1"), [(0, 0), (0, 9), (9, 0), (1, 9), (9, 1), (2, 2)]
)
def test_too_few_points_give_no_pairs(pair, num0, num1):
    width = 32 if pair is pair_orb else 128
    found = pair(
        features(np.zeros((num0, width), np.uint8)),
        features(np.zeros((num1, width), np.uint8)),
    )
    assert len(found) == 0
    assert found.query.shape == found.reference.shape == (0, 2)


def test_a_few_points_on_each_side_can_be_paired():
    rng = np.random.default_rng(0)
    few = features(codes(4, rng))
    assert np.array_equal(pair_orb(few, few).query, few.keypoints)
    few = features(root_sift(rng.random((4, 128))))
    assert np.array_equal(pair_sift(few, few).query, few.keypoints)


@pytest.mark.parametrize("kind", ["shoes", "boxes"])
def test_a_picture_pairs_with_itself_point_for_point(kind):
    reference = described(draw_product(kind))
    for pair, points in ((pair_orb, reference.orb), (pair_sift, reference.sift)):
        pairs = pair(points, points)
        assert len(pairs) > 0.3 * len(points)
        same = np.linalg.norm(pairs.query - pairs.reference, axis=1) < 4
        assert same.mean() > 0.95


def test_pairs_of_other_products_are_fewer_than_those_of_a_copy():
    reference = described(draw_product("bags"))
    own, other = query_of("bags"), query_of("shirts")
    assert len(pair_orb(own.orb, reference.orb)) > 3 * len(
        pair_orb(other.orb, reference.orb)
    )
    assert len(pair_sift(own.sift, reference.sift)) > 3 * len(
        pair_sift(other.sift, reference.sift)
    )


def test_joining_and_selecting_keep_the_arrays_aligned():
    rng = np.random.default_rng(0)
    parts = [
        PointPairs(*(rng.random((n, 2)) for _ in "qr"), *(rng.random(n) for _ in "ztq"))
        for n in (3, 5)
    ]
    joined = join_pairs(*parts)
    assert len(joined) == 8
    for number, part in enumerate(parts):
        mask = np.arange(8) >= 3 if number else np.arange(8) < 3
        chosen = joined.select(mask)
        for field in ("query", "reference", "zooms", "turns", "quality"):
            assert np.array_equal(getattr(chosen, field), getattr(part, field))

"""Nearest codes among few, against comparing every bit."""

import numpy as np
import pytest

from index.nearest_codes import nearest_codes


def distances(queries: np.ndarray, codes: np.ndarray) -> np.ndarray:
    bits = np.unpackbits(queries, axis=1)[:, None] != np.unpackbits(codes, axis=1)
    return np.asarray(bits.sum(axis=2))


@pytest.mark.parametrize("num_codes", [3, 50, 800])
def test_the_nearest_codes_are_those_with_the_fewest_other_bits(num_codes):
    rng = np.random.default_rng(num_codes)
    queries = rng.integers(0, 256, (60, 32), dtype=np.uint8)
    codes = rng.integers(0, 256, (num_codes, 32), dtype=np.uint8)
    bits, rows = nearest_codes(queries, codes, 3)
    expected = distances(queries, codes)
    assert np.array_equal(bits, np.sort(expected, axis=1)[:, :3])
    assert np.array_equal(np.take_along_axis(expected, rows, axis=1), bits)


def test_a_slice_of_codes_is_searched_like_its_copy():
    rng = np.random.default_rng(1)
    wide = rng.integers(0, 256, (40, 64), dtype=np.uint8)
    found = nearest_codes(wide[:, :32], wide[:, 32:], 2)
    copied = nearest_codes(wide[:, :32].copy(), wide[:, 32:].copy(), 2)
    assert np.array_equal(found[0], copied[0])
    assert np.array_equal(found[1], copied[1])


@pytest.mark.parametrize("k", [0, 5])
def test_more_neighbours_than_codes_are_refused(k):
    codes = np.zeros((4, 32), np.uint8)
    with pytest.raises(ValueError, match=r"k must be in 1\.\.4"):
        nearest_codes(codes, codes, k)

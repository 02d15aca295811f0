"""Vectors and codes for the tests, drawn from a seed."""

import numpy as np
from numpy.typing import NDArray

from index.vector_index import Vectors


def draw_vectors(num: int, dim: int, seed: int) -> Vectors:
    """Draw rows of length 1, rounded so that half precision holds them unchanged."""
    rows = np.random.default_rng(seed).standard_normal((num, dim), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def draw_codes(counts: list[int], seed: int) -> list[NDArray[np.uint8]]:
    """Draw codes near 40 patterns, so that pictures share points as real ones do."""
    rng = np.random.default_rng(seed)
    patterns = np.random.default_rng(99).integers(0, 256, (40, 32), dtype=np.uint8)
    return [blur_codes(patterns[rng.integers(40, size=n)], 12, rng) for n in counts]


def blur_codes(
    codes: NDArray[np.uint8], num_bits: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Flip up to so many bits of each code."""
    flips = rng.integers(256, size=(len(codes), num_bits))
    bits = np.unpackbits(codes, axis=1)
    bits[np.arange(len(codes))[:, None], flips] ^= 1
    return np.packbits(bits, axis=1)

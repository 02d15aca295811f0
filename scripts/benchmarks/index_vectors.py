"""Vectors to fill an index of any size with, drawn from a seed in parts."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.flat_vectors import FlatVectors

Vectors = NDArray[np.float32]

NEAR = 16
"""Neighbours of a real vector towards which a synthetic one may lie."""
_SPREAD = 1.0
"""Chosen so that synthetic vectors are as hard to find as real ones. Among 163,350, the
10th neighbour scores 0.55, and 64, 128 and 256 of 1,024 lists hold 0.957, 0.984, 0.995
of the ten nearest. Real (regions of 16,335 photos): 0.55 and 0.932, 0.977, 0.995 for
photos of another kind; 0.61 and 0.970, 0.991, 0.998 for photos of the same kind."""
_NUM_CLUSTERS = 20_000


class LikeReal:
    """Draws vectors that lie among their neighbours as given ones do.

    Each is a real vector, moved up to half the way towards one of its neighbours, and
    by noise with the covariance of the differences between real neighbours.
    """

    def __init__(self, real: Vectors) -> None:
        self._real = real
        names = [str(row) for row in range(len(real))]
        found = FlatVectors(names, real).search(real, NEAR + 1)
        self._near = np.array([[int(hit.id) for hit in hits[1:]] for hits in found])
        moves = (real[:, None] - real[self._near[:, : NEAR // 2]]).reshape(
            -1, real.shape[1]
        )
        covariance = moves.T @ moves / len(moves) + 1e-7 * np.eye(real.shape[1])
        self._noise = (_SPREAD * np.linalg.cholesky(covariance)).astype(np.float32)

    def draw(self, num: int, *, seed: int) -> Vectors:
        """Draw so many rows of length 1."""
        rng = np.random.default_rng([seed, 0])
        rows = rng.integers(0, len(self._real), num)
        near = self._near[rows, rng.integers(0, NEAR, num)]
        share = rng.random((num, 1), np.float32) / 2
        vectors: Vectors = rng.standard_normal((num, len(self._noise)), np.float32)
        vectors = vectors @ self._noise.T
        vectors += self._real[rows] * (1 - share) + self._real[near] * share
        return _normalize(vectors)


class Clusters:
    """Draws vectors around centers that lie anywhere, as far from them as from 0."""

    def __init__(self, dim: int) -> None:
        rng = np.random.default_rng(0)
        self._centers = _normalize(
            rng.standard_normal((_NUM_CLUSTERS, dim), np.float32)
        )

    def draw(self, num: int, *, seed: int) -> Vectors:
        """Draw so many rows of length 1."""
        rng = np.random.default_rng([seed, 1])
        dim = self._centers.shape[1]
        vectors = rng.standard_normal((num, dim), np.float32)
        vectors *= np.float32(1 / np.sqrt(dim))
        vectors += self._centers[rng.integers(0, len(self._centers), num)]
        return _normalize(vectors)


def open_source(embeddings: Path | None, dim: int) -> LikeReal | Clusters:
    """Draw like the vectors of a `.npy` file, (n, d) float32, or in clusters."""
    if embeddings is None:
        return Clusters(dim)
    return LikeReal(_normalize(np.load(embeddings).astype(np.float32)))


def _normalize(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors

"""FaissIndex: exact nearest vectors by inner product, in memory and on local disk."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from index.manifest import corrupt
from index.one_thread import use_one_thread
from index.ranking import check_absent, check_new_ids, take_best
from index.read_write_lock import ReadWriteLock
from index.snapshot import load_snapshot, save_snapshot
from index.vector_index import Hit, Origin, Vectors

ENGINE = "flat-inner-product"
VECTORS = "vectors"
LENGTH_TOLERANCE = 1e-3
"""How far a row's length may be from 1: enough for vectors made in half precision."""
ROUNDING = 1e-5
"""Bound on the float32 error of an inner product of two rows of length 1."""
SPARE = 16
"""Neighbours asked of faiss beyond k, so that ties at the k-th place show."""
ROWS_PER_CHUNK = 65_536
_BLAS_FROM = 4


class FaissIndex:
    """Compares a query with every vector; implements `VectorIndex`.

    The vectors lie in one array of our own, which `faiss.knn` searches with the same
    code that `IndexFlatIP` uses. `IndexFlatIP` behind an id map shifts all later rows
    when one is removed (0.6 s each among 1 M x 256); here the last row
    moves into the gap.

    Scores are summed again in float64 and in one fixed way for each row, because
    faiss' own differ in the last bit with the row's place, which would order equal
    vectors by chance.

    Safe to use from several threads: see `ReadWriteLock`.
    """

    def __init__(self, dim: int) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}")
        # From how many queries on faiss multiplies matrices: ten regions at once are
        # twice as fast that way among 100,000 vectors, and the hits are the same.
        faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM
        self._dim = dim
        self._names: list[str] = []
        self._rows: dict[str, int] = {}
        self._vectors: Vectors = np.empty((0, dim), np.float32)
        self._lock = ReadWriteLock()

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def ids(self) -> frozenset[str]:
        """All ids, as of now."""
        with self._lock.reading():
            return frozenset(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add one vector per id; see `VectorIndex.add`."""
        check_new_ids(ids, len(vectors))
        self._check(vectors)
        with self._lock.writing():
            check_absent(ids, self._rows)
            count = len(self._names)
            end = count + len(ids)
            if end > len(self._vectors):
                # A quarter more than needed: room to grow at a bounded cost in memory.
                grown = np.empty((end + end // 4, self._dim), np.float32)
                grown[:count] = self._vectors[:count]
                self._vectors = grown
            self._vectors[count:end] = vectors
            self._names.extend(ids)
            self._rows.update(zip(ids, range(count, end), strict=True))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        num_removed = 0
        with self._lock.writing():
            for name in ids:
                row = self._rows.pop(name, None)
                if row is None:
                    continue
                num_removed += 1
                last = self._names.pop()
                if last != name:
                    self._vectors[row] = self._vectors[len(self._names)]
                    self._names[row] = last
                    self._rows[last] = row
        return num_removed

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query; see `VectorIndex.search`."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        self._check(queries)
        with self._lock.reading():
            count = len(self._names)
            if count == 0 or len(queries) == 0:
                return [[] for _ in queries]
            use_one_thread()
            scores, rows = faiss.knn(
                np.ascontiguousarray(queries),
                self._vectors[:count],
                min(k + SPARE, count),
                metric=faiss.METRIC_INNER_PRODUCT,
            )
            return [
                self._rank(query, near, float(lowest), k)
                for query, near, lowest in zip(
                    queries, rows, scores[:, -1], strict=True
                )
            ]

    def save(self, folder: Path, origin: Origin) -> None:
        """Write the index to `folder`, replacing what was there in one step.

        Changes wait for a copy in memory, not for the disk.
        """
        with self._lock.reading():
            names = list(self._names)
            vectors = self._vectors[: len(names)].copy()
        save_snapshot(
            folder,
            origin,
            engine=ENGINE,
            dim=self._dim,
            ids=names,
            arrays={VECTORS: vectors},
        )

    @classmethod
    def load(cls, folder: Path, *, model: str, weights_hash: str) -> tuple[Self, int]:
        """Load an index and its watermark; see `VectorIndex.load`."""
        snapshot = load_snapshot(
            folder,
            engine=ENGINE,
            names=[VECTORS],
            model=model,
            weights_hash=weights_hash,
        )
        manifest = snapshot.manifest
        vectors = snapshot.array(VECTORS, np.float32, (manifest.count, manifest.dim))
        faults = find_faults(vectors)
        if manifest.dim < 1 or faults:
            found = faults or "vectors of length 0"
            raise corrupt(snapshot.path(VECTORS), "rows of length 1", found)
        index = cls(manifest.dim)
        index._vectors = vectors
        index._names = snapshot.ids
        index._rows = {name: row for row, name in enumerate(snapshot.ids)}
        return index, manifest.origin.watermark

    def _check(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"expected shape (n, {self._dim}), not {vectors.shape}")
        if vectors.dtype != np.float32:
            raise ValueError(f"expected float32, not {vectors.dtype}")
        faults = find_faults(vectors)
        if faults:
            raise ValueError(f"expected rows of length 1, found {faults}")

    def _rank(
        self, query: Vectors, rows: NDArray[np.int64], lowest: float, k: int
    ) -> list[Hit]:
        """Order what faiss found, and look again if more may tie with the k-th."""
        count = len(self._names)
        scores = self._score(query, rows)
        if len(rows) < count:
            kth = float(np.partition(scores, -k)[-k])
            if lowest >= kth - ROUNDING:
                every = self._vectors[:count] @ query
                rows = np.flatnonzero(every >= kth - 2 * ROUNDING)
                scores = self._score(query, rows)
        return take_best([self._names[row] for row in rows], scores, k)

    def _score(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Sum each row's products in float64, whatever its neighbours are."""
        wide = query.astype(np.float64)
        chunks = np.array_split(rows, max(1, math.ceil(len(rows) / ROWS_PER_CHUNK)))
        sums = [(self._vectors[chunk] * wide).sum(axis=1) for chunk in chunks]
        return np.concatenate(sums).astype(np.float32)


def find_faults(vectors: Vectors) -> str:
    """Describe the first row that is not of length 1; empty if all are."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    # Written so that a length that is no number counts as wrong.
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))
    return f"row {wrong[0]} of length {lengths[wrong[0]]}" if len(wrong) else ""

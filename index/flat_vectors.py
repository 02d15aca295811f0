"""Vectors in one array of memory, each of which is compared with a query."""

import math
from collections.abc import Iterable, Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from index.one_thread import use_one_thread
from index.ranking import take_best
from index.vector_index import Hit, Vectors

ROUNDING = 1e-5
"""Bound on the float32 error of an inner product of two rows of length 1."""
SPARE = 16
"""Neighbours asked of faiss beyond k, so that ties at the k-th place show."""
ROWS_PER_CHUNK = 65_536
_BLAS_FROM = 4


class FlatVectors:
    """Exact nearest rows, in no order; whoever owns them sees to threads.

    The vectors lie in one array of our own, which `faiss.knn` searches with the same
    code that `IndexFlatIP` uses. `IndexFlatIP` behind an id map shifts all later rows
    when one is removed (0.6 s each among 1 M x 256); here the last row
    moves into the gap.

    Attributes:
        names: id of each row.
    """

    def __init__(self, names: list[str], vectors: Vectors) -> None:
        # From how many queries on faiss multiplies matrices: ten regions at once are
        # twice as fast that way among 100,000 vectors, and the hits are the same.
        faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM
        self.names = names
        self._rows = {name: row for row, name in enumerate(names)}
        self._vectors = vectors

    @property
    def vectors(self) -> Vectors:
        """(n, d) one row for each name: a view, good until the next change."""
        return self._vectors[: len(self.names)]

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add one vector per id; none of the ids is there yet."""
        count = len(self.names)
        end = count + len(ids)
        if end > len(self._vectors):
            # A quarter more than needed: room to grow at a bounded cost in memory.
            self._resize(end + end // 4)
        self._vectors[count:end] = vectors
        self.names.extend(ids)
        self._rows.update(zip(ids, range(count, end), strict=True))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        num_removed = 0
        for name in ids:
            row = self._rows.pop(name, None)
            if row is None:
                continue
            num_removed += 1
            last = self.names.pop()
            if last != name:
                self._vectors[row] = self._vectors[len(self.names)]
                self.names[row] = last
                self._rows[last] = row
        return num_removed

    def trim(self) -> None:
        """Give back memory after much was removed."""
        if len(self._vectors) > 2 * max(len(self.names), ROWS_PER_CHUNK):
            self._resize(len(self.names))

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query; see `VectorIndex.search`."""
        if not self.names or not len(queries):
            return [[] for _ in queries]
        use_one_thread()
        scores, rows = faiss.knn(
            np.ascontiguousarray(queries),
            self.vectors,
            min(k + SPARE, len(self.names)),
            metric=faiss.METRIC_INNER_PRODUCT,
        )
        return [
            self._rank(query, near, float(lowest), k)
            for query, near, lowest in zip(queries, rows, scores[:, -1], strict=True)
        ]

    def _resize(self, num_rows: int) -> None:
        count = len(self.names)
        resized = np.empty((num_rows, self._vectors.shape[1]), np.float32)
        resized[:count] = self._vectors[:count]
        self._vectors = resized

    def _rank(
        self, query: Vectors, rows: NDArray[np.int64], lowest: float, k: int
    ) -> list[Hit]:
        """Order what faiss found, and look again if more may tie with the k-th."""
        scores = self._score(query, rows)
        if len(rows) < len(self.names):
            kth = float(np.partition(scores, -k)[-k])
            if lowest >= kth - ROUNDING:
                every = self.vectors @ query
                rows = np.flatnonzero(every >= kth - 2 * ROUNDING)
                scores = self._score(query, rows)
        return take_best([self.names[row] for row in rows], scores, k)

    def _score(self, query: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        chunks = np.array_split(rows, max(1, math.ceil(len(rows) / ROWS_PER_CHUNK)))
        return np.concatenate(
            [score_rows(query, self._vectors[chunk]) for chunk in chunks]
        )


def score_rows(
    query: Vectors, rows: Vectors | NDArray[np.float16]
) -> NDArray[np.float32]:
    """Sum each row's products in float64, whatever its neighbours are.

    faiss' own sums differ in the last bit with the row's place, which would order
    equal vectors by chance.
    """
    sums: NDArray[np.float64] = (rows * query.astype(np.float64)).sum(axis=1)
    return sums.astype(np.float32)

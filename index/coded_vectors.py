"""Vectors that are too many to compare with each: found by codes, then compared."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.coder import Coder
from index.flat_vectors import ROUNDING, score_rows
from index.ranking import take_best
from index.row_blocks import Halves, RowBlocks, Rows, widen
from index.sizing import Sizing
from index.vector_index import Hit, Vectors

_QUERIES_AT_ONCE = 16
_MORE = 4


class CodedVectors:
    """Rows that are added and marked as removed; whoever owns them sees to threads.

    Codes choose candidates, whose vectors in half precision then give the scores: what
    is found has the score that comparing with every vector would give it, equal vectors
    are ordered by id, and only which rows are found is approximate.

    Attributes:
        coder: holds a code of every row, but for those removed before its training.
        rows: ids and vectors of all rows, removed ones too.
        num_trained: rows there were when the coder was trained.
    """

    def __init__(
        self,
        sizing: Sizing,
        coder: Coder,
        rows: RowBlocks,
        *,
        is_alive: NDArray[np.bool_],
        num_trained: int,
    ) -> None:
        """Take over rows; `is_alive` is (n,), false for removed ones."""
        self._sizing = sizing
        self.coder = coder
        self.rows = rows
        self._is_alive = is_alive
        self._num_alive = int(np.count_nonzero(is_alive))
        self.num_trained = num_trained

    def __len__(self) -> int:
        return self._num_alive

    @property
    def is_alive(self) -> NDArray[np.bool_]:
        """(n,) whether a row has not been removed: a view."""
        return self._is_alive[: len(self.rows)]

    @property
    def names(self) -> list[str]:
        """Ids of all rows that were not removed."""
        return self.rows.names(np.flatnonzero(self.is_alive).tolist())

    @property
    def should_train(self) -> bool:
        """Whether lists have become too long, or most codes those of removed rows."""
        has_grown = len(self) >= self._sizing.regrowth * self.num_trained
        is_worn = len(self.coder) > 2 * max(len(self), self._sizing.flat_up_to)
        return has_grown or is_worn

    def find(self, ids: Sequence[str]) -> dict[str, int]:
        """Look up the rows of the ids that are here."""
        found = self.rows.find(ids)
        return {name: row for name, row in found.items() if self._is_alive[row]}

    def add(self, ids: Sequence[str], halves: Halves) -> None:
        """Add one vector per id; none of the ids is there yet."""
        start, end = len(self.rows), len(self.rows) + len(ids)
        self.rows.append(ids, halves)
        if end > len(self._is_alive):
            grown = np.zeros(end + end // 4, np.bool_)
            grown[:start] = self._is_alive[:start]
            self._is_alive = grown
        self._is_alive[start:end] = True
        self._num_alive += len(ids)
        self.coder.add(np.arange(start, end), widen(halves))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        rows = list(self.find(list(ids)).values())
        self._is_alive[rows] = False
        self._num_alive -= len(rows)
        return len(rows)

    def replace(
        self, rows: RowBlocks, coder: Coder, sources: Rows, *, num_trained: int
    ) -> None:
        """Take over other rows and codes.

        Args:
            rows: among them all that were not removed.
            coder: of these rows.
            sources: (n,) the number here that each of them has had.
            num_trained: rows there were when the coder was trained.
        """
        self._is_alive = self._is_alive[sources]
        self.rows, self.coder, self.num_trained = rows, coder, num_trained

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query; see `VectorIndex.search`."""
        if not len(self):
            return [[] for _ in queries]
        num_probes = self._sizing.num_probes(self.coder.num_lists)
        # As many more as there are codes of removed rows among them.
        num = self._sizing.num_candidates(k) * len(self.coder) // len(self)
        return self._search(queries, k, num, num_probes)

    def _search(
        self, queries: Vectors, k: int, num: int, num_probes: int
    ) -> list[list[Hit]]:
        num = min(num, len(self.coder))
        num_probes = min(num_probes, self.coder.num_lists)
        is_all = num == len(self.coder) and num_probes == self.coder.num_lists
        candidates = self.coder.search(queries, num, num_probes=num_probes)
        results = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            some = queries[start : start + _QUERIES_AT_ONCE]
            near = [self._alive(c) for c in candidates[start : start + len(some)]]
            halves = self.rows.gather(np.concatenate(near))
            ends = np.cumsum([len(rows) for rows in near]).tolist()
            for query, rows, end in zip(some, near, ends, strict=True):
                vectors = widen(halves[end - len(rows) : end])
                hits = self._rank(query, rows, vectors, k, is_all=is_all)
                if hits is None:
                    [hits] = self._search(
                        query[None], k, _MORE * num, _MORE * num_probes
                    )
                results.append(hits)
        return results

    def _alive(self, candidates: Rows) -> Rows:
        """Keep those that are rows and were not removed."""
        return candidates[(candidates >= 0) & self._is_alive[candidates]]

    def _rank(
        self, query: Vectors, rows: Rows, vectors: Vectors, k: int, *, is_all: bool
    ) -> list[Hit] | None:
        """Order candidates; None if there must be more that belong to the best k.

        Those are asked for where fewer than k were found, and where the last of the
        candidates is as near as the k-th, so that others may be, too.
        """
        scores = vectors @ query
        if len(rows) <= k:
            if not is_all and len(rows) < len(self):
                return None
            best = np.arange(len(rows))
        else:
            kth = np.partition(scores, -k)[-k] - 2 * ROUNDING
            best = np.flatnonzero(scores >= kth)
            if len(best) == len(rows) and not is_all:
                return None
        names = self.rows.names(rows[best].tolist())
        return take_best(names, score_rows(query, vectors[best]), k)

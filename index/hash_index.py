"""Binary hashes within a distance of others, in memory."""

from itertools import pairwise
from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from index.one_thread import use_one_thread
from index.read_write_lock import ReadWriteLock

NUM_BITS = 256

Hashes = NDArray[np.uint8]
"""(n, 32) uint8: 256 bits a row."""


class Near(NamedTuple):
    """A hash that was found: its id, and the number of bits that differ."""

    id: int
    distance: int


class HashIndex:
    """Compares a query with every hash, 32 bytes and 8 bytes of id for each.

    FAISS counts the bits of 600 million hashes a second: 0.2 ms among 100,000, 1.5 ms
    among a million, which is little beside the 40 ms and more that a scan takes.
    `IndexBinaryMultiHash` with ten tables of 24 bits took 0.05 to 0.08 ms among 100,000
    hashes of real photos, but misses some, cannot forget, holds 580 bytes for each, and
    whoever wants to slow others down could fill one of its buckets.

    Safe to use from several threads: see `ReadWriteLock`.
    """

    def __init__(self) -> None:
        self._index = faiss.IndexBinaryIDMap(faiss.IndexBinaryFlat(NUM_BITS))
        self._last_id = -1
        self._lock = ReadWriteLock()

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(n,) int64: all ids, ascending."""
        with self._lock.reading():
            return np.array(faiss.vector_to_array(self._index.id_map))

    def add(self, ids: NDArray[np.int64], hashes: Hashes) -> None:
        """Add hashes under ids that ascend, and are above all those added before.

        Raises:
            ValueError: they do not, or are not as many as there are hashes.
        """
        _check_hashes(hashes)
        if len(ids) != len(hashes):
            raise ValueError(f"{len(ids)} ids for {len(hashes)} hashes")
        with self._lock.writing():
            if (np.diff(ids, prepend=self._last_id) <= 0).any():
                raise ValueError(f"expected ascending ids above {self._last_id}")
            if len(ids):
                self._index.add_with_ids(np.ascontiguousarray(hashes), ids)
                self._last_id = int(ids[-1])

    def remove(self, ids: NDArray[np.int64]) -> int:
        """Remove the ids that are present; return how many were."""
        selector = faiss.IDSelectorBatch(np.asarray(ids, np.int64))
        with self._lock.writing():
            return int(self._index.remove_ids(selector))

    def search_within(
        self, hashes: Hashes, radius: int, *, limit: int
    ) -> list[list[Near]]:
        """Find the hashes that differ in at most so many bits, the nearest first.

        Args:
            hashes: (n, 32) uint8 to look for.
            radius: bits that may differ.
            limit: most that are returned for each; of equally near ones, those with
                the lowest ids.
        """
        _check_hashes(hashes)
        use_one_thread()
        with self._lock.reading():
            starts, distances, ids = self._index.range_search(
                np.ascontiguousarray(hashes), radius + 1
            )
        return [
            _nearest(ids[start:end], distances[start:end], limit)
            for start, end in pairwise(starts.tolist())
        ]


def _check_hashes(hashes: Hashes) -> None:
    if hashes.ndim != 2 or hashes.shape[1] * 8 != NUM_BITS or hashes.dtype != np.uint8:
        raise ValueError(
            f"expected (n, {NUM_BITS // 8}) uint8, got {hashes.shape} {hashes.dtype}"
        )


def _nearest(
    ids: NDArray[np.int64], distances: NDArray[np.int32], limit: int
) -> list[Near]:
    order = np.lexsort((ids, distances))[:limit]
    bits = distances[order].astype(int)
    return list(map(Near, ids[order].tolist(), bits.tolist()))

"""Codes of vectors, sorted into lists: a faiss index that says which rows to compare.

An inverted file with product-quantized codes of one bit per dimension, which
faiss looks up 32 at a time in registers (fast-scan).
"""

import math
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.array_file import Bytes
from index.manifest import corrupt
from index.one_thread import use_one_thread
from index.vector_index import Vectors

_BITS = 4
_NUM_ITERATIONS = 8


class Coder:
    """Candidates among coded rows; whoever owns it sees to threads."""

    def __init__(self, coded: faiss.IndexIVFPQFastScan) -> None:
        self._coded = coded

    @classmethod
    def train(cls, sample: Vectors, num_lists: int) -> "Coder":
        """Learn lists and codes from a sample; nothing is coded yet."""
        use_one_thread()
        dim = sample.shape[1]
        num_parts = dim // math.gcd(dim, 4)
        coded = faiss.IndexIVFPQFastScan(
            faiss.IndexFlatIP(dim),
            dim,
            num_lists,
            num_parts,
            _BITS,
            faiss.METRIC_INNER_PRODUCT,
        )
        coded.cp.niter = _NUM_ITERATIONS
        coded.cp.spherical = True
        # However few there are, they are all there is: faiss need not warn.
        coded.cp.min_points_per_centroid = coded.pq.cp.min_points_per_centroid = 1
        coded.train(sample)
        return cls(coded)

    def __len__(self) -> int:
        return int(self._coded.ntotal)

    @property
    def num_lists(self) -> int:
        """Lists that codes are sorted into."""
        return int(self._coded.nlist)

    def add(self, rows: NDArray[np.int64], vectors: Vectors) -> None:
        """Code vectors under the numbers of their rows."""
        use_one_thread()
        self._coded.add_with_ids(vectors, rows)

    def search(
        self, queries: Vectors, num_candidates: int, *, num_probes: int
    ) -> NDArray[np.int64]:
        """Find the rows whose codes say that they are nearest: (n, c), -1 for none."""
        use_one_thread()
        effort = faiss.IVFSearchParameters()
        effort.nprobe = num_probes
        _, rows = self._coded.search(
            np.ascontiguousarray(queries), num_candidates, params=effort
        )
        found: NDArray[np.int64] = rows
        return found

    def to_bytes(self) -> Bytes:
        """Write as faiss does."""
        content: Bytes = faiss.serialize_index(self._coded)
        return content

    @classmethod
    def from_bytes(cls, content: Bytes, dim: int, path: Path) -> "Coder":
        """Read what `to_bytes` wrote, of which the caller has checked the checksum.

        Raises:
            CorruptIndex: other bytes, or codes of other vectors.
        """
        try:
            coded = faiss.deserialize_index(content)
        except RuntimeError as error:
            reason = str(error).splitlines()[0][:200]
            raise corrupt(path, "codes of faiss", f"none ({reason})") from error
        if not isinstance(coded, faiss.IndexIVFPQFastScan) or coded.d != dim:
            found = f"{type(coded).__name__} of dim {coded.d}"
            raise corrupt(path, f"IndexIVFPQFastScan of dim {dim}", found)
        return cls(coded)

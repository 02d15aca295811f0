"""The VectorIndex protocol: string ids and vectors in, ids and scores out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""(n, d) float32, L2-normalized rows."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour: the id it was added under, and its score (up = more alike)."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Origin:
    """What a stored index was made from; a different model is refused at load.

    Attributes:
        model: name of the embedder, or the recipe of the local descriptors.
        weights_hash: SHA-256 (hex) of its weights; empty where there are none.
        watermark: the catalogue's change number that the index has taken in.
    """

    model: str
    weights_hash: str
    watermark: int


class VectorIndex(Protocol):
    """Finds the nearest vectors by inner product.

    Ids are unique: adding one that is present raises `ValueError`, remove it first.
    """

    @property
    def dim(self) -> int: ...  # noqa: D102
    @property
    def ids(self) -> frozenset[str]:
        """All ids, as of now: more than a gigabyte if there are ten million."""
        ...

    def __len__(self) -> int: ...

    def find(self, ids: Sequence[str]) -> frozenset[str]:
        """Tell which of these ids are in the index."""
        ...

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add one vector per id: (n, dim). Either all go in or none."""
        ...

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Hold these vectors under these ids, in place of what they had, if anything.

        A search sees the old vector of an id or the new one, and never neither. To do
        it again changes nothing.
        """
        ...

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        ...

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query, best first; fewer if the index is smaller.

        Equal scores are ordered by id, so that a result does not depend on
        insertion order.
        """
        ...

    def save(self, folder: Path, origin: Origin) -> None:
        """Keep the index under `folder`, replacing what was there in one step."""
        ...

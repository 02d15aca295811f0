"""An index that makes codes of a few dozen vectors, and finds all of them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from index.faiss_index import FaissIndex
from index.index_engine import LocalIndexes
from index.sizing import DEFAULT, Sizing
from index.vector_index import VectorIndex, Vectors


def sized(*, flat_up_to: int, tail_rows: int, block_rows: int) -> Sizing:
    """Fewer vectors than by default, searched with the same effort."""
    return replace(
        DEFAULT, flat_up_to=flat_up_to, tail_rows=tail_rows, block_rows=block_rows
    )


SMALL = Sizing(
    flat_up_to=40,
    tail_rows=16,
    rows_at_once=8,
    block_rows=32,
    least_probes=1 << 20,
    least_candidates=512,
)


class CodedIndex(FaissIndex):
    """A `FaissIndex` of such sizes, whose codes are made before anything else."""

    def __init__(self, dim: int, *, sizing: Sizing = SMALL) -> None:
        super().__init__(dim, sizing=sizing)

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        super().add(ids, vectors)
        self.settle()

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        super().put(ids, vectors)
        self.settle()

    @classmethod
    def load(
        cls, folder: Path, *, model: str, weights_hash: str, sizing: Sizing = SMALL
    ) -> tuple[Self, int]:
        return super().load(
            folder, model=model, weights_hash=weights_hash, sizing=sizing
        )


class CodedIndexes(LocalIndexes):
    """`LocalIndexes` of such indexes."""

    def create(
        self, folder: Path, dim: int, *, model: str, weights_hash: str
    ) -> VectorIndex:
        return CodedIndex(dim)

    def load(
        self, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[VectorIndex, int]:
        return CodedIndex.load(folder, model=model, weights_hash=weights_hash)

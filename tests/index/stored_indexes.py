"""Small stored indexes of each kind for the tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self, TypeVar

from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from index.vector_index import Origin
from tests.index.drawn_codes import draw_codes, draw_vectors
from tests.index.small_sizes import CodedIndex

ORIGIN = Origin("drawn", "ab" * 32, 5)


class StoredIndex(Protocol):
    """What all kinds have in common."""

    @property
    def ids(self) -> frozenset[str]: ...
    def save(self, folder: Path, origin: Origin) -> None: ...
    @classmethod
    def load(
        cls, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[Self, int]: ...


Kind = TypeVar("Kind", bound=StoredIndex)
Save = Callable[[Path], type[FaissIndex] | type[LocalIndex]]


def save_vectors(folder: Path) -> type[FaissIndex]:
    index = FaissIndex(8)
    index.add(["a", "b", "c"], draw_vectors(3, 8, 0))
    index.save(folder, ORIGIN)
    return FaissIndex


def save_coded(folder: Path) -> type[FaissIndex]:
    index = CodedIndex(8)
    index.add([str(row) for row in range(90)], draw_vectors(90, 8, 0))
    index.remove(["0", "1", "80"])
    index.save(folder, ORIGIN)
    return CodedIndex


def save_codes(folder: Path) -> type[LocalIndex]:
    index = LocalIndex()
    index.add(["a", "b", "c"], draw_codes([4, 0, 3], 0))
    index.save(folder, ORIGIN)
    return LocalIndex


def load(kind: type[Kind], folder: Path) -> tuple[Kind, int]:
    return kind.load(folder, model=ORIGIN.model, weights_hash=ORIGIN.weights_hash)


def stored_files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".lock")

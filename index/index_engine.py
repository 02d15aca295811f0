"""The IndexEngine protocol: makes vector indexes, and finds those that were kept."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from index.errors import IndexUnavailable
from index.faiss_index import FaissIndex
from index.vector_index import Origin, VectorIndex

Unavailable = Callable[[str, str], Exception]
"""Makes the error to raise of what is wrong with a server, and of its remedy."""


def index_unavailable(message: str, remedy: str) -> Exception:
    """Make the error of this folder."""
    return IndexUnavailable(f"{message} {remedy}")


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """What an index that is kept says about itself.

    Attributes:
        name: the last part of its folder.
        origin: the model behind its vectors, and the watermark.
        count: number of ids.
    """

    name: str
    origin: Origin
    count: int


class IndexEngine(Protocol):
    """One kind of vector index, and the place where its indexes are kept.

    A folder names an index: files lie in it, and collections are named after it.
    `VectorIndex.save` keeps an index under such a name.
    """

    @property
    def is_shared(self) -> bool:
        """Whether all processes search the same index, and not a copy each.

        What one of them puts in, the others then find. A watermark belongs to the
        index and not to the process, so that whoever changes the index, or moves its
        watermark, must be alone in doing so.
        """
        ...

    def create(
        self, folder: Path, dim: int, *, model: str, weights_hash: str
    ) -> VectorIndex:
        """Make an empty index; the one kept under this name stays until a save."""
        ...

    def load(
        self, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[VectorIndex, int]:
        """Load the index that was kept, and its watermark.

        Raises:
            FileNotFoundError: none was.
            CorruptIndex: damaged, truncated, foreign, or of another format.
            ModelMismatch: made from another model or weights.
        """
        ...

    def drop(self, folder: Path, *, model: str, weights_hash: str) -> None:
        """Delete the index that was kept; fine if none was."""
        ...

    def stored(self, catalogue: Path) -> Sequence[StoredIndex]:
        """List the indexes kept below a folder on a server; files are found there."""
        ...


class LocalIndexes:
    """FAISS: each process has a copy in memory, and snapshots lie in folders."""

    is_shared = False

    def create(
        self, folder: Path, dim: int, *, model: str, weights_hash: str
    ) -> VectorIndex:
        """Make an empty index; see `IndexEngine.create`."""
        return FaissIndex(dim)

    def load(
        self, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[VectorIndex, int]:
        """Load a snapshot; see `IndexEngine.load`."""
        return FaissIndex.load(folder, model=model, weights_hash=weights_hash)

    def drop(self, folder: Path, *, model: str, weights_hash: str) -> None:
        """Delete a snapshot; see `IndexEngine.drop`."""
        shutil.rmtree(folder, ignore_errors=True)

    def stored(self, catalogue: Path) -> Sequence[StoredIndex]:
        """Name none: they are files."""
        return ()


def open_index_engine(
    url: str | None, *, unavailable: Unavailable = index_unavailable
) -> IndexEngine:
    """Open the engine that a URL names.

    Args:
        url: None for FAISS in local files; `http://user:password@host:19530/database`
            (or `https`, or a token in place of user and password) for a Milvus server;
            a path that ends in `.db` for milvus-lite, Milvus inside this process.
        unavailable: makes the error raised when a server cannot be used, now or later.

    Raises:
        ValueError: the URL names no engine.
    """
    if url is None:
        return LocalIndexes()
    # Not at the top: pymilvus takes a second to import, and few need it.
    try:
        from index.milvus_engine import MilvusEngine
    except ModuleNotFoundError as error:
        raise unavailable(
            f"An index in Milvus needs the package {error.name}, which is not there.",
            "Install it: pip install 'counterfeit-detector[milvus]'.",
        ) from error
    return MilvusEngine(url, unavailable=unavailable)

"""Vector indexes of every kind that we know, real ones, for tests to run on each."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from index.index_engine import IndexEngine, LocalIndexes, open_index_engine
from index.vector_index import Origin, VectorIndex
from tests.index.small_sizes import CodedIndexes
from tests.milvus_server import temporary_milvus

KINDS = ("faiss", "faiss with codes", "milvus-lite")


class Indexes:
    """Makes indexes of one kind, and uses them again.

    A server takes two seconds to make a collection.
    """

    def __init__(self, open_engine: Callable[[], IndexEngine]) -> None:
        self._open_engine = open_engine
        self._engine = open_engine()
        self._spare: defaultdict[int, list[VectorIndex]] = defaultdict(list)
        self._lent: list[VectorIndex] = []
        self._saved: dict[Path, VectorIndex] = {}

    def new(self, dim: int) -> VectorIndex:
        """Make an empty index."""
        if self._spare[dim]:
            index = self._spare[dim].pop()
        else:
            folder = Path("drawn", uuid.uuid4().hex)
            index = self._engine.create(folder, dim, model="drawn", weights_hash="")
        self._lent.append(index)
        return index

    def save(self, index: VectorIndex, folder: Path, origin: Origin) -> None:
        """Save an index, which ends the one that was saved there before."""
        self._lent.remove(index)
        index.save(folder, origin)
        self._saved[folder] = index

    def load(
        self, folder: Path, *, model: str, weights_hash: str
    ) -> tuple[VectorIndex, int]:
        """Load an index as another process would."""
        return self._open_engine().load(folder, model=model, weights_hash=weights_hash)

    def take_back(self) -> None:
        """Empty what was lent."""
        if not isinstance(self._engine, LocalIndexes):
            for index in (*self._lent, *self._saved.values()):
                index.remove(index.ids)
                self._spare[index.dim].append(index)
        self._lent.clear()
        self._saved.clear()


@pytest.fixture(scope="module")
def milvus_url() -> Iterator[str]:
    """Start a Milvus server for the tests of one file; give its URL.

    It takes its share of a core for as long as it runs, whatever is asked of it.
    """
    with temporary_milvus() as url:
        yield url


@pytest.fixture(scope="module", params=KINDS)
def indexes_of_kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Indexes:
    """Open one kind of index for the tests of one file.

    One on a server takes its place where there is a server, `test_shared_index.py`.
    """
    if request.param == "faiss":
        return Indexes(LocalIndexes)
    if request.param == "faiss with codes":
        return Indexes(CodedIndexes)
    url = str(tmp_path_factory.mktemp("lite") / "index.db")
    return Indexes(partial(open_index_engine, url))


@pytest.fixture
def indexes(indexes_of_kind: Indexes) -> Iterator[Indexes]:
    """Make indexes of one kind for one test."""
    yield indexes_of_kind
    indexes_of_kind.take_back()

"""More references than can be drawn in the time: each real one, many times over.

The first copy of each is the real one. The others are synthetic: their vectors and
codes are made from real ones, and verified they are as another real reference.
"""

import subprocess
import sys
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.stored_descriptions import CACHE_SIZE, StoredDescriptions
from detector.matching.describe import Description
from detector.store.store import Store
from index.centroids import CODE_BYTES, read_centroids
from index.faiss_index import VECTORS, FaissIndex
from index.local_index import (
    CELL_SIZES,
    CODE_IDS,
    CODES,
    POINT_BITS,
    LocalIndex,
)
from index.snapshot import (
    Arrays,
    Snapshot,
    load_snapshot,
    read_manifest,
    save_snapshot,
)
from index.vector_index import Origin, VectorIndex

MARK = "~"
"""Stands in a synthetic id between the real one and a number; in no real id."""
_ROOT = Path(__file__).parents[2]
_SIZE_FILE = Path("/proc/self/statm")
_WEIGH = """
import gc, os, pathlib, sys
from scripts.benchmarks import crowd
_, name, folder, size_file = sys.argv
def size():
    gc.collect()
    pages = int(pathlib.Path(size_file).read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
before = size()
index = getattr(crowd, name)(pathlib.Path(folder))
print(size() - before)
"""
_ORIGIN = Origin("benchmark", "", 1)
_CODES_AT_ONCE = 1 << 14
_ROWS_AT_ONCE = 1 << 10


class CrowdDescriptions:
    """A `ReferenceSource` that answers for synthetic references, too.

    A synthetic reference is described by a real one that it was not made from: what
    resembles a reference by chance is not the same picture. Kept in memory are as many
    as in a scan, each under the id asked for, so that a synthetic reference has to be
    read from the store as a real one would. For scans in one thread.

    Attributes:
        num_asked: descriptions asked for so far, whether at hand or not.
    """

    def __init__(self, store: Store, reference_ids: Sequence[str]) -> None:
        """Pair up the real references at random, always in the same way."""
        self._stored = StoredDescriptions(store, cache_size=0)
        order = np.random.default_rng(0).permutation(len(reference_ids))
        self._circle: list[str] = [sorted(reference_ids)[row] for row in order.tolist()]
        self._places = {name: place for place, name in enumerate(self._circle)}
        self._kept: OrderedDict[str, Description] = OrderedDict()
        self.num_asked = 0

    def real_id(self, reference_id: str) -> str:
        """Name the real reference whose description stands for this one."""
        name, _, number = reference_id.partition(MARK)
        if not number:
            return name
        num_others = max(1, len(self._circle) - 1)
        steps = 1 + (int(number) - 1) % num_others
        return self._circle[(self._places[name] + steps) % len(self._circle)]

    def descriptions(self, reference_ids: Sequence[str]) -> dict[str, Description]:
        """Read the descriptions of references; unknown ones are left out."""
        self.num_asked += len(reference_ids)
        real = {n: self.real_id(n) for n in reference_ids if n not in self._kept}
        read = self._stored.descriptions([*real.values()])
        self._kept |= {n: read[other] for n, other in real.items() if other in read}
        found = {n: self._kept[n] for n in reference_ids if n in self._kept}
        for name in found:
            self._kept.move_to_end(name)
        while len(self._kept) > CACHE_SIZE:
            self._kept.popitem(last=False)
        return found

    def codes(self, reference_ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Read the codes of references' points; unknown ones are left out."""
        real = {name: self.real_id(name) for name in reference_ids}
        read = self._stored.codes([*real.values()])
        return {name: read[other] for name, other in real.items() if other in read}


def crowd_vectors(index: VectorIndex, folder: Path, times: int, *, seed: int) -> None:
    """Save an index of `times` as many vectors; see `spread`."""
    small = _save(index, folder)
    count, dim = small.manifest.count, small.manifest.dim
    vectors = small.array(VECTORS, np.float32, (count, dim))
    crowd = spread(vectors, times, seed=seed)
    _replace(folder, small, times, {VECTORS: crowd})


def spread(
    vectors: NDArray[np.float32], times: int, *, seed: int
) -> NDArray[np.float32]:
    """Add vectors that lie as the given ones do.

    Each new one is drawn from the normal distribution with the mean and the covariance
    of the given ones (a random mix of all of them), and then brought to length 1.

    Args:
        vectors: (n, d), each of length 1.
        times: at least 1.
        seed: of the draw.

    Returns:
        (n * times, d), each of length 1; the given ones come first.
    """
    rng = np.random.default_rng(seed)
    count = len(vectors)
    mean = vectors.mean(axis=0)
    deviations = (vectors - mean) / np.float32(np.sqrt(max(1, count - 1)))
    crowd = np.empty((count * times, vectors.shape[1]), np.float32)
    crowd[:count] = vectors
    for start in range(count, len(crowd), _ROWS_AT_ONCE):
        rows = crowd[start : start + _ROWS_AT_ONCE]
        weights = rng.standard_normal((len(rows), count), np.float32)
        rows[:] = mean + weights @ deviations
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return crowd


def crowd_codes(index: LocalIndex, folder: Path, times: int, *, seed: int) -> None:
    """Save a voting index of `times` as many references.

    The codes of a new one are those of a real one with a quarter of the bits flipped.
    They stay in its cells, so that none has to be assigned to one.
    """
    num_codes = index.num_codes
    small = _save(index, folder)
    sizes = small.array(CELL_SIZES, np.int64, (len(read_centroids()[0]),))
    codes = small.array(CODES, np.uint8, (num_codes, CODE_BYTES))
    code_ids = small.array(CODE_IDS, np.int64, (num_codes,))
    # Reference r becomes r, n + r, 2n + r, ...
    steps = (np.arange(times) * small.manifest.count) << POINT_BITS
    crowd_ids = (code_ids[:, None] + steps).reshape(-1)
    crowd = np.empty((num_codes * times, CODE_BYTES), np.uint8)
    rng = np.random.default_rng(seed)
    for start in range(0, num_codes, _CODES_AT_ONCE):
        part = codes[start : start + _CODES_AT_ONCE, None]
        shape = (len(part), times, CODE_BYTES)
        flips = rng.integers(0, 256, shape, np.uint8)
        flips &= rng.integers(0, 256, shape, np.uint8)
        flips[:, 0] = 0
        rows = slice(start * times, (start + len(part)) * times)
        crowd[rows] = (part ^ flips).reshape(-1, CODE_BYTES)
    arrays = {CODES: crowd, CODE_IDS: crowd_ids, CELL_SIZES: sizes * times}
    _replace(folder, small, times, arrays)


def load_vectors(folder: Path) -> FaissIndex:
    """Load what `crowd_vectors` saved, with codes where it is large."""
    index, _ = FaissIndex.load(folder, model=_ORIGIN.model, weights_hash="")
    index.settle()
    return index


def load_codes(folder: Path) -> LocalIndex:
    """Load what `crowd_codes` saved."""
    return LocalIndex.load(folder, model=_ORIGIN.model, weights_hash="")[0]


def weigh(folder: Path, *, is_local: bool) -> int | None:
    """Load a saved index in a new process; return by how many bytes that grows.

    A process that did other things before would take memory that it has kept. Where
    the system does not tell the size of a process (no `/proc`), this is None.
    """
    if not _SIZE_FILE.exists():
        return None
    name = load_codes.__name__ if is_local else load_vectors.__name__
    command = [
        sys.executable,
        "-c",
        _WEIGH,
        name,
        str(folder.absolute()),
        str(_SIZE_FILE),
    ]
    return int(subprocess.check_output(command, cwd=_ROOT))


def _save(index: VectorIndex | LocalIndex, folder: Path) -> Snapshot:
    """Save an index, and read its arrays as they lie on disk."""
    index.save(folder, _ORIGIN)
    is_local = isinstance(index, LocalIndex)
    return load_snapshot(
        folder,
        engine=read_manifest(folder).engine,
        names=[CODES, CODE_IDS, CELL_SIZES] if is_local else [VECTORS],
        model=_ORIGIN.model,
        weights_hash="",
    )


def _replace(folder: Path, small: Snapshot, times: int, arrays: Arrays) -> None:
    copies = (f"{name}{MARK}{i}" for i in range(1, times) for name in small.ids)
    save_snapshot(
        folder,
        _ORIGIN,
        engine=small.manifest.engine,
        dim=small.manifest.dim,
        ids=[*small.ids, *copies],
        arrays=arrays,
    )

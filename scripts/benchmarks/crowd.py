"""More references than can be drawn in the time: each real one, many times over.

The first copy of each is the real one. The others are synthetic: their vectors are made
from real ones, and verified they are as another real reference.
"""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.stored_descriptions import CACHE_SIZE, StoredDescriptions
from detector.matching.describe import Description
from detector.store.store import Store
from index.faiss_index import VECTORS, FaissIndex
from index.snapshot import (
    Snapshot,
    load_snapshot,
    read_manifest,
    save_snapshot,
)
from index.vector_index import Origin, VectorIndex

MARK = "~"
"""Stands in a synthetic id between the real one and a number; in no real id."""
_ORIGIN = Origin("benchmark", "", 1)
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
    """Save `times` as many vectors as a small index has; see `spread`."""
    index.save(folder, _ORIGIN)
    small = _read(folder)
    count, dim = small.manifest.count, small.manifest.dim
    vectors = small.array(VECTORS, np.float32, (count, dim))
    copies = (f"{name}{MARK}{i}" for i in range(1, times) for name in small.ids)
    save_snapshot(
        folder,
        _ORIGIN,
        engine=small.manifest.engine,
        dim=dim,
        ids=[*small.ids, *copies],
        arrays={VECTORS: spread(vectors, times, seed=seed)},
    )


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


def save_settled(drawn: Path, folder: Path) -> None:
    """Save an index of what `crowd_vectors` saved, with codes where it is large."""
    load_vectors(drawn).save(folder, _ORIGIN)


def load_vectors(folder: Path) -> FaissIndex:
    """Load either of both, with codes where it is large."""
    index, _ = FaissIndex.load(folder, model=_ORIGIN.model, weights_hash="")
    index.settle()
    return index


def read_crowd(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Read the ids and the (n, d) vectors of what `crowd_vectors` saved."""
    crowd = _read(folder)
    count, dim = crowd.manifest.count, crowd.manifest.dim
    return crowd.ids, crowd.array(VECTORS, np.float32, (count, dim))


def _read(folder: Path) -> Snapshot:
    return load_snapshot(
        folder,
        engine=read_manifest(folder).engine,
        names=[VECTORS],
        model=_ORIGIN.model,
        weights_hash="",
    )

"""FaissIndex: nearest vectors by inner product, in memory and on local disk."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from index.coded_snapshot import CODED_ENGINE, coded_arrays, load_coded
from index.coded_vectors import CodedVectors
from index.coder import Coder
from index.errors import CorruptIndex
from index.flat_vectors import FlatVectors
from index.manifest import corrupt
from index.ranking import check_absent, check_new_ids, merge_hits
from index.read_write_lock import ReadWriteLock
from index.recoding import code_anew
from index.row_blocks import RowBlocks, widen
from index.sizing import DEFAULT, Sizing
from index.snapshot import load_snapshot, read_manifest, save_snapshot
from index.vector_index import Hit, Origin, Vectors

ENGINE = "flat-inner-product"
VECTORS = "vectors"
LENGTH_TOLERANCE = 1e-3
"""How far a row's length may be from 1: enough for vectors made in half precision."""


class FaissIndex:
    """Compares a query with every vector, or with a chosen few; see `Sizing`.

    A small index holds all vectors in memory and is exact. A larger one keeps only the
    newest like that; the others are coded: found by their codes and compared in half
    precision. Adding and removing never rebuild anything. When the index has become
    several times larger, the codes are learned anew, in a thread of their own.

    Safe to use from several threads: see `ReadWriteLock`.
    """

    def __init__(self, dim: int, *, sizing: Sizing = DEFAULT) -> None:
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}")
        self._dim = dim
        self._sizing = sizing
        self._tail = FlatVectors([], np.empty((0, dim), np.float32))
        self._coded: CodedVectors | None = None
        self._lock = ReadWriteLock()
        # Held by whoever adds codes or needs that none are added.
        self._coding = threading.Lock()
        self._training: threading.Thread | None = None

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._dim

    @property
    def ids(self) -> frozenset[str]:
        """All ids; see `VectorIndex.ids`."""
        with self._lock.reading():
            coded = [] if self._coded is None else self._coded.names
            return frozenset([*self._tail.names, *coded])

    def find(self, ids: Sequence[str]) -> frozenset[str]:
        """Tell which of these ids are in the index."""
        with self._lock.reading():
            coded = {} if self._coded is None else self._coded.find(ids)
            return frozenset([*coded, *(name for name in ids if name in self._tail)])

    @property
    def num_coded(self) -> int:
        """How many vectors are found by codes."""
        return 0 if self._coded is None else len(self._coded)

    @property
    def num_lists(self) -> int:
        """Lists that the codes are sorted into; 0 without codes."""
        return 0 if self._coded is None else self._coded.coder.num_lists

    def __len__(self) -> int:
        return len(self._tail) + self.num_coded

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Add one vector per id; see `VectorIndex.add`."""
        check_new_ids(ids, len(vectors))
        self._check(vectors)
        with self._lock.writing():
            check_absent(ids, self._tail)
            if self._coded is not None:
                check_absent(ids, self._coded.find(ids))
            self._append(ids, vectors)
        self._keep_up()

    def put(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Hold one vector per id; see `VectorIndex.put`."""
        check_new_ids(ids, len(vectors))
        self._check(vectors)
        with self._lock.writing():
            self._drop(ids)
            self._append(ids, vectors)
        self._keep_up()

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were."""
        wanted = list(ids)
        with self._lock.writing():
            return self._drop(wanted)

    def search(self, queries: Vectors, k: int) -> list[list[Hit]]:
        """Find the k nearest of each query; see `VectorIndex.search`."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        self._check(queries)
        with self._lock.reading():
            newest = self._tail.search(queries, k)
            if self._coded is None:
                return newest
            coded = self._coded.search(queries, k)
        return [merge_hits(*both, k) for both in zip(newest, coded, strict=True)]

    def settle(self) -> None:
        """Wait until a training that is under way has ended."""
        training = self._training
        if training:
            training.join()

    def save(self, folder: Path, origin: Origin) -> None:
        """Write the index to `folder`, replacing what was there in one step.

        Changes wait for a copy in memory, not for the disk.
        """
        with self._coding:
            with self._lock.reading():
                names = list(self._tail.names)
                vectors = self._tail.vectors.copy()
                coded = self._coded
                is_alive = np.zeros(0, np.bool_)
                if coded is not None:
                    is_alive = coded.is_alive.copy()
            arrays = {} if coded is None else coded_arrays(coded, is_alive)
        save_snapshot(
            folder,
            origin,
            engine=ENGINE if coded is None else CODED_ENGINE,
            dim=self._dim,
            ids=names,
            arrays={VECTORS: vectors, **arrays},
            count=len(names) + int(np.count_nonzero(is_alive)),
        )

    @classmethod
    def load(
        cls, folder: Path, *, model: str, weights_hash: str, sizing: Sizing = DEFAULT
    ) -> tuple[Self, int]:
        """Load an index and its watermark; see `IndexEngine.load`."""
        while True:
            engine = read_manifest(folder).engine
            try:
                return cls._load(folder, engine, model, weights_hash, sizing)
            except CorruptIndex:
                # A save may have put an index of the other kind there meanwhile.
                if read_manifest(folder).engine == engine:
                    raise

    @classmethod
    def _load(
        cls, folder: Path, engine: str, model: str, weights_hash: str, sizing: Sizing
    ) -> tuple[Self, int]:
        if engine == CODED_ENGINE:
            snapshot, coded = load_coded(
                folder, VECTORS, sizing, model=model, weights_hash=weights_hash
            )
        else:
            coded = None
            snapshot = load_snapshot(
                folder,
                engine=ENGINE,
                names=[VECTORS],
                model=model,
                weights_hash=weights_hash,
            )
        dim = snapshot.manifest.dim
        vectors = snapshot.array(VECTORS, np.float32, (len(snapshot.ids), dim))
        faults = find_faults(vectors)
        if dim < 1 or faults:
            found = faults or "vectors of length 0"
            raise corrupt(snapshot.path(VECTORS), "rows of length 1", found)
        index = cls(dim, sizing=sizing)
        index._tail = FlatVectors(snapshot.ids, vectors)
        index._coded = coded
        index._keep_up()
        return index, snapshot.manifest.origin.watermark

    def _check(self, vectors: Vectors) -> None:
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"expected shape (n, {self._dim}), not {vectors.shape}")
        if vectors.dtype != np.float32:
            raise ValueError(f"expected float32, not {vectors.dtype}")
        faults = find_faults(vectors)
        if faults:
            raise ValueError(f"expected rows of length 1, found {faults}")

    def _append(self, ids: Sequence[str], vectors: Vectors) -> None:
        if self._coded is not None:
            # As they will be once they are coded, so that scores do not change.
            vectors = vectors.astype(np.float16).astype(np.float32)
        self._tail.add(ids, vectors)

    def _drop(self, ids: Sequence[str]) -> int:
        num_removed = self._tail.remove(ids)
        if self._coded is not None:
            num_removed += self._coded.remove(ids)
        return num_removed

    def _keep_up(self) -> None:
        """Code what there is to code, unless another thread does so now."""
        if self._coding.acquire(blocking=False):
            try:
                self._code_tail()
                self._train_if_due()
            finally:
                self._coding.release()

    def _code_tail(self) -> None:
        """Code all but the newest, in small steps between searches."""
        num = self._sizing.rows_at_once
        while (
            self._coded is not None and len(self._tail) >= self._sizing.tail_rows + num
        ):
            with self._lock.writing():
                names = self._tail.names[-num:]
                self._coded.add(names, self._tail.vectors[-num:].astype(np.float16))
                self._tail.remove(reversed(names))
                self._tail.trim()

    def _train_if_due(self) -> None:
        if self._training:
            return
        if self._coded is not None:
            is_due = self._coded.should_train
        else:
            is_due = len(self._tail) > self._sizing.flat_up_to
        if is_due:
            self._training = threading.Thread(target=self._train, name="index training")
            self._training.start()

    def _train(self) -> None:
        """Learn codes for the size that the index has now, and change over to them."""
        try:
            coded = self._coded
            if coded is None:
                self._code_first()
            elif len(coded) < self._sizing.flat_up_to // 2:
                self._forget_codes(coded)
            else:
                code_anew(coded, self._sizing, lock=self._lock, coding=self._coding)
        finally:
            self._training = None

    def _code_first(self) -> None:
        with self._lock.reading():
            num_rows = len(self._tail)
            num_lists = self._sizing.num_lists(num_rows)
            rows = self._sizing.sample(np.arange(num_rows), num_lists)
            sample = self._tail.vectors[rows]
        coder = Coder.train(sample, num_lists)
        with self._coding:
            with self._lock.writing():
                self._tail.vectors[:] = self._tail.vectors.astype(np.float16)
                self._coded = CodedVectors(
                    self._sizing,
                    coder,
                    RowBlocks(self._dim, self._sizing.block_rows),
                    is_alive=np.zeros(0, np.bool_),
                    num_trained=num_rows,
                )
            self._code_tail()

    def _forget_codes(self, coded: CodedVectors) -> None:
        """Compare with each vector again, as few are left."""
        with self._coding, self._lock.writing():
            rows = np.flatnonzero(coded.is_alive)
            names = coded.rows.names(rows.tolist())
            self._tail.add(names, widen(coded.rows.gather(rows)))
            self._coded = None


def find_faults(vectors: Vectors) -> str:
    """Describe the first row that is not of length 1; empty if all are."""
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    # Written so that a length that is no number counts as wrong.
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= LENGTH_TOLERANCE))
    return f"row {wrong[0]} of length {lengths[wrong[0]]}" if len(wrong) else ""

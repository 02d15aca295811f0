"""LocalIndex: the points of a query vote for the references that show them too."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Self

import faiss
import numpy as np

from index.centroids import CODE_BYTES, Codes, read_centroids
from index.manifest import corrupt
from index.one_thread import use_one_thread
from index.ranking import check_absent, check_new_ids, take_best
from index.read_write_lock import ReadWriteLock
from index.snapshot import Snapshot, load_snapshot, save_snapshot
from index.vector_index import Hit, Origin
from index.voting import Int64s, NearCodes, Voting, count_votes

CODE_BITS = 8 * CODE_BYTES
POINT_BITS = 16
MAX_POINTS = 1 << POINT_BITS
CODES, CODE_IDS, CELL_SIZES = "codes", "code_ids", "cell_sizes"


class LocalIndex:
    """Binary codes of many pictures' points, searched by voting.

    The codes lie in faiss' inverted lists, in cells around centroids that
    ship with the project (`scripts/learn_orb_centroids.py`): the first reference can
    be added to an empty index, nothing is trained on the way, and the same pictures
    give the same cells everywhere. A code's id is its reference's number
    shifted by 16 bits, plus the number of the point; numbers are never used twice.

    Safe to use from several threads: see `ReadWriteLock`.
    """

    def __init__(self, voting: Voting | None = None) -> None:
        self._voting = voting or Voting()
        self._centroids, _ = read_centroids()
        self._quantizer = faiss.IndexBinaryFlat(CODE_BITS)
        self._quantizer.add(self._centroids)
        num_cells = len(self._centroids)
        self._cells = faiss.IndexBinaryIVF(self._quantizer, CODE_BITS, num_cells)
        # Leave `use_heap` and `per_invlist_search` as they are: in faiss 1.15.1 the one
        # finds nothing when off, the other overwrites foreign memory when on.
        self._cells.nprobe = min(self._voting.num_probes, num_cells)
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._next_number = 0
        self._num_points: Int64s = np.zeros(0, np.int64)
        self._lock = ReadWriteLock()

    @property
    def ids(self) -> frozenset[str]:
        """All references, as of now."""
        with self._lock.reading():
            return frozenset(self._numbers)

    @property
    def num_codes(self) -> int:
        """Codes of all references together."""
        return int(self._cells.ntotal)

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, ids: Sequence[str], codes: Sequence[Codes]) -> None:
        """Add one reference per id; either all go in or none.

        Args:
            ids: new ones; one that is present raises `ValueError`.
            codes: for each id, the (p, 32) codes of its points; p may be 0.
        """
        check_new_ids(ids, len(codes))
        counts = check_codes(codes)
        if max(counts, default=0) > MAX_POINTS:
            raise ValueError(f"expected at most {MAX_POINTS} points, not {max(counts)}")
        with self._lock.writing():
            check_absent(ids, self._numbers)
            first = self._next_number
            numbers = range(first, first + len(ids))
            if sum(counts):
                code_ids = _number_codes(np.array(numbers), np.array(counts))
                self._cells.add_with_ids(np.concatenate(codes), code_ids)
            self._register(ids, counts)

    def remove(self, ids: Iterable[str]) -> int:
        """Remove the ids that are present; return how many were.

        Looks through all codes once, however many ids there are: give them together.
        """
        with self._lock.writing():
            present = [name for name in dict.fromkeys(ids) if name in self._numbers]
            numbers = np.array([self._numbers[name] for name in present], np.int64)
            counts = self._num_points[numbers]
            if len(present) == 1:
                first = int(numbers[0]) << POINT_BITS
                selector = faiss.IDSelectorRange(first, first + MAX_POINTS)
                self._cells.remove_ids(selector)
            elif counts.sum():
                self._cells.remove_ids(_number_codes(numbers, counts))
            for name in present:
                del self._names[self._numbers.pop(name)]
        return len(present)

    def search(self, queries: Sequence[Codes], k: int) -> list[list[Hit]]:
        """Find the k references that each query's points vote for most, best first.

        A reference without a vote is no hit. Equal scores are ordered by id.

        Args:
            queries: for each query, the (p, 32) codes of its points; p may be 0.
            k: at least 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        counts = np.array(check_codes(queries), np.int64)
        if not counts.sum():
            return [[] for _ in queries]
        points = np.concatenate(queries)
        with self._lock.reading():
            tally = count_votes(self._find_near(points), counts, self._voting)
            root = np.sqrt(self._num_points[tally.references])
            scores = (tally.votes / root).astype(np.float32)
            ends = np.searchsorted(tally.queries, np.arange(len(queries) + 1))
            hits = []
            for start, end in pairwise(ends):
                part = scores[start:end]
                if len(part) > k:
                    keep = np.flatnonzero(part >= np.partition(part, -k)[-k])
                else:
                    keep = np.arange(len(part))
                numbers = tally.references[start:end][keep].tolist()
                names = [self._names[number] for number in numbers]
                hits.append(take_best(names, part[keep], k))
            return hits

    def save(self, folder: Path, origin: Origin) -> None:
        """Write the index to `folder`, replacing what was there in one step.

        Changes wait for a copy in memory, not for the disk.

        Args:
            folder: created if need be.
            origin: `model` is the recipe of the codes.
        """
        with self._lock.reading():
            numbers = np.fromiter(self._names, np.int64, len(self._names))
            names = list(self._names.values())
            sizes, codes, code_ids = self._copy_cells()
        # References are renumbered by their place in the list of ids.
        rows = np.searchsorted(numbers, code_ids >> POINT_BITS)
        code_ids = (rows << POINT_BITS) | (code_ids & (MAX_POINTS - 1))
        save_snapshot(
            folder,
            origin,
            engine=_engine(),
            dim=CODE_BITS,
            ids=names,
            arrays={CODES: codes, CODE_IDS: code_ids, CELL_SIZES: sizes},
        )

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        model: str,
        weights_hash: str,
        voting: Voting | None = None,
    ) -> tuple[Self, int]:
        """Load an index and its watermark; errors are those of `VectorIndex.load`."""
        snapshot = load_snapshot(
            folder,
            engine=_engine(),
            names=[CODES, CODE_IDS, CELL_SIZES],
            model=model,
            weights_hash=weights_hash,
        )
        index = cls(voting)
        index._take_cells(snapshot)
        return index, snapshot.manifest.origin.watermark

    def _register(self, ids: Sequence[str], counts: Sequence[int]) -> None:
        numbers = range(self._next_number, self._next_number + len(ids))
        self._numbers.update(zip(ids, numbers, strict=True))
        self._names.update(zip(numbers, ids, strict=True))
        if numbers.stop > len(self._num_points):
            self._num_points = np.resize(self._num_points, 2 * numbers.stop)
        self._num_points[numbers.start : numbers.stop] = counts
        self._next_number = numbers.stop

    def _find_near(self, points: Codes) -> NearCodes:
        """Find the codes that may vote for each point: a set free of chance.

        Among codes at one distance faiss keeps those it meets first. So one more than
        `neighbours` are asked for, and those nearer than it are taken. Where all are
        equally near (one picture under many ids), every code at that distance is.
        """
        use_one_thread()
        limit = self._voting.neighbours
        distances, ids = self._cells.search(points, limit + 1)
        is_full = ids[:, limit] >= 0
        is_near = (ids >= 0) & ~(is_full[:, None] & (distances >= distances[:, limit:]))
        rows, places = np.nonzero(is_near)
        found = [(rows, ids[rows, places], distances[rows, places])]
        tied = np.flatnonzero(is_full & (distances[:, 0] == distances[:, limit]))
        for distance in np.unique(distances[tied, 0]):
            same = tied[distances[tied, 0] == distance]
            ends, near, near_ids = self._cells.range_search(
                points[same], int(distance) + 1
            )
            found.append(
                (np.repeat(same, np.diff(ends.astype(np.int64))), near_ids, near)
            )
        point_rows, code_ids, bits = (
            np.concatenate(part).astype(np.int64) for part in zip(*found, strict=True)
        )
        return NearCodes(point_rows, code_ids >> POINT_BITS, bits)

    def _copy_cells(self) -> tuple[Int64s, Codes, Int64s]:
        lists = self._cells.invlists
        num_cells = len(self._centroids)
        sizes = np.array([lists.list_size(cell) for cell in range(num_cells)], np.int64)
        codes = np.empty((int(sizes.sum()), CODE_BYTES), np.uint8)
        code_ids = np.empty(len(codes), np.int64)
        end = 0
        for cell in np.flatnonzero(sizes).tolist():
            start, end = end, end + int(sizes[cell])
            num_bytes = (end - start) * CODE_BYTES
            cell_codes = faiss.rev_swig_ptr(lists.get_codes(cell), num_bytes)
            codes[start:end] = cell_codes.reshape(-1, CODE_BYTES)
            code_ids[start:end] = faiss.rev_swig_ptr(lists.get_ids(cell), end - start)
        return sizes, codes, code_ids

    def _take_cells(self, snapshot: Snapshot) -> None:
        """Fill an empty index; the cells are stored, so nothing is assigned anew."""
        num_cells = len(self._centroids)
        sizes = snapshot.array(CELL_SIZES, np.int64, (num_cells,))
        if sizes.min() < 0:
            raise corrupt(snapshot.path(CELL_SIZES), "sizes", "a negative number")
        num_codes = sum(sizes.tolist())
        codes = snapshot.array(CODES, np.uint8, (num_codes, CODE_BYTES))
        code_ids = snapshot.array(CODE_IDS, np.int64, (num_codes,))
        counts = _count_points(code_ids, snapshot)
        end = 0
        for cell, size in enumerate(sizes.tolist()):
            start, end = end, end + size
            if size:
                self._cells.invlists.add_entries(
                    cell,
                    size,
                    faiss.swig_ptr(code_ids[start:end]),
                    faiss.swig_ptr(codes[start:end]),
                )
        self._cells.ntotal = num_codes
        self._register(snapshot.ids, counts)


def check_codes(codes: Sequence[Codes]) -> list[int]:
    """Refuse what are no codes; return the number of points of each picture."""
    for part in codes:
        if part.ndim != 2 or part.shape[1] != CODE_BYTES or part.dtype != np.uint8:
            raise ValueError(
                f"expected codes of shape (p, {CODE_BYTES}) uint8, "
                f"not {part.shape} {part.dtype}"
            )
    return [len(part) for part in codes]


def _engine() -> str:
    """Name the engine; cells around other centroids would be searched in vain."""
    _, sha256 = read_centroids()
    return f"binary-cells-{sha256[:16]}"


def _number_codes(numbers: Int64s, counts: Int64s) -> Int64s:
    """Make the code ids of references: (sum of counts,)."""
    starts = np.cumsum(counts) - counts
    points = np.arange(counts.sum()) - np.repeat(starts, counts)
    code_ids: Int64s = (np.repeat(numbers, counts) << POINT_BITS) | points
    return code_ids


def _count_points(code_ids: Int64s, snapshot: Snapshot) -> list[int]:
    """Count each reference's codes, and refuse ids that do not fit together."""
    rows = code_ids >> POINT_BITS
    num_references = len(snapshot.ids)
    if len(rows) and not 0 <= rows.min() <= rows.max() < num_references:
        found = f"{rows.min()} to {rows.max()}"
        raise corrupt(
            snapshot.path(CODE_IDS), f"references below {num_references}", found
        )
    counts = np.bincount(rows, minlength=num_references)
    expected = _number_codes(np.arange(num_references), counts)
    if not np.array_equal(np.sort(code_ids), expected):
        found = "points missing or given twice"
        raise corrupt(snapshot.path(CODE_IDS), "each point of a reference once", found)
    numbers: list[int] = counts.tolist()
    return numbers

"""Learning the codes of many vectors anew, while they are searched and change."""

import threading
from collections.abc import Iterator

import numpy as np

from index.coded_vectors import CodedVectors
from index.coder import Coder
from index.read_write_lock import ReadWriteLock
from index.row_blocks import Rows
from index.sizing import Sizing
from index.vector_index import Vectors

_ROWS_AT_ONCE = 4096
_ROWS_BEHIND = 65_536
"""Rows that may have been added meanwhile when those after them are held up."""


def code_anew(
    coded: CodedVectors,
    sizing: Sizing,
    *,
    lock: ReadWriteLock,
    coding: threading.Lock,
) -> None:
    """Train for the rows there are, code them, and change over in one step.

    Given up when the process is about to end, which would otherwise wait for it.

    Args:
        coded: whose coder is replaced.
        sizing: how much to train with.
        lock: of the index.
        coding: held by whoever adds rows.
    """
    with lock.reading():
        alive = np.flatnonzero(coded.is_alive)
    num_lists = sizing.num_lists(len(alive))
    rows = sizing.sample(alive, num_lists)
    coder = Coder.train(
        np.concatenate([sample for _, sample in _gather(coded, rows, lock)]), num_lists
    )

    def code(start: int) -> int:
        with lock.reading():
            end = len(coded.rows)
            rows = start + np.flatnonzero(coded.is_alive[start:])
        for some, vectors in _gather(coded, rows, lock):
            if not threading.main_thread().is_alive():
                raise SystemExit
            coder.add(some, vectors)
        return end

    start, end = 0, code(0)
    while end - start > _ROWS_BEHIND:
        start, end = end, code(end)
    with coding:
        code(end)
        with lock.writing():
            coded.coder, coded.num_trained = coder, len(alive)


def _gather(
    coded: CodedVectors, rows: Rows, lock: ReadWriteLock
) -> Iterator[tuple[Rows, Vectors]]:
    """Read vectors in steps, between which others may change the index."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        with lock.reading():
            vectors = coded.rows.gather(some)
        yield some, vectors

"""Learning the codes of many vectors anew, while they are searched and change."""

import threading
from collections.abc import Iterator

import numpy as np

from index.coded_vectors import CodedVectors
from index.coder import Coder
from index.read_write_lock import ReadWriteLock
from index.row_blocks import Halves, Rows, widen
from index.sizing import Sizing

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

    Blocks of which most rows were removed are left behind, and what is left of them
    moves into new ones. Given up when the process is about to end, which would
    otherwise wait for it.

    Args:
        coded: whose rows and coder are replaced.
        sizing: how much to train with.
        lock: of the index.
        coding: held by whoever adds rows.
    """
    with lock.reading():
        alive = np.flatnonzero(coded.is_alive)
        rows, kept = coded.rows.without_removed(coded.is_alive)
    num_lists = sizing.num_lists(len(alive))
    chosen = sizing.sample(alive, num_lists)
    sample = np.concatenate([halves for _, halves in _gather(coded, chosen, lock)])
    coder = Coder.train(widen(sample), num_lists)
    sources = [kept]

    def move(old: Rows) -> None:
        for some, halves in _gather(coded, old, lock):
            with lock.reading():
                names = coded.rows.names(some.tolist())
            start = len(rows)
            rows.append(names, halves)
            coder.add(np.arange(start, len(rows)), widen(halves))
            sources.append(some)

    def move_since(start: int) -> int:
        with lock.reading():
            end = len(coded.rows)
            added = start + np.flatnonzero(coded.is_alive[start:])
        move(added)
        return end

    start = int(alive[-1]) + 1
    stays = np.zeros(start, np.bool_)
    stays[kept[kept < start]] = True
    stay = stays[alive]
    for some, halves in _gather(coded, alive[stay], lock):
        coder.add(np.searchsorted(kept, some), widen(halves))
    move(alive[~stay])
    end = move_since(start)
    while end - start > _ROWS_BEHIND:
        start, end = end, move_since(end)
    with coding:
        move_since(end)
        with lock.writing():
            coded.replace(rows, coder, np.concatenate(sources), num_trained=len(alive))


def _gather(
    coded: CodedVectors, rows: Rows, lock: ReadWriteLock
) -> Iterator[tuple[Rows, Halves]]:
    """Read vectors in steps, between which others may change the index."""
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        if not threading.main_thread().is_alive():
            raise SystemExit
        some = rows[start : start + _ROWS_AT_ONCE]
        with lock.reading():
            halves = coded.rows.gather(some)
        yield some, halves

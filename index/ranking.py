"""What the indexes share: checks of ids, and the order of hits."""

from collections import Counter
from collections.abc import Container, Sequence

import numpy as np
from numpy.typing import NDArray

from index.vector_index import Hit


def check_new_ids(ids: Sequence[str], num_rows: int) -> None:
    """Refuse ids that do not fit their rows or are given twice."""
    if isinstance(ids, str) or not all(isinstance(name, str) for name in ids):
        raise ValueError("expected a sequence of ids, each a str")
    if len(ids) != num_rows:
        raise ValueError(f"expected one row per id, not {len(ids)} and {num_rows}")
    if len(set(ids)) != len(ids):
        twice, _ = Counter(ids).most_common(1)[0]
        raise ValueError(f"id {twice!r} is given twice")


def check_absent(ids: Sequence[str], present: Container[str]) -> None:
    """Refuse an id that is in the index."""
    for name in ids:
        if name in present:
            raise ValueError(f"id {name!r} is in the index; remove it first")


def take_best(ids: Sequence[str], scores: NDArray[np.float32], k: int) -> list[Hit]:
    """Order by score, then by id, and keep k; give all that tie for the k-th place."""
    best = sorted(zip((-scores).tolist(), ids, strict=True))[:k]
    return [Hit(name, -score) for score, name in best]


def merge_hits(some: Sequence[Hit], others: Sequence[Hit], k: int) -> list[Hit]:
    """Keep the best k of both; equal scores are ordered by id."""
    return sorted([*some, *others], key=lambda hit: (-hit.score, hit.id))[:k]

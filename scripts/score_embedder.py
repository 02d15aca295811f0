"""Score an embedder alone on a folder of references, queries and truth.csv."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.embedder import RGB, Embedder

NUM_CANDIDATES = 10


def score_folder(embedder: Embedder, folder: Path) -> dict[str, float]:
    """Rank every reference for every query by the query's best region.

    Returns:
        `uap`, `accuracy_at_1` (over queries that have a reference), `recall_at_50`.
    """
    with (folder / "truth.csv").open(newline="") as file:
        truth = {row["query"]: row["reference"] for row in csv.DictReader(file)}
    names = sorted(path.name for path in (folder / "references").iterdir())
    references = embedder.embed([_read(folder / "references" / n) for n in names])
    queries = [_read(folder / "queries" / name) for name in truth]
    regions = embedder.embed_regions(queries)
    scores = np.einsum("qrd,nd->qrn", regions, references, optimize=True).max(axis=1)
    own = np.array([[n == truth[q] for n in names] for q in truth])
    has_own = own.any(axis=1)
    own_scores = np.where(own, scores, -2.0).max(axis=1, keepdims=True)
    num_not_worse = ((scores >= own_scores) & ~own).sum(axis=1)
    best = np.argsort(-scores, axis=1)[:, :NUM_CANDIDATES]
    rows = np.arange(len(scores))[:, None]
    return {
        "uap": average_precision(
            scores[rows, best], own[rows, best], int(has_own.sum())
        ),
        "accuracy_at_1": float((num_not_worse == 0)[has_own].mean()),
        "recall_at_50": float((num_not_worse < 50)[has_own].mean()),
    }


def average_precision(
    scores: NDArray[np.float32], is_right: NDArray[np.bool_], num_positives: int
) -> float:
    """Average the precision at each right candidate; equal scores count against us.

    Args:
        scores: of all candidates of all queries, any shape; up = more alike.
        is_right: same shape.
        num_positives: how many right candidates there could be.
    """
    order = np.lexsort((is_right.ravel(), -scores.ravel()))
    right = is_right.ravel()[order]
    precision = right.cumsum() / np.arange(1, right.size + 1)
    return float(precision[right].sum() / num_positives)


def _read(path: Path) -> RGB:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))

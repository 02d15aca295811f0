"""Score an embedder alone on a folder of references, queries and truth.csv."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.matching.metrics import RECALL_AT, micro_average_precision
from models.calibration import Calibration
from models.embedder import RGB, Embedder

NUM_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class EmbeddedSet:
    """References and queries of a set, embedded.

    Attributes:
        references: (n, d) whole pictures.
        queries: (q, regions, d).
        own: (q, n) whether the reference is the right answer.
    """

    references: NDArray[np.float32]
    queries: NDArray[np.float32]
    own: NDArray[np.bool_]

    def scores(self, calibration: Calibration | None) -> NDArray[np.float32]:
        """Compare by the query's best region: (q, n), up = more alike."""
        products = np.einsum(
            "qrd,nd->qrn", self.queries, self.references, optimize=True
        )
        if calibration is not None:
            num_queries, num_regions, dim = self.queries.shape
            offsets = calibration.offsets(self.queries.reshape(-1, dim))
            products -= offsets.reshape(num_queries, num_regions, 1)
        best: NDArray[np.float32] = products.max(axis=1)
        return best

    def figures(self, calibration: Calibration | None = None) -> dict[str, float]:
        """Rank every reference for every query; equal scores count against us.

        Returns:
            `uap`, `accuracy_at_1` and `recall_at_k`, the latter two over queries that
            have a reference.
        """
        scores, own = self.scores(calibration), self.own
        has_own = own.any(axis=1)
        own_scores = np.where(own, scores, -2.0).max(axis=1, keepdims=True)
        num_not_worse = ((scores >= own_scores) & ~own).sum(axis=1)[has_own]
        best = np.argsort(-scores, axis=1)[:, :NUM_CANDIDATES]
        rows = np.arange(len(scores))[:, None]
        return {
            "uap": micro_average_precision(
                scores[rows, best].ravel().astype(np.float64),
                own[rows, best].ravel(),
                int(own.sum()),
            ),
            "accuracy_at_1": float((num_not_worse == 0).mean()),
            **{f"recall_at_{k}": float((num_not_worse < k).mean()) for k in RECALL_AT},
        }


def score_folder(embedder: Embedder, folder: Path) -> dict[str, float]:
    """Rank every reference for every query; see `EmbeddedSet.figures`."""
    return embed_folder(embedder, folder).figures()


def embed_folder(embedder: Embedder, folder: Path) -> EmbeddedSet:
    """Embed a folder of references, queries and truth.csv."""
    truth: dict[str, set[str]] = {}
    with (folder / "truth.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            truth.setdefault(row["query"], set()).add(row["reference"])
    names = sorted(path.name for path in (folder / "references").iterdir())
    return EmbeddedSet(
        embedder.embed([_read(folder / "references" / n) for n in names]),
        embedder.embed_regions([_read(folder / "queries" / name) for name in truth]),
        np.array([[n in truth[q] for n in names] for q in truth]),
    )


def _read(path: Path) -> RGB:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))

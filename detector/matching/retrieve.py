"""Candidates for a query: references worth the cost of a closer look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detector.matching.describe import Query, embed_queries
from index.local_index import LocalIndex
from index.vector_index import Hit, VectorIndex
from models.embedder import Embedder, Vectors

VOTED = 50
"""References asked of each voting search."""

EMBEDDED = 50
"""References asked of each region's vector search, and let through by a gate: with
fewer asked of a region, the best fifty of all regions would not be complete."""

_EMBEDDED_PLACES = 5


class Kind(StrEnum):
    """What an embedder answers."""

    COPY = "copy"
    SEMANTIC = "semantic"


@dataclass(frozen=True, slots=True)
class Channel:
    """An embedder, the index of its vectors, and what kind of likeness they show."""

    embedder: Embedder
    index: VectorIndex
    kind: Kind

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """Find the references nearest to each query by its best region, best first.

        All queries are searched at once, which reads the index once for all.

        Args:
            queries: the pictures in question, at least one.
            k: references asked of each region; more may come back in all.

        Returns:
            For each query one hit for each reference; scores are normalized where the
            embedder is calibrated.
        """
        vectors = embed_queries(queries, self.embedder)
        offsets = self.offsets(vectors.reshape(-1, vectors.shape[2]))
        return self.nearest(vectors, offsets.reshape(vectors.shape[:2]), k)

    def offsets(self, vectors: Vectors) -> NDArray[np.float32]:
        """Say what normalization takes off each region's scores: (regions,) float32."""
        calibration = self.embedder.calibration
        if calibration is None:
            return np.zeros(len(vectors), np.float32)
        return calibration.offsets(vectors)

    def nearest(
        self, vectors: NDArray[np.float32], offsets: NDArray[np.float32], k: int
    ) -> list[list[Hit]]:
        """Find the references nearest to any region of each picture, as `search` does.

        Args:
            vectors: (n, regions, dim) float32, L2-normalized.
            offsets: (n, regions) float32, taken off the scores.
            k: references asked of each region.
        """
        found = self.index.search(vectors.reshape(-1, vectors.shape[2]), k)
        regions = vectors.shape[1]
        return [
            _best_of_regions(found[row * regions :][:regions], own)
            for row, own in enumerate(offsets)
        ]


def _best_of_regions(
    found: Sequence[Sequence[Hit]], offsets: NDArray[np.float32]
) -> list[Hit]:
    best: dict[str, float] = {}
    for hits, offset in zip(found, offsets.tolist(), strict=True):
        for hit in hits:
            score = hit.score - offset
            best[hit.id] = max(best.get(hit.id, score), score)
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return [Hit(name, score) for name, score in ranked]


_NO_SCORES = dict.fromkeys(Kind, 0.0)


@dataclass(slots=True)
class Candidate:
    """A reference that some channel returned.

    Attributes:
        reference_id: the id it was indexed under.
        votes: of the query's points, up = more alike; 0 if voting did not return it.
        mirrored_votes: the same for the query flipped left to right.
        scores: best of the query's regions, by kind of embedding: cosine, normalized
            where the embedder is calibrated; 0 if that did not return it.
    """

    reference_id: str
    votes: float = 0.0
    mirrored_votes: float = 0.0
    scores: dict[Kind, float] = field(default_factory=_NO_SCORES.copy)

    @property
    def best_votes(self) -> float:
        """Votes of the better orientation."""
        return max(self.votes, self.mirrored_votes)


def retrieve(
    queries: Sequence[Query],
    local_index: LocalIndex | None,
    channels: Sequence[Channel],
) -> list[list[Candidate]]:
    """Collect what the channels return for each query; order says nothing yet.

    Args:
        queries: the pictures in question, at least one.
        local_index: None where voting is off.
        channels: embedders and their indexes.
    """
    found: list[dict[str, Candidate]] = [{} for _ in queries]
    if local_index is not None and len(local_index):
        for query, known in zip(queries, found, strict=True):
            codes = [query.orb.descriptors, query.mirrored_orb.descriptors]
            upright, mirrored = local_index.search(codes, VOTED)
            for hit in upright:
                _candidate(known, hit.id).votes = hit.score
            for hit in mirrored:
                _candidate(known, hit.id).mirrored_votes = hit.score
    for channel in channels:
        nearest = channel.search(queries, EMBEDDED)
        for hits, known in zip(nearest, found, strict=True):
            for hit in hits:
                _candidate(known, hit.id).scores[channel.kind] = hit.score
    return [list(known.values()) for known in found]


def _candidate(known: dict[str, Candidate], reference_id: str) -> Candidate:
    return known.setdefault(reference_id, Candidate(reference_id))


def shortlist(candidates: Sequence[Candidate], num_best: int) -> list[Candidate]:
    """Choose whom to verify: the best by votes, then the best by each embedding.

    Each embedding adds a few, for pictures whose points say little: blurred, tiny, or
    other photos of the product.
    """
    by_votes = sorted(candidates, key=lambda c: (-c.best_votes, c.reference_id))
    chosen = {c.reference_id: c for c in by_votes[:num_best] if c.best_votes > 0}
    for kind in Kind:
        ranked = sorted(candidates, key=lambda c: (-c.scores[kind], c.reference_id))
        best = [c for c in ranked[:_EMBEDDED_PLACES] if c.scores[kind] > 0]
        chosen |= {c.reference_id: c for c in best}
    return list(chosen.values())


def gate(
    candidates: Sequence[Candidate], channels: Sequence[Channel]
) -> list[Candidate]:
    """Choose whom to verify where nothing votes: the best by each embedding.

    Those under the calibrated gate of an embedding are not worth it; where there is no
    such gate, the best are.
    """
    chosen: dict[str, Candidate] = {}
    for channel in channels:
        kind, calibration = channel.kind, channel.embedder.calibration
        lowest = calibration.gate if calibration is not None else 0.0
        ranked = sorted(candidates, key=lambda c: (-c.scores[kind], c.reference_id))
        best = ranked[:EMBEDDED]
        chosen |= {c.reference_id: c for c in best if c.scores[kind] > max(lowest, 0.0)}
    return list(chosen.values())

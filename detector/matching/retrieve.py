"""Candidates for a query: references worth the cost of a closer look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detector.matching.describe import Query
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

    def search(self, query: Query, k: int) -> list[Hit]:
        """Find the references nearest to the query by its best region, best first.

        Args:
            query: the picture in question.
            k: references asked of each region; more may come back in all.

        Returns:
            One hit for each reference; scores are normalized where the embedder is
            calibrated.
        """
        vectors = query.embedded(self.embedder)
        return self.nearest(vectors, self.offsets(vectors), k)

    def offsets(self, vectors: Vectors) -> NDArray[np.float32]:
        """Say what normalization takes off each region's scores: (regions,) float32."""
        calibration = self.embedder.calibration
        if calibration is None:
            return np.zeros(len(vectors), np.float32)
        return calibration.offsets(vectors)

    def nearest(
        self, vectors: Vectors, offsets: NDArray[np.float32], k: int
    ) -> list[Hit]:
        """Find the references nearest to any of a picture's regions, as `search` does.

        Args:
            vectors: (regions, dim) float32, L2-normalized.
            offsets: (regions,) float32, taken off the scores.
            k: references asked of each region.
        """
        best: dict[str, float] = {}
        for hits, offset in zip(self.index.search(vectors, k), offsets, strict=True):
            for hit in hits:
                score = hit.score - float(offset)
                best[hit.id] = max(best.get(hit.id, score), score)
        return [
            Hit(name, score)
            for name, score in sorted(
                best.items(), key=lambda item: (-item[1], item[0])
            )
        ]


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
    scores: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(Kind, 0.0))

    @property
    def best_votes(self) -> float:
        """Votes of the better orientation."""
        return max(self.votes, self.mirrored_votes)


def retrieve(
    query: Query, local_index: LocalIndex | None, channels: Sequence[Channel]
) -> list[Candidate]:
    """Collect what the channels return; order says nothing yet.

    Args:
        query: the picture in question.
        local_index: None where voting is off.
        channels: embedders and their indexes.
    """
    found: dict[str, Candidate] = {}

    def candidate(reference_id: str) -> Candidate:
        return found.setdefault(reference_id, Candidate(reference_id))

    if local_index is not None and len(local_index):
        codes = [query.orb.descriptors, query.mirrored_orb.descriptors]
        upright, mirrored = local_index.search(codes, VOTED)
        for hit in upright:
            candidate(hit.id).votes = hit.score
        for hit in mirrored:
            candidate(hit.id).mirrored_votes = hit.score
    for channel in channels:
        for hit in channel.search(query, EMBEDDED):
            candidate(hit.id).scores[channel.kind] = hit.score
    return list(found.values())


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

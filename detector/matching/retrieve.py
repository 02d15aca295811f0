"""Candidates for a query: references worth the cost of a closer look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from detector.matching.describe import Query
from index.local_index import LocalIndex
from index.vector_index import VectorIndex
from models.embedder import Embedder

VOTED = 50
"""References asked of each voting search."""

EMBEDDED = 20
"""References asked of each region's vector search."""


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


@dataclass(slots=True)
class Candidate:
    """A reference that some channel returned.

    Attributes:
        reference_id: the id it was indexed under.
        votes: of the query's points, up = more alike; 0 if voting did not return it.
        mirrored_votes: the same for the query flipped left to right.
        cosines: best of the query's regions, by kind of embedding; 0 if that did not
            return it.
    """

    reference_id: str
    votes: float = 0.0
    mirrored_votes: float = 0.0
    cosines: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(Kind, 0.0))

    @property
    def best_votes(self) -> float:
        """Votes of the better orientation."""
        return max(self.votes, self.mirrored_votes)


def retrieve(
    query: Query, local_index: LocalIndex, channels: Sequence[Channel]
) -> list[Candidate]:
    """Collect what the channels return; order says nothing yet."""
    found: dict[str, Candidate] = {}

    def candidate(reference_id: str) -> Candidate:
        return found.setdefault(reference_id, Candidate(reference_id))

    if len(local_index):
        codes = [query.orb.descriptors, query.mirrored_orb.descriptors]
        upright, mirrored = local_index.search(codes, VOTED)
        for hit in upright:
            candidate(hit.id).votes = hit.score
        for hit in mirrored:
            candidate(hit.id).mirrored_votes = hit.score
    for channel in channels:
        if not len(channel.index):
            continue
        vectors = channel.embedder.embed_regions([query.pixels])[0]
        for hits in channel.index.search(vectors, EMBEDDED):
            for hit in hits:
                each = candidate(hit.id)
                each.cosines[channel.kind] = max(each.cosines[channel.kind], hit.score)
    return list(found.values())


def shortlist(candidates: Sequence[Candidate], num_best: int) -> list[Candidate]:
    """Choose whom to verify: the best by votes, then the best by each embedding.

    Each embedding adds a few, for pictures whose points say little: blurred, tiny, or
    other photos of the product.
    """
    by_votes = sorted(candidates, key=lambda c: (-c.best_votes, c.reference_id))
    chosen = {c.reference_id: c for c in by_votes[:num_best] if c.best_votes > 0}
    for kind in Kind:
        ranked = sorted(candidates, key=lambda c: (-c.cosines[kind], c.reference_id))
        best = [c for c in ranked[:_EMBEDDED_PLACES] if c.cosines[kind] > 0]
        chosen |= {c.reference_id: c for c in best}
    return list(chosen.values())

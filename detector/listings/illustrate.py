"""Draws the matches that somebody should look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from detector.catalogue.features import Extractor
from detector.catalogue.references import Reference
from detector.errors import StoreFault
from detector.images import DecodedImage
from detector.listings.report_pictures import (
    EVIDENCE_PX,
    MatchPictures,
    as_webp,
    outlined,
)
from detector.matching.evidence import draw_evidence
from detector.matching.match import Match, MatchResult, Verdict
from detector.store.store import Store

MAX_DRAWN = 3
"""Matches drawn for one picture, which may show several products."""


@dataclass(frozen=True, slots=True)
class Illustrator:
    """Makes the pictures of a report while the query is still in memory.

    Attributes:
        store: has the references' files.
        extractor: decodes them.
        min_similarity: of a match that is drawn beside the best one.
    """

    store: Store
    extractor: Extractor
    min_similarity: float

    def draw(
        self,
        image: DecodedImage,
        result: MatchResult,
        references: Mapping[str, Reference],
    ) -> dict[str, MatchPictures]:
        """Draw a flagged picture's matches, by reference id; none if not flagged."""
        if result.verdict is Verdict.NO_MATCH:
            return {}
        chosen = [
            match
            for rank, match in enumerate(result.matches)
            if rank == 0 or match.similarity >= self.min_similarity
            if match.reference_id in references
        ]
        pictures = {}
        for match in chosen[:MAX_DRAWN]:
            digest = references[match.reference_id].image_sha256
            try:
                data = self.store.blobs.read(digest)
            except StoreFault:
                continue  # told by `doctor`; the match itself is as good without
            reference = self.extractor.decode(data)
            pictures[match.reference_id] = draw_match(image, reference, match)
        return pictures


def draw_match(
    query: DecodedImage, reference: DecodedImage, match: Match
) -> MatchPictures:
    """Draw one match: both pictures outlined, and the evidence."""
    query_size = (query.width, query.height)
    reference_size = (reference.width, reference.height)
    evidence = draw_evidence(
        query.pixels, query_size, reference.pixels, reference_size, match
    )
    return MatchPictures(
        query=outlined(query.pixels, query.width, match.query_region),
        reference=outlined(reference.pixels, reference.width, match.reference_region),
        evidence=as_webp(evidence, EVIDENCE_PX),
    )

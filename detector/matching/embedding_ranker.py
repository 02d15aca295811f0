"""Ranks references by an embedding alone: what retrieval has before it is verified."""

from collections.abc import Sequence

from detector.images import DecodedImage
from detector.matching.describe import Query
from detector.matching.match import Match, MatchResult, Relation, Verdict
from detector.matching.retrieve import Channel
from index.vector_index import Hit


class EmbeddingRanker:
    """Takes a matcher's place where an embedding is to be measured by itself."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def match_all(
        self, images: Sequence[DecodedImage], *, limit: int = 10
    ) -> list[MatchResult]:
        """Rank the references that are nearest to each picture's best region.

        Returns:
            Matches whose similarity is the embedding's score, normalized where it is
            calibrated, and as verdict what the calibrated thresholds make of the best.
        """
        if not images:
            return []
        queries = [Query(image.pixels, image.width, image.height) for image in images]
        found = self._channel.search(queries, limit)
        return [self._judge(hits[:limit]) for hits in found]

    def _judge(self, hits: Sequence[Hit]) -> MatchResult:
        calibration = self._channel.embedder.calibration
        best = hits[0].score if hits else -1.0
        if calibration is None or best < calibration.review:
            verdict = Verdict.NO_MATCH
        else:
            is_match = best >= calibration.match
            verdict = Verdict.MATCH if is_match else Verdict.REVIEW
        return MatchResult(tuple(_as_match(h.id, h.score) for h in hits), verdict)


def _as_match(reference_id: str, score: float) -> Match:
    return Match(
        reference_id=reference_id,
        similarity=score,
        likelihood=None,
        relation=Relation.LOOKALIKE,
        mirrored=False,
        num_inliers=0,
        query_region=None,
        reference_region=None,
        query_overlap=0.0,
        reference_overlap=0.0,
        homography=None,
        signals={},
    )

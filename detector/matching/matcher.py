"""Picture in, matches out: retrieve, verify, align, compare, score, judge."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.images import DecodedImage
from detector.matching.describe import Description, Query
from detector.matching.geometry import Matrix, outline, project
from detector.matching.inspect import glance, inspect_gated, inspect_voted
from detector.matching.match import Match, MatchResult, Quad, Relation, Verdict
from detector.matching.relation import relate
from detector.matching.retrieve import (
    Candidate,
    Channel,
    gate,
    retrieve,
    shortlist,
)
from detector.matching.rivals import with_rivals
from detector.matching.scoring import Scoring
from detector.matching.steps import Observe, Step, observe_nothing, timed
from detector.matching.verify import Inspection, Verification
from index.local_index import LocalIndex

_NUM_RETRIEVED = 64
_MIN_SIMILARITY = 0.5


class ReferenceSource(Protocol):
    """Where a matcher gets what was stored of a reference."""

    def descriptions(self, reference_ids: Sequence[str]) -> Mapping[str, Description]:
        """Load descriptions by id; ids that are gone are left out."""
        ...

    def codes(self, reference_ids: Sequence[str]) -> Mapping[str, NDArray[np.uint8]]:
        """Load the (p, 32) codes of their points alone: a fifth of a description."""
        ...


class Matcher:
    """Finds the references that a picture resembles.

    Safe to use from several threads, as far as its parts are.
    """

    def __init__(
        self,
        *,
        references: ReferenceSource,
        local_index: LocalIndex | None,
        channels: Sequence[Channel],
        scoring: Scoring,
        observe: Observe = observe_nothing,
    ) -> None:
        self._references = references
        self._local_index = local_index
        self._channels = channels
        self.scoring = scoring
        self._observe = observe

    def match(self, image: DecodedImage, *, limit: int = 10) -> MatchResult:
        """Match one picture against the index; see `match_all`."""
        return self.match_all([image], limit=limit)[0]

    def match_all(
        self,
        images: Sequence[DecodedImage],
        *,
        limit: int = 10,
        vectors: Sequence[Mapping[str, NDArray[np.float32]]] = (),
    ) -> list[MatchResult]:
        """Match pictures: embedded together, searched together, verified one by one.

        Args:
            images: decoded to `WORKING_PX`.
            limit: most matches to return of each; those below the thresholds are kept
                too.
            vectors: for each, what is known of its regions, by the embedder's weights'
                hash; none for any where nothing is.

        Returns:
            For each, matches, the most similar first, and the verdict over the best.
        """
        if not images:
            return []
        queries = [
            Query(image.pixels, image.width, image.height, known)
            for image, known in zip(images, vectors or [{}] * len(images), strict=True)
        ]
        with timed(self._observe, Step.RETRIEVE):
            chosen = self._retrieve(queries)
        return [
            self._judge_all(query, candidates, limit)
            for query, candidates in zip(queries, chosen, strict=True)
        ]

    def examine(self, query: Query) -> list[Verification]:
        """Retrieve candidates and verify those worth it; rivals are told apart."""
        return self._verify(query, self._retrieve([query])[0])

    def _judge_all(
        self, query: Query, chosen: Sequence[Candidate], limit: int
    ) -> MatchResult:
        with timed(self._observe, Step.VERIFY):
            verified = self._verify(query, chosen)
        with timed(self._observe, Step.SCORE):
            matches = [judge(query, each, self.scoring) for each in verified]
            matches.sort(key=lambda match: (-match.similarity, match.reference_id))
        verdict = conclude(
            matches,
            match_threshold=self.scoring.match_threshold,
            review_threshold=self.scoring.review_threshold,
        )
        return MatchResult(tuple(matches[:limit]), verdict)

    def _retrieve(self, queries: Sequence[Query]) -> list[list[Candidate]]:
        """Choose whom to verify, for each query."""
        found = retrieve(queries, self._local_index, self._channels)
        if self._local_index is not None:
            return [shortlist(each, _NUM_RETRIEVED) for each in found]
        gated = [gate(each, self._channels) for each in found]
        # Read at once for all queries: a trip to the database costs a millisecond.
        ids = {c.reference_id for each in gated for c in each}
        codes = self._references.codes(sorted(ids))
        return [
            glance(query, each, codes)
            for query, each in zip(queries, gated, strict=True)
        ]

    def _verify(self, query: Query, chosen: Sequence[Candidate]) -> list[Verification]:
        """Look closely at those that are worth it."""
        if not chosen:
            return []
        loaded = self._references.descriptions([c.reference_id for c in chosen])
        pool = [
            Inspection(query, c, loaded[c.reference_id])
            for c in chosen
            if c.reference_id in loaded
        ]
        is_voted = self._local_index is not None
        looks = inspect_voted(pool) if is_voted else inspect_gated(pool)
        return with_rivals(query, looks, loaded)


def conclude(
    matches: Sequence[Match], *, match_threshold: float, review_threshold: float
) -> Verdict:
    """Apply thresholds; a look-alike alone is never more than `review`."""
    best = max((match.similarity for match in matches), default=0.0)
    best_copy = max(
        (m.similarity for m in matches if m.relation is not Relation.LOOKALIKE),
        default=0.0,
    )
    if best_copy >= match_threshold:
        return Verdict.MATCH
    if best >= review_threshold:
        return Verdict.REVIEW
    return Verdict.NO_MATCH


def judge(query: Query, verification: Verification, scoring: Scoring) -> Match:
    """Turn what was measured of a candidate into a match."""
    signals = verification.signals()
    similarity = scoring.similarity(signals)
    # What is less likely than not the same thing is not called the same thing.
    is_alike = similarity >= _MIN_SIMILARITY
    placement, comparison = verification.placement, verification.comparison
    regions = _regions(query, verification)
    return Match(
        reference_id=verification.candidate.reference_id,
        similarity=similarity,
        likelihood=None,
        relation=relate(verification) if is_alike else Relation.LOOKALIKE,
        mirrored=verification.mirrored and placement is not None,
        num_inliers=placement.num_inliers if placement else 0,
        query_region=regions[0] if regions else None,
        reference_region=regions[1] if regions else None,
        query_overlap=comparison.query_overlap if comparison else 0.0,
        reference_overlap=comparison.reference_overlap if comparison else 0.0,
        homography=verification.homography,
        signals=signals,
    )


def _regions(query: Query, verification: Verification) -> tuple[Quad, Quad] | None:
    """Outline the part of the reference that the query shows, on both pictures."""
    matrix = verification.homography
    if matrix is None:
        return None
    width, height = verification.reference_size
    shown = _shown_box(matrix, (query.width, query.height), (width, height))
    on_query = project(matrix, shown)
    limit = np.array([query.width, query.height]) - 0.5
    on_query = np.clip(np.nan_to_num(on_query), -0.5, limit)
    return _as_quad(on_query), _as_quad(shown)


def _shown_box(
    matrix: Matrix, query_size: tuple[int, int], reference_size: tuple[int, int]
) -> Matrix:
    """Box of the reference's pixels that land inside the query: (4, 2) corners."""
    steps = (np.arange(48) + 0.5) / 48
    x, y = np.meshgrid(steps * reference_size[0], steps * reference_size[1])
    points = np.stack([x.ravel(), y.ravel()], axis=1) - 0.5
    landed = project(matrix, points)
    limit = np.array(query_size) - 0.5
    with np.errstate(invalid="ignore"):
        inside = ((landed >= -0.5) & (landed <= limit)).all(axis=1)
    if not inside.any():
        return np.array(outline(np.eye(3), reference_size))
    half = np.array(reference_size) / 48 / 2
    left, top = points[inside].min(axis=0) - half
    right, bottom = points[inside].max(axis=0) + half
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _as_quad(corners: Matrix) -> Quad:
    first, second, third, fourth = (
        (round(float(x), 1), round(float(y), 1)) for x, y in corners
    )
    return first, second, third, fourth

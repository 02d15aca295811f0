"""Which of a listing's pictures resemble which brand's, and how much."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detector.catalogue.references import Reference
from detector.listings.flags.lessons import Lessons
from detector.listings.pictures.result import PictureResult
from detector.matching.match import Match, Relation, Verdict
from detector.matching.matcher import conclude
from detector.store.listing_tables import ListingImageRow

WEIGHT = {Verdict.NO_MATCH: 0, Verdict.REVIEW: 1, Verdict.MATCH: 2}
KNOWN_FAKE = "known_fake"
COPIES = frozenset({Relation.SAME_PHOTO, Relation.EDITED_PHOTO})
"""Of a reference's photo itself, which say nothing about the goods."""


@dataclass(frozen=True, slots=True)
class FlagPolicy:
    """What turns matches into flags.

    Attributes:
        review_threshold: similarity from which a match counts, 0..1.
        match_threshold: similarity from which it is a `match`, 0..1.
        suppressed_sample: share of the suppressed flags that is shown, 0..1.
    """

    review_threshold: float
    match_threshold: float
    suppressed_sample: float

    def conclude(self, matches: Sequence[Match]) -> Verdict:
        """Apply the thresholds."""
        return conclude(
            matches,
            match_threshold=self.match_threshold,
            review_threshold=self.review_threshold,
        )


@dataclass(frozen=True, slots=True)
class Hit:
    """A picture of a listing that speaks for a flag.

    Attributes:
        position: in the listing.
        sha256: of the picture.
        verdict: over its matches with the brand.
        match: the best of them; None if it only is watched.
        reference: that it matches.
        likelihood: 0..1, that a reviewer confirms; None where not calibrated.
        is_watched: a picture of a listing that was taken down is the same.
    """

    position: int
    sha256: str
    verdict: Verdict
    match: Match | None
    reference: Reference | None
    likelihood: float | None
    is_watched: bool

    @property
    def strength(self) -> tuple[int, float]:
        """Order hits; the largest says most."""
        return WEIGHT[self.verdict], self.similarity or 0.0

    @property
    def similarity(self) -> float | None:
        """Of the match."""
        return None if self.match is None else round(self.match.similarity, 6)

    @property
    def relation(self) -> str | None:
        """Of the match."""
        return None if self.match is None else self.match.relation.value

    @property
    def is_known_fake(self) -> bool:
        """Whether it shows what the brand knows as a counterfeit."""
        return self.reference is not None and self.reference.role == KNOWN_FAKE

    def as_json(self) -> dict[str, object]:
        """Show it as flags and events do."""
        reference = self.reference
        return {
            "position": self.position,
            "sha256": self.sha256,
            "reference_id": None if reference is None else reference.id,
            "external_id": None if reference is None else reference.external_id,
            "similarity": self.similarity,
            "likelihood": self.likelihood,
            "relation": self.relation,
            "verdict": self.verdict.value,
            "is_watched": self.is_watched,
        }


def find_hits(
    images: Iterable[ListingImageRow],
    results: Mapping[str, PictureResult],
    *,
    watched: Mapping[str, Iterable[str]],
    lessons: Lessons,
    policy: FlagPolicy,
) -> dict[str, list[Hit]]:
    """List the pictures that speak for a flag, for each brand.

    Args:
        images: of the listing.
        results: of its pictures, by SHA-256.
        watched: SHA-256 of a picture → brands that watch it.
        lessons: what decisions have taught.
        policy: what counts.
    """
    hits: dict[str, list[Hit]] = defaultdict(list)
    for image in sorted(images, key=lambda image: image.position):
        result = results.get(image.sha256 or "")
        if result is None:
            continue
        brands = set(watched.get(result.sha256, ()))
        found = _matches_by_brand(result, policy.review_threshold, lessons)
        for brand_id in brands | found.keys():
            matches = found.get(brand_id, [])
            verdict = policy.conclude(matches)
            best = _best(matches, verdict)
            hits[brand_id].append(
                Hit(
                    position=image.position,
                    sha256=result.sha256,
                    verdict=Verdict.REVIEW if best is None else verdict,
                    match=best,
                    reference=(
                        None if best is None else result.references[best.reference_id]
                    ),
                    likelihood=(
                        None
                        if best is None
                        else lessons.likelihood(brand_id, best.similarity)
                    ),
                    is_watched=brand_id in brands,
                )
            )
    return dict(hits)


def _matches_by_brand(
    result: PictureResult, review_threshold: float, lessons: Lessons
) -> dict[str, list[Match]]:
    """Sort what counts by brand.

    References that are no longer searched, are held back, or were found not to be what
    the picture shows, count for none.
    """
    found: dict[str, list[Match]] = defaultdict(list)
    for match in result.matches:
        reference = result.references.get(match.reference_id)
        if (
            reference is not None
            and match.similarity >= review_threshold
            and not lessons.silence(result, match.reference_id)
        ):
            found[reference.brand_id].append(match)
    return found


def _best(matches: Sequence[Match], verdict: Verdict) -> Match | None:
    """Choose the match that carries the verdict; a look-alike carries no `match`."""
    if verdict is Verdict.MATCH:
        matches = [m for m in matches if m.relation is not Relation.LOOKALIKE]
    return max(matches, key=lambda m: m.similarity, default=None)

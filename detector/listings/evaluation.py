"""Measures matches against a truth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from detector.listings.scan import ScannedImage
from detector.listings.truth import Truth
from detector.matching.match import Match, Verdict
from detector.matching.metrics import (
    RECALL_AT,
    Metrics,
    Prediction,
    accuracy_at_1,
    evaluate_predictions,
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` prints.

    Attributes:
        metrics: over all queries.
        precision_of_match: share of the pictures with the verdict `match` whose best
            match is right; None if no picture has that verdict.
        recall_at: k → share of the queries with a reference that have it among the
            first k.
        accuracy_by_family: accuracy at 1 over the family's queries with a reference.
        num_queries: all of them.
        num_without_reference: those whose right answer is none.
        num_errors: queries and references that could not be read; they count as not
            found.
    """

    metrics: Metrics
    precision_of_match: float | None
    recall_at: dict[int, float]
    accuracy_by_family: dict[str, float]
    num_queries: int
    num_without_reference: int
    num_errors: int

    def to_json(self) -> dict[str, object]:
        """Turn into what `evaluate --json` prints."""
        return {
            **asdict(self.metrics),
            "precision_of_match": self.precision_of_match,
            "recall_at": {str(k): recall for k, recall in self.recall_at.items()},
            "accuracy_by_family": self.accuracy_by_family,
            "num_queries": self.num_queries,
            "num_without_reference": self.num_without_reference,
            "num_errors": self.num_errors,
        }


def evaluate_scan(
    truth: Truth, results: Sequence[ScannedImage], *, limit: int, num_skipped: int
) -> Evaluation:
    """Compare a scan with the truth.

    Args:
        truth: names queries as the results do, and references by external id.
        results: one per query.
        limit: matches of a query that count as predictions; further ones only show in
            `recall_at`.
        num_skipped: references that did not go into the catalogue.
    """
    predictions = [
        Prediction(
            scanned.image,
            scanned.references[match.reference_id].external_id,
            match.similarity,
        )
        for scanned in results
        if scanned.result is not None
        for match in scanned.result.matches[:limit]
    ]
    families = sorted(set(truth.families.values()))
    num_unreadable = sum(scanned.result is None for scanned in results)
    return Evaluation(
        metrics=evaluate_predictions(predictions, truth.references),
        precision_of_match=_precision_of_match(truth, results),
        recall_at=_recall_at(truth, results),
        accuracy_by_family={
            family: accuracy
            for family in families
            if (accuracy := _family_accuracy(family, truth, predictions)) is not None
        },
        num_queries=len(truth.references),
        num_without_reference=sum(not r for r in truth.references.values()),
        num_errors=num_unreadable + num_skipped,
    )


def _is_right(truth: Truth, scanned: ScannedImage, match: Match) -> bool:
    external_id = scanned.references[match.reference_id].external_id
    return external_id in truth.references[scanned.image]


def _precision_of_match(truth: Truth, results: Sequence[ScannedImage]) -> float | None:
    right = [
        _is_right(truth, scanned, scanned.result.matches[0])
        for scanned in results
        if scanned.result is not None and scanned.result.verdict is Verdict.MATCH
    ]
    return sum(right) / len(right) if right else None


def _recall_at(truth: Truth, results: Sequence[ScannedImage]) -> dict[int, float]:
    """Recall for as many of the usual k as matches were asked for."""
    ranks = []
    longest = 0
    for scanned in results:
        matches = scanned.result.matches if scanned.result is not None else ()
        longest = max(longest, len(matches))
        if truth.references[scanned.image]:
            right = (_is_right(truth, scanned, match) for match in matches)
            ranks.append(
                next((i for i, is_right in enumerate(right) if is_right), None)
            )
    if not ranks:
        return {}
    return {
        k: sum(rank is not None and rank < k for rank in ranks) / len(ranks)
        for k in RECALL_AT
        if k <= longest
    }


def _family_accuracy(
    family: str, truth: Truth, predictions: Sequence[Prediction]
) -> float | None:
    """Accuracy at 1 within a family; None if none of its queries has a reference."""
    names = {query for query, name in truth.families.items() if name == family}
    right = {query: truth.references[query] for query in names}
    if not any(right.values()):
        return None
    return accuracy_at_1([p for p in predictions if p.query in names], right)

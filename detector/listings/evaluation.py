"""Measures matches against a truth."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from detector.listings.scan import ScannedImage
from detector.listings.truth import Truth
from detector.matching.metrics import (
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
        accuracy_by_family: accuracy at 1 over the family's queries with a reference.
        num_queries: all of them.
        num_without_reference: those whose right answer is none.
        num_errors: queries and references that could not be read; they count as not
            found.
    """

    metrics: Metrics
    accuracy_by_family: dict[str, float]
    num_queries: int
    num_without_reference: int
    num_errors: int

    def to_json(self) -> dict[str, object]:
        """Turn into what `evaluate --json` prints."""
        return {
            **asdict(self.metrics),
            "accuracy_by_family": self.accuracy_by_family,
            "num_queries": self.num_queries,
            "num_without_reference": self.num_without_reference,
            "num_errors": self.num_errors,
        }


def evaluate_scan(
    truth: Truth, results: Sequence[ScannedImage], *, num_skipped: int
) -> Evaluation:
    """Compare a scan with the truth.

    Args:
        truth: names queries as the results do, and references by external id.
        results: one per query.
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
        for match in scanned.result.matches
    ]
    families = sorted(set(truth.families.values()))
    num_unreadable = sum(scanned.result is None for scanned in results)
    return Evaluation(
        metrics=evaluate_predictions(predictions, truth.references),
        accuracy_by_family={
            family: accuracy
            for family in families
            if (accuracy := _family_accuracy(family, truth, predictions)) is not None
        },
        num_queries=len(truth.references),
        num_without_reference=sum(not r for r in truth.references.values()),
        num_errors=num_unreadable + num_skipped,
    )


def _family_accuracy(
    family: str, truth: Truth, predictions: Sequence[Prediction]
) -> float | None:
    """Accuracy at 1 within a family; None if none of its queries has a reference."""
    names = {query for query, name in truth.families.items() if name == family}
    right = {query: truth.references[query] for query in names}
    if not any(right.values()):
        return None
    return accuracy_at_1([p for p in predictions if p.query in names], right)

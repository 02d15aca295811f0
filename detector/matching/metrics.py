"""How good a list of scored matches is, against the truth."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]

TARGET_PRECISION = 0.90
RECALL_AT = (1, 5, 10, 20, 50, 100)
"""How far down a list of candidates recall is told."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One claimed pair; score up = surer."""

    query: str
    reference: str
    score: float


@dataclass(frozen=True, slots=True)
class Metrics:
    """The field's figures for one evaluation (names as in SSCD, CVPR 2022).

    Attributes:
        uap: micro average precision over all pairs, 0..1.
        recall_at_p90: largest recall at a threshold with precision >= 0.90.
        threshold_at_p90: that threshold; None if none reaches the precision.
        accuracy_at_1: share of the queries with a reference whose best prediction
            is right.
    """

    uap: float
    recall_at_p90: float
    threshold_at_p90: float | None
    accuracy_at_1: float


def evaluate_predictions(
    predictions: Sequence[Prediction], truth: Mapping[str, Collection[str]]
) -> Metrics:
    """Compute all figures.

    Args:
        predictions: any number for each query, in any order; queries that the truth
            does not name are an error, and so is a pair given twice.
        truth: for every query the references that it shows; an empty collection
            means that none is in the catalogue.

    Raises:
        ValueError: an unknown query, a pair given twice, or a score that is NaN.
    """
    seen: set[tuple[str, str]] = set()
    for each in predictions:
        if each.query not in truth:
            raise ValueError(f"prediction for a query without truth: {each.query}")
        if (each.query, each.reference) in seen:
            raise ValueError(f"pair given twice: {each.query}, {each.reference}")
        if np.isnan(each.score):
            raise ValueError(f"score is NaN: {each.query}, {each.reference}")
        seen.add((each.query, each.reference))
    scores = np.array([each.score for each in predictions], dtype=np.float64)
    is_right = np.array([p.reference in truth[p.query] for p in predictions], bool)
    num_pairs = sum(len(set(references)) for references in truth.values())
    recall, threshold = recall_at_precision(
        scores, is_right, num_pairs, TARGET_PRECISION
    )
    return Metrics(
        uap=micro_average_precision(scores, is_right, num_pairs),
        recall_at_p90=recall,
        threshold_at_p90=threshold,
        accuracy_at_1=accuracy_at_1(predictions, truth),
    )


def micro_average_precision(scores: Scores, is_right: Flags, num_pairs: int) -> float:
    """Average the precision at each right pair, over all queries' pairs in one list.

    The µAP of the DISC21 challenge (Douze et al., 2021). Among equal scores the wrong
    pairs come first, so that ties cannot help.

    Args:
        scores: (n,) up = surer.
        is_right: (n,) whether the pair is true.
        num_pairs: number of true pairs, found or not.
    """
    if num_pairs == 0 or len(scores) == 0:
        return 0.0
    ordered = _order(scores, is_right)
    right_so_far = np.cumsum(ordered)
    precision = right_so_far / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].sum() / num_pairs)


def recall_at_precision(
    scores: Scores, is_right: Flags, num_pairs: int, precision: float
) -> tuple[float, float | None]:
    """Find the threshold of the largest recall whose precision is high enough.

    A threshold takes all pairs of an equal score or none.

    Returns:
        The recall (0 if no threshold qualifies) and the threshold, or None.
    """
    if num_pairs == 0 or len(scores) == 0:
        return 0.0, None
    order = np.argsort(-scores, kind="stable")
    right_so_far = np.cumsum(is_right[order])
    ordered = scores[order]
    is_last = np.r_[ordered[1:] != ordered[:-1], True]
    qualifies = is_last & (
        right_so_far >= precision * np.arange(1, len(scores) + 1) - 1e-9
    )
    if not qualifies.any() or right_so_far[qualifies].max() == 0:
        return 0.0, None
    # The fewest pairs that reach the recall: the highest such threshold.
    best = int(np.flatnonzero(qualifies)[right_so_far[qualifies].argmax()])
    return float(right_so_far[best] / num_pairs), float(ordered[best])


def accuracy_at_1(
    predictions: Sequence[Prediction], truth: Mapping[str, Collection[str]]
) -> float:
    """Share of the queries with a reference whose best prediction is right.

    A wrong reference with the same score as the right one makes it wrong.
    """
    asked = [query for query, references in truth.items() if references]
    if not asked:
        return 0.0
    best: dict[str, tuple[float, bool]] = {}
    for each in predictions:
        is_right = each.reference in truth[each.query]
        score, was_right = best.get(each.query, (-np.inf, True))
        if each.score > score:
            best[each.query] = (each.score, is_right)
        elif each.score == score:
            best[each.query] = (score, was_right and is_right)
    return sum(best.get(query, (0.0, False))[1] for query in asked) / len(asked)


def _order(scores: Scores, is_right: Flags) -> Flags:
    if np.isnan(scores).any():
        raise ValueError("a score is NaN")
    return is_right[np.lexsort((is_right, -scores))]

"""What thresholds of similarity would have done to cases that people decided."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.review.learning.examples import Example, read_examples
from detector.review.workflow import OPEN
from detector.store.case_tables import CaseRow

NUM_BINS = 20
MAX_POINTS = 200
MAX_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold would have done.

    Attributes:
        threshold: similarity from which a case would have been opened, 0..1.
        precision: share of the cases above it that were confirmed, 0..1.
        recall: share of the confirmed cases that lie above it, 0..1.
    """

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Decided cases of a range of similarity, its upper end not included but for 1."""

    lower: float
    upper: float
    num_confirmed: int
    num_dismissed: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change if no case were opened below a threshold.

    Attributes:
        threshold: the one that is tried.
        num_lost: confirmed cases that would not have been opened.
        num_spared: dismissed cases, likewise.
        num_open: cases that wait now, likewise.
        changed: the decided ones, the most similar first, the first of them.
    """

    threshold: float
    num_lost: int
    num_spared: int
    num_open: int
    changed: Sequence[Example]


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What was decided, by similarity.

    Only flagged listings become cases, so that recall is of these alone: what lay below
    the threshold all the time is in no case.
    """

    num_confirmed: int
    num_dismissed: int
    curve: Sequence[Point]
    histogram: Sequence[Bin]
    preview: Preview | None


def report_scores(
    session: Session, *, brand_id: str | None = None, threshold: float | None = None
) -> ScoreReport:
    """Lay out what was decided.

    Args:
        session: to read with.
        brand_id: of cases about this brand alone.
        threshold: to preview, 0..1.
    """
    examples = [
        each for each in read_examples(session) if brand_id in (None, each.brand_id)
    ]
    preview = None
    if threshold is not None:
        preview = _preview(session, examples, brand_id, threshold)
    num_confirmed = sum(each.is_confirmed for each in examples)
    return ScoreReport(
        num_confirmed=num_confirmed,
        num_dismissed=len(examples) - num_confirmed,
        curve=trace_curve(examples),
        histogram=count_bins(examples),
        preview=preview,
    )


def trace_curve(examples: Sequence[Example]) -> list[Point]:
    """Trace precision and recall over the similarities that there are.

    Returns:
        A point for each similarity, ties together, falling; thinned out to
        `MAX_POINTS`. Empty where nothing was confirmed.
    """
    scores = np.array([each.similarity for each in examples])
    hits = np.array([each.is_confirmed for each in examples], dtype=bool)
    if not hits.any():
        return []
    levels = np.unique(scores)[::-1]
    kept = np.unique(np.linspace(0, len(levels) - 1, MAX_POINTS).round().astype(int))
    points = []
    for level in levels[kept]:
        above = scores >= level
        points.append(
            Point(
                threshold=float(level),
                precision=float(hits[above].mean()),
                recall=float(hits[above].sum() / hits.sum()),
            )
        )
    return points


def count_bins(examples: Sequence[Example]) -> list[Bin]:
    """Count confirmed and dismissed cases in equal ranges of similarity."""
    edges = np.linspace(0, 1, NUM_BINS + 1)
    counts = [
        np.histogram([e.similarity for e in examples if e.is_confirmed is kind], edges)
        for kind in (True, False)
    ]
    return [
        Bin(float(lower), float(upper), int(confirmed), int(dismissed))
        for lower, upper, confirmed, dismissed in zip(
            edges, edges[1:], counts[0][0], counts[1][0], strict=False
        )
    ]


def _preview(
    session: Session,
    examples: Sequence[Example],
    brand_id: str | None,
    threshold: float,
) -> Preview:
    below = [each for each in examples if each.similarity < threshold]
    similarity = CaseRow.basis["similarity"].as_float()
    waiting = select(func.count()).where(CaseRow.state == OPEN, similarity < threshold)
    if brand_id is not None:
        waiting = waiting.where(CaseRow.brand_id == brand_id)
    num_lost = sum(each.is_confirmed for each in below)
    changed = sorted(below, key=lambda each: (-each.similarity, each.case_id))
    return Preview(
        threshold=threshold,
        num_lost=num_lost,
        num_spared=len(below) - num_lost,
        num_open=session.scalar(waiting) or 0,
        changed=changed[:MAX_CHANGES],
    )

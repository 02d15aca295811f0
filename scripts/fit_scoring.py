"""Fit the similarity: a logistic model over the signals of verified candidates.

Give one or more evaluation sets (references, queries, truth.csv). Each candidate that
the matcher verifies is one example, right or wrong. Prints cross-validated figures
(folds split by query), then fits on everything and writes `scoring.json`.
"""

import argparse
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.images import read_image_file
from detector.matching.describe import WORKING_PX, Description, Query, describe
from detector.matching.matcher import Matcher
from detector.matching.metrics import TARGET_PRECISION, Prediction, evaluate_predictions
from detector.matching.retrieve import Channel, Kind
from detector.matching.scoring import AGAINST, FOR, SCORING_FILE, TERMS, Scoring, terms
from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from models.registry import load_embedder

Matrix = NDArray[np.float64]
Described = tuple[bytes, NDArray[np.float32]]
RIDGE = 1.0
FOLDS = 5
REVIEW_PRECISION = 0.75
_UNFITTED = Scoring("none", 0.0, {}, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Example:
    """One verified candidate of one query."""

    query: str
    reference: str
    signals: dict[str, float]


class Memory:
    """References of an evaluation set, in memory."""

    def __init__(self, descriptions: Mapping[str, bytes]) -> None:
        self._descriptions = descriptions

    def descriptions(self, reference_ids: Sequence[str]) -> dict[str, Description]:
        """Unpack descriptions by id."""
        return {
            name: Description.from_bytes(self._descriptions[name])
            for name in reference_ids
        }

    def codes(self, reference_ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        """Give the codes of their points."""
        found = self.descriptions(reference_ids)
        return {name: description.votes for name, description in found.items()}


_matcher: Matcher | None = None


def describe_files(paths: Sequence[Path]) -> dict[str, Described]:
    """Describe and embed references as an import does."""
    embedder = load_embedder("compact")
    described = {}
    for path in paths:
        image = read_image_file(path, target_px=WORKING_PX)
        description = describe(image.pixels, image.width, image.height)
        vector = embedder.embed([image.pixels])[0]
        described[path.name] = (description.to_bytes(), vector)
    return described


def start_worker(described: Mapping[str, Described]) -> None:
    """Build the matcher of one process."""
    global _matcher
    descriptions = [Description.from_bytes(data) for data, _ in described.values()]
    local_index = LocalIndex()
    local_index.add(list(described), [each.votes for each in descriptions])
    embedder = load_embedder("compact")
    index = FaissIndex(embedder.dim)
    index.add(list(described), np.stack([vector for _, vector in described.values()]))
    _matcher = Matcher(
        references=Memory({name: data for name, (data, _) in described.items()}),
        local_index=local_index,
        channels=[Channel(embedder, index, Kind.COPY)],
        scoring=_UNFITTED,
    )


def examine_file(path: Path) -> list[Example]:
    """Collect the signals of a query's candidates."""
    assert _matcher is not None
    image = read_image_file(path, target_px=WORKING_PX)
    query = Query(image.pixels, image.width, image.height)
    return [
        Example(path.name, each.candidate.reference_id, each.signals())
        for each in _matcher.examine(query)
    ]


def collect(folder: Path, processes: int) -> list[Example]:
    """Examine every query of a set against its references."""
    context = get_context("spawn")
    references = sorted((folder / "references").iterdir())
    parts = [references[n::processes] for n in range(processes)]
    with context.Pool(processes) as pool:
        described = {
            name: each
            for part in pool.map(describe_files, parts)
            for name, each in part.items()
        }
    queries = sorted((folder / "queries").iterdir())
    with context.Pool(processes, start_worker, (described,)) as pool:
        found = pool.map(examine_file, queries, 4)
    return [example for examples in found for example in examples]


def read_truth(folder: Path) -> dict[str, set[str]]:
    """Read truth.csv: query → its references."""
    truth: dict[str, set[str]] = {}
    with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            references = truth.setdefault(row["query"], set())
            if row["reference"]:
                references.add(row["reference"])
    return truth


def fit_logistic(x: Matrix, y: Matrix, weight: Matrix) -> Matrix:
    """Fit by Newton's method with a ridge on all but the bias."""
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 1e-6  # the bias is the last column
    beta = np.zeros(x.shape[1])
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weight * (p - y)) + ridge * beta
        curvature = (x * (weight * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(beta)


def fit_signed(x: Matrix, y: Matrix, weight: Matrix) -> Matrix:
    """Fit with every weight on its own side of zero, else exactly zero.

    Backward elimination: the weight that is furthest on the wrong side goes first.
    """
    signs = np.array([1.0] * len(FOR) + [-1.0] * len(AGAINST) + [0.0])
    kept = np.ones(x.shape[1], dtype=bool)
    while True:
        beta = np.zeros(x.shape[1])
        beta[kept] = fit_logistic(x[:, kept], y, weight)
        wrong = np.where(signs * beta < 0, np.abs(beta), 0.0)
        if not wrong.any():
            return beta
        kept[wrong.argmax()] = False


def report(name: str, found: Sequence[Prediction], truth: dict[str, set[str]]) -> None:
    """Print the figures of one set."""
    metrics = evaluate_predictions(found, truth)
    print(
        f"{name:10s} uap {metrics.uap:.3f}  recall_at_p90 {metrics.recall_at_p90:.3f}"
        f"  threshold {metrics.threshold_at_p90 or 0:.3f}"
        f"  accuracy_at_1 {metrics.accuracy_at_1:.3f}"
    )


def main() -> int:
    """Collect, cross-validate, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--version", required=True, help="name of this fit")
    parser.add_argument("--processes", type=int, default=2, help="default: 2")
    parser.add_argument("--cache", type=Path, help="keep the signals in this folder")
    default = Path("detector/matching") / SCORING_FILE
    parser.add_argument("--out", type=Path, default=default, help=f"default: {default}")
    args = parser.parse_args()

    rows: list[tuple[int, Example, bool]] = []
    truths = []
    for number, folder in enumerate(args.sets):
        cache = args.cache / f"{folder.name}.json" if args.cache else None
        if cache and cache.exists():
            examples = [Example(**each) for each in json.loads(cache.read_text())]
        else:
            examples = collect(folder, args.processes)
            if cache:
                cache.parent.mkdir(parents=True, exist_ok=True)
                cache.write_text(json.dumps([asdict(each) for each in examples]))
        truth = read_truth(folder)
        truths.append(truth)
        rows += [(number, e, e.reference in truth[e.query]) for e in examples]

    x = np.array([[*terms(example.signals).values(), 1.0] for _, example, _ in rows])
    y = np.array([float(is_right) for _, _, is_right in rows])
    sets = np.array([number for number, _, _ in rows])
    # Every set weighs the same, however many queries it has.
    share = np.array([1 / (sets == number).sum() for number in range(len(args.sets))])
    weight = share[sets] * len(rows) / len(args.sets)
    names = sorted({(number, e.query) for number, e, _ in rows})
    fold_of = {name: i % FOLDS for i, name in enumerate(names)}
    folds = np.array([fold_of[number, e.query] for number, e, _ in rows])
    held_out = np.zeros(len(rows))
    for fold in range(FOLDS):
        seen = folds != fold
        held_out[~seen] = x[~seen] @ fit_signed(x[seen], y[seen], weight[seen])
    beta = fit_signed(x, y, weight)
    for label, scores in (("held out", held_out), ("fitted", x @ beta)):
        print(label)
        for number, folder in enumerate(args.sets):
            found = [
                Prediction(example.query, example.reference, float(score))
                for (n, example, _), score in zip(rows, scores, strict=True)
                if n == number
            ]
            report(folder.name, found, truths[number])

    probability = 1 / (1 + np.exp(-held_out))
    # The strictest set decides, so that the precision holds on each.
    match, review = (
        max(
            threshold_at(probability[sets == number], y[sets == number], precision)
            for number in range(len(args.sets))
        )
        for precision in (TARGET_PRECISION, REVIEW_PRECISION)
    )
    fitted = Scoring(
        version=args.version,
        bias=round(float(beta[-1]), 4),
        weights={n: round(float(b), 4) for n, b in zip(TERMS, beta[:-1], strict=True)},
        match_threshold=round(match, 3),
        review_threshold=round(review, 3),
    )
    args.out.write_text(json.dumps(asdict(fitted), indent=2) + "\n", encoding="utf-8")
    print(json.dumps(asdict(fitted), indent=2))
    return 0


def threshold_at(probability: Matrix, y: Matrix, precision: float) -> float:
    """Lowest threshold above which the best pairs keep the precision."""
    order = np.argsort(-probability, kind="stable")
    kept = np.cumsum(y[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(kept >= precision)
    return float(probability[order][good.max()]) if len(good) else 1.0


if __name__ == "__main__":
    sys.exit(main())

"""Calibrate a compact network: background for its scores, and thresholds.

    python -m scripts.calibrate_embedder --weights W --background PHOTOS --dev SET

Writes the calibration beside the weights; `models/calibration.py` says what is in it.
The background is drawn from photos of nobody's catalogue, the thresholds are measured
on a set of references, queries and truth.csv.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from detector.matching.metrics import recall_at_precision
from models.calibration import Calibration, save_calibration
from models.compact import SHIPPED, CompactEmbedder
from models.errors import ModelError
from models.training.photos import load_photos
from scripts.score_embedder import EmbeddedSet, embed_folder

BATCH = 256
MATCH_PRECISION = 0.9
REVIEW_PRECISION = 0.6


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--background", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--num", type=int, default=2048, help="background pictures")
    parser.add_argument("--weight", type=float, default=0.5)
    parser.add_argument("--neighbours", type=int, default=3)
    parser.add_argument(
        "--kept", type=float, default=0.995, help="share of the copies the gate keeps"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        calibration = calibrate(args)
    except (OSError, ValueError, ModelError) as error:
        sys.exit(f"calibrate_embedder: {error}")
    print(
        f"gate {calibration.gate:.3f}  match {calibration.match:.3f}  "
        f"review {calibration.review:.3f}"
    )


def calibrate(args: argparse.Namespace) -> Calibration:
    """Embed the background and the set, choose the thresholds, write the file."""
    # One that lies there may be of the weights that these replace.
    if not 1 <= args.neighbours <= args.num:
        raise ValueError(f"--neighbours must be in 1..{args.num}, the value of --num")
    embedder = CompactEmbedder(args.weights, is_calibrated=False)
    photos = load_photos(args.background)
    if len(photos) < args.neighbours:
        raise ValueError(f"{args.background}: fewer photos than --neighbours")
    rng = np.random.default_rng(args.seed)
    chosen = np.sort(rng.permutation(len(photos))[: args.num])
    background = np.concatenate(
        [
            embedder.embed([np.asarray(photos[int(i)]) for i in chosen[start:][:BATCH]])
            for start in range(0, len(chosen), BATCH)
        ]
    )
    # As the file will hold them.
    background = background.astype(np.float16).astype(np.float32)
    background /= np.linalg.norm(background, axis=1, keepdims=True)
    plain = Calibration(background, args.weight, args.neighbours, 0.0, 0.0, 0.0)
    dev = embed_folder(embedder, args.dev)
    for name, one in (("plain", None), ("normalized", plain)):
        figures = dev.figures(one)
        print(name, "  ".join(f"{k} {v:.3f}" for k, v in figures.items()))
    scores, own = dev.scores(plain), dev.own
    if not own.any():
        raise ValueError(f"{args.dev}: no query has a reference")
    review = _threshold(dev, scores, REVIEW_PRECISION)
    calibration = Calibration(
        background,
        args.weight,
        args.neighbours,
        gate=_round(min(float(np.quantile(scores[own], 1 - args.kept)), review)),
        match=_round(_threshold(dev, scores, MATCH_PRECISION)),
        review=_round(review),
    )
    save_calibration(args.weights, embedder.weights_hash, calibration)
    return calibration


def _threshold(dev: EmbeddedSet, scores: np.ndarray, precision: float) -> float:
    """Score from which the best match of each query has the precision."""
    best = scores.argmax(axis=1)
    rows = np.arange(len(scores))
    _, threshold = recall_at_precision(
        scores[rows, best].astype(np.float64),
        dev.own[rows, best],
        int(dev.own.any(axis=1).sum()),
        precision,
    )
    if threshold is None:
        raise ValueError(f"{precision:.0%} precision is reached at no threshold")
    return threshold


def _round(value: float) -> float:
    return round(float(value), 4)


if __name__ == "__main__":
    main()

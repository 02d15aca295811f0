"""How an embedder's inner products are to be read; ships beside its weights."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from models.errors import CorruptWeights
from models.weights_file import require_weights, write_hash

SUFFIX = ".calibration.safetensors"
FORMAT = "calibration/1"
_BACKGROUND = "background"
_NUMBERS = ("weight", "neighbours", "gate", "match", "review")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Score normalization, and the scores that thresholds were measured at.

    A score is an inner product less `weight` times the mean of the query's
    `neighbours` largest inner products with background pictures: a query that
    resembles everything resembles nothing in particular (score normalization as in
    SSCD, CVPR 2022, and the Image Similarity Challenge, 2021).

    Attributes:
        background: (n, dim) float32, L2-normalized, of pictures that nobody sells.
        weight: share of the background's likeness that is taken off.
        neighbours: background pictures that count, 1..n.
        gate: score under which nothing is worth a closer look.
        match: score from which the embedding alone has 90 % precision.
        review: score from which it has 60 %.
    """

    background: NDArray[np.float32]
    weight: float
    neighbours: int
    gate: float
    match: float
    review: float

    def offsets(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Work out what to take off the inner products of query vectors.

        Args:
            vectors: (n, dim) float32, L2-normalized.

        Returns:
            (n,) float32.
        """
        likeness = vectors @ self.background.T
        largest = np.partition(likeness, -self.neighbours, axis=1)
        means = largest[:, -self.neighbours :].mean(axis=1)
        return np.asarray(self.weight * means, dtype=np.float32)


def calibration_path(weights: Path) -> Path:
    """Name the file beside the weights."""
    return weights.with_suffix(SUFFIX)


def save_calibration(
    weights: Path, weights_hash: str, calibration: Calibration
) -> None:
    """Write the calibration of a weights file beside it, and its own hash."""
    metadata = {name: repr(getattr(calibration, name)) for name in _NUMBERS}
    metadata |= {"format": FORMAT, "weights_hash": weights_hash}
    # safetensors writes the bytes as they lie, so they must lie in the order of indices
    halves = calibration.background.astype(np.float16, "C")
    path = calibration_path(weights)
    path.write_bytes(save({_BACKGROUND: halves}, metadata))
    write_hash(path)


def load_calibration(
    weights: Path, weights_hash: str, *, remedy: str
) -> Calibration | None:
    """Read what lies beside a weights file; None if nothing does.

    Raises:
        CorruptWeights: damaged, or measured with other weights.
    """
    path = calibration_path(weights)
    if not path.is_file():
        return None
    require_weights(path, remedy=remedy)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                found = metadata.get("format", "something else")
                raise CorruptWeights(
                    f"{path}: expected {FORMAT}, found {found}. {remedy}"
                )
            if metadata["weights_hash"] != weights_hash:
                raise CorruptWeights(
                    f"{path}: measured with weights {metadata['weights_hash'][:12]}…, "
                    f"but {weights.name} is {weights_hash[:12]}…. Run "
                    "scripts/calibrate_embedder.py again, or delete the file."
                )
            rows = file.get_tensor(_BACKGROUND).astype(np.float32)
            numbers = {name: float(metadata[name]) for name in _NUMBERS}
    except (SafetensorError, KeyError, ValueError) as error:
        raise CorruptWeights(
            f"{path}: no calibration in it ({error}). {remedy}"
        ) from error
    lengths = np.linalg.norm(rows, axis=1, keepdims=True) if rows.ndim == 2 else rows
    # Written so that what is no number counts as wrong.
    is_sound = rows.ndim == 2 and len(rows) > 0 and bool((lengths > 0.5).all())
    is_sound = is_sound and all(abs(number) < np.inf for number in numbers.values())
    if not is_sound or not 1 <= numbers["neighbours"] <= len(rows):
        raise CorruptWeights(
            f"{path}: expected a background of vectors of length 1, as many as "
            f"`neighbours` at least, and numbers; found {rows.shape} and {numbers}. "
            f"{remedy}"
        )
    return Calibration(
        rows / lengths,
        numbers["weight"],
        int(numbers["neighbours"]),
        numbers["gate"],
        numbers["match"],
        numbers["review"],
    )

"""Small models with random weights, in the files that the real ones come in."""

from pathlib import Path

import numpy as np
import torch

from models.calibration import Calibration, save_calibration
from models.compact import save_weights
from models.compact_graph import Architecture
from models.training.network import CompactNetwork
from models.weights_file import sha256_of

TINY_COMPACT = Architecture(
    input_px=32, widths=(8, 16), blocks=(0, 1), pooled=(0, 1), dim=24
)


def write_compact_weights(
    path: Path, *, seed: int, is_calibrated: bool = False
) -> Path:
    """Write compact weights drawn from a seed, and perhaps a calibration."""
    torch.manual_seed(seed)
    save_weights(path, TINY_COMPACT, CompactNetwork(TINY_COMPACT).weights())
    if is_calibrated:
        background = np.random.default_rng(seed).normal(size=(8, TINY_COMPACT.dim))
        background /= np.linalg.norm(background, axis=1, keepdims=True)
        calibration = Calibration(
            background.astype(np.float32),
            weight=0.1,
            neighbours=2,
            gate=0.1,
            match=0.8,
            review=0.5,
        )
        save_calibration(path, sha256_of(path), calibration)
    return path

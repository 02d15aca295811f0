"""The calibration command on drawn photos: the file that it leaves, and its errors."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.calibration import Calibration, load_calibration, save_calibration
from models.compact import SHIPPED, CompactEmbedder
from models.errors import CorruptWeights
from models.weights_file import sha256_of


def calibrate(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.calibrate_embedder", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_calibration_replaces_one_of_other_weights(photos, dev, tmp_path):
    weights = tmp_path / "w.safetensors"
    shutil.copy(SHIPPED, weights)
    other = Calibration(np.eye(256, dtype=np.float32), 0.5, 3, 0.0, 0.0, 0.0)
    save_calibration(weights, "0" * 64, other)
    with pytest.raises(CorruptWeights, match="calibrate_embedder"):
        CompactEmbedder(weights)
    run = calibrate(
        *("--weights", weights, "--background", photos, "--dev", dev, "--num", 24)
    )
    assert run.returncode == 0, run.stderr
    assert "normalized uap" in run.stdout
    found = CompactEmbedder(weights).calibration
    assert found is not None
    assert found.background.shape == (24, 256)
    assert found.gate <= found.review <= found.match < 1
    again = load_calibration(weights, sha256_of(weights), remedy="-")
    assert again is not None
    assert f"match {again.match:.3f}" in run.stdout


def test_a_folder_without_photos_fails_with_one_line(dev, tmp_path: Path):
    weights = tmp_path / "w.safetensors"
    shutil.copy(SHIPPED, weights)
    empty = tmp_path / "empty"
    empty.mkdir()
    run = calibrate("--weights", weights, "--background", empty, "--dev", dev)
    assert run.returncode == 1
    assert run.stderr.startswith(f"calibrate_embedder: {empty}: no photos")
    assert len(run.stderr.splitlines()) == 1

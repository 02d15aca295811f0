"""The training command on drawn photos: files, resuming, errors, figures."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.registry import load_embedder
from models.training.loop import Recipe
from scripts.plot_progress import plot_progress
from scripts.score_embedder import EmbeddedSet
from scripts.train_compact import train

SIDE_PX = 32


def figures(out: Path) -> list[dict[str, float]]:
    lines = (out / "log.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "uap" in line]


def test_training_improves_the_figures_goes_on_and_exports(photos, dev, tmp_path):
    recipe = Recipe(batch_size=32)
    train(photos, tmp_path, recipe, minutes=0, dev=dev, input_px=SIDE_PX)
    train(photos, tmp_path, recipe, minutes=0.15, dev=dev, input_px=SIDE_PX)
    weights = train(photos, tmp_path, recipe, minutes=0.35, dev=dev, input_px=SIDE_PX)
    start, middle, end = figures(tmp_path)
    assert 0 == start["step"] < middle["step"] < end["step"]
    assert end["uap"] > start["uap"] + 0.1
    embedder = load_embedder(f"compact:{weights}")
    assert embedder.input_px == SIDE_PX
    with Image.open(tmp_path / "progress.png") as plot:
        assert np.asarray(plot.convert("L")).min() < 128


def test_a_folder_without_photos_fails_with_one_line(tmp_path):
    command = [sys.executable, "-m", "scripts.train_compact", "--data", str(tmp_path)]
    run = subprocess.run(
        [*command, "--out", str(tmp_path / "run")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith(f"train_compact: {tmp_path}: no photos")
    assert len(run.stderr.splitlines()) == 1


def test_figures_count_ties_against_the_right_reference():
    axes = np.eye(3, dtype=np.float32)
    queries = np.stack([axes[0], (axes[1] + axes[2]) / np.float32(np.sqrt(2))])[:, None]
    own = np.array([[True, False, False], [False, True, False]])
    found = EmbeddedSet(axes, queries, own).figures()
    # The second query is as near to a wrong reference: rank 2, and right as third pair.
    assert found["uap"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["accuracy_at_1"] == found["recall_at_1"] == 0.5
    assert found["recall_at_5"] == 1.0


def test_a_log_that_ends_in_half_a_line_is_drawn_as_far_as_it_goes(tmp_path):
    log_file, out = tmp_path / "log.jsonl", tmp_path / "progress.png"
    whole = '{"minutes": 1, "loss": 4.0}\n{"minutes": 2, "loss": 2.0}\n'
    log_file.write_text(whole)
    plot_progress(log_file, out)
    expected = out.read_bytes()
    log_file.write_text(whole + '{"minutes": 3, "lo')
    plot_progress(log_file, out)
    assert out.read_bytes() == expected

"""Drawn photos to train on, and a drawn set to measure on."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.training.edits import compress
from tests.models.training.test_edits import draw_photo


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(80):
        draw_photo(rng, (80, 64)).save(folder / f"{i:03}.png")
    return folder


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 references; a cropped, mirrored, compressed copy of every second one."""
    folder = tmp_path_factory.mktemp("dev")
    rng = np.random.default_rng(1)
    rows = []
    for kind in ("references", "queries"):
        (folder / kind).mkdir()
    for i in range(40):
        photo = draw_photo(rng, (80, 64))
        copy = photo.crop((16, 10, 80, 64)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if i % 2:
            photo = draw_photo(rng, (80, 64))
        photo.save(folder / "references" / f"r{i:03}.png")
        compress(copy, 30).save(folder / "queries" / f"q{i:03}.png")
        rows.append((f"q{i:03}.png", "" if i % 2 else f"r{i:03}.png"))
    with (folder / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("query", "reference"), *rows])
    return folder

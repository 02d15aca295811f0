"""The measurements of the vector index, at a size that takes seconds."""

import json

import numpy as np
import pytest

from scripts.benchmarks import index_sizes
from scripts.benchmarks.index_vectors import Clusters, LikeReal
from tests.index.drawn_codes import draw_vectors


@pytest.mark.parametrize("flags", [[], ["--flat"]])
def test_every_figure_is_measured_and_written(flags, tmp_path, capsys):
    real = tmp_path / "real.npy"
    np.save(real, draw_vectors(300, index_sizes.DIM, 0))
    out = tmp_path / "figures.json"
    options = f"--rows 2000 --embeddings {real} --folder {tmp_path} --out {out}"
    index_sizes.main([*options.split(), *flags])
    report = json.loads(out.read_text())
    [figures] = report["results"]
    assert figures["num_rows"] == 2_000
    assert figures["recall_at_10"] == figures["recall_at_50"] == 1
    assert figures["num_coded"] == 0
    assert all(value >= 0 for value in figures.values())
    table = capsys.readouterr().out
    assert all(name in table for name in figures)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["figures.json", "real.npy"]


@pytest.mark.parametrize("kind", ["like real", "clusters"])
def test_vectors_are_drawn_in_the_same_way_and_have_length_1(kind):
    real = draw_vectors(200, 64, 0)
    source = LikeReal(real) if kind == "like real" else Clusters(64)
    drawn = source.draw(500, seed=3)
    assert drawn.dtype == np.float32
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(np.ones(500), abs=1e-5)
    assert np.array_equal(drawn, source.draw(500, seed=3))
    assert not np.array_equal(drawn, source.draw(500, seed=4))


def test_vectors_like_real_ones_lie_near_them():
    real = draw_vectors(200, 64, 0)
    drawn = LikeReal(real).draw(500, seed=3)
    far = draw_vectors(500, 64, 9)
    assert np.median((drawn @ real.T).max(axis=1)) > np.median(
        (far @ real.T).max(axis=1)
    )

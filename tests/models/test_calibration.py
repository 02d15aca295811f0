"""Calibration: what normalization takes off, and a file that fits its weights."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.calibration import (
    Calibration,
    calibration_path,
    load_calibration,
    save_calibration,
)
from models.compact import SHIPPED, CompactEmbedder, load_weights, save_weights
from models.errors import CorruptWeights
from models.weights_file import sha256_of

Rows = NDArray[np.float32]
HASH = "a" * 64


def unit_rows(rng: np.random.Generator, num: int, dim: int = 16) -> Rows:
    rows: Rows = rng.normal(size=(num, dim)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def calibration(num: int = 40) -> Calibration:
    background = unit_rows(np.random.default_rng(0), num)
    return Calibration(background, 0.5, 3, gate=0.125, match=0.75, review=0.5)


def saved(tmp_path: Path) -> Path:
    weights = tmp_path / "w.safetensors"
    save_calibration(weights, HASH, calibration())
    return weights


def test_offsets_are_a_share_of_the_mean_of_the_nearest_background():
    one = calibration()
    vectors = unit_rows(np.random.default_rng(1), 7)
    likeness = np.sort(vectors @ one.background.T, axis=1)
    expected = 0.5 * likeness[:, -3:].mean(axis=1)
    assert one.offsets(vectors) == pytest.approx(expected, abs=1e-6)
    assert one.offsets(vectors).dtype == np.float32


def test_what_resembles_the_background_loses_more_than_what_does_not():
    one = calibration()
    typical, odd = one.background[:1], unit_rows(np.random.default_rng(2), 1)
    assert one.offsets(typical)[0] > one.offsets(odd)[0]


def test_a_saved_calibration_is_read_back(tmp_path):
    found = load_calibration(saved(tmp_path), HASH, remedy="-")
    assert found is not None
    expected = calibration()
    assert found.background == pytest.approx(expected.background, abs=1e-3)
    assert np.linalg.norm(found.background, axis=1) == pytest.approx(1.0, abs=1e-6)
    for name in ("weight", "neighbours", "gate", "match", "review"):
        assert getattr(found, name) == getattr(expected, name)


def test_weights_without_a_calibration_have_none(tmp_path):
    assert load_calibration(tmp_path / "w.safetensors", HASH, remedy="-") is None


def test_a_calibration_of_other_weights_is_refused(tmp_path):
    with pytest.raises(CorruptWeights, match="measured with weights a"):
        load_calibration(saved(tmp_path), "b" * 64, remedy="-")


@pytest.mark.parametrize("keep_hash", [True, False])
def test_a_damaged_calibration_is_refused(tmp_path, keep_hash):
    weights = saved(tmp_path)
    path = calibration_path(weights)
    path.write_bytes(path.read_bytes()[:-40])
    if not keep_hash:
        path.with_name(path.name + ".sha256").unlink()
    with pytest.raises(CorruptWeights, match=path.name):
        load_calibration(weights, HASH, remedy="-")


def test_foreign_tensors_are_no_calibration(tmp_path):
    weights = tmp_path / "w.safetensors"
    calibration_path(weights).write_bytes(SHIPPED.read_bytes())
    with pytest.raises(CorruptWeights, match="expected calibration/1, found compact/1"):
        load_calibration(weights, HASH, remedy="-")


def test_the_shipped_weights_are_calibrated():
    found = CompactEmbedder().calibration
    assert found is not None
    assert found.background.shape[1] == 256
    assert -1 < found.gate < found.review < found.match < 1


@pytest.mark.parametrize(
    "change",
    [
        {"background": np.zeros((40, 16), np.float32)},
        {"background": np.full((40, 16), np.nan, np.float32)},
        {"neighbours": 41},
        {"neighbours": 0},
        {"gate": float("nan")},
        {"weight": float("inf")},
    ],
)
def test_a_calibration_of_nonsense_is_refused(tmp_path, change):
    weights = tmp_path / "w.safetensors"
    save_calibration(weights, HASH, replace(calibration(), **change))
    with pytest.raises(CorruptWeights, match="expected a background"):
        load_calibration(weights, HASH, remedy="-")


def test_a_background_of_another_length_is_refused(tmp_path):
    weights = tmp_path / "w.safetensors"
    shutil.copy(SHIPPED, weights)
    save_calibration(weights, sha256_of(weights), calibration())
    with pytest.raises(CorruptWeights, match="vectors of 16 values"):
        CompactEmbedder(weights)


def test_an_empty_hash_file_is_refused(tmp_path):
    weights = saved(tmp_path)
    path = calibration_path(weights)
    path.with_name(path.name + ".sha256").write_text("")
    with pytest.raises(CorruptWeights, match="says nothing"):
        load_calibration(weights, HASH, remedy="-")


def test_arrays_that_do_not_fit_the_architecture_are_refused(tmp_path):
    weights = tmp_path / "w.safetensors"
    architecture, arrays = load_weights(SHIPPED, remedy="-")
    arrays["project.weight"] = arrays["project.weight"][:, :-3]
    save_weights(weights, architecture, arrays)
    with pytest.raises(CorruptWeights, match="do not fit"):
        CompactEmbedder(weights)

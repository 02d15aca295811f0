"""The losses, against their definitions."""

import numpy as np
import pytest
import torch

from models.training.loss import info_nce, koleo, region_similarity


def unit_vectors(*shape: int, seed: int = 0) -> torch.Tensor:
    vectors = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return torch.from_numpy(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def test_similarity_is_that_of_the_best_region():
    copies, originals = unit_vectors(4, 3, 8), unit_vectors(5, 8, seed=1)
    similarity = region_similarity(copies, originals)
    for i in range(4):
        for j in range(5):
            best = max(float(copies[i, r] @ originals[j]) for r in range(3))
            assert similarity[i, j].item() == pytest.approx(best, abs=1e-6)


def test_info_nce_is_the_mean_log_share_of_the_own_column():
    similarity = unit_vectors(3, 6) @ unit_vectors(5, 6, seed=1).T
    expected = 0.0
    for i in range(3):
        shares = np.exp(similarity[i].numpy() / 0.1)
        expected -= np.log(shares[i] / shares.sum()) / 3
    found = info_nce(similarity, temperature=0.1).item()
    assert found == pytest.approx(expected, rel=1e-5)


def test_koleo_falls_as_vectors_spread():
    center = unit_vectors(1, 16)
    crowded = torch.nn.functional.normalize(center + 0.1 * unit_vectors(20, 16), dim=1)
    assert koleo(unit_vectors(20, 16)) < koleo(crowded)


def test_koleo_is_the_mean_log_distance_to_the_nearest():
    vectors = unit_vectors(6, 4)
    expected = 0.0
    for i in range(6):
        nearest = max(
            (j for j in range(6) if j != i),
            key=lambda j: float(vectors[i] @ vectors[j]),
        )
        expected -= np.log(float((vectors[i] - vectors[nearest]).norm())) / 6
    assert koleo(vectors).item() == pytest.approx(expected, rel=1e-4)


def test_koleo_has_a_finite_slope_for_equal_vectors():
    vectors = unit_vectors(1, 8).repeat(4, 1).requires_grad_()
    torch.autograd.backward(koleo(vectors))
    assert vectors.grad is not None
    assert torch.isfinite(vectors.grad).all()

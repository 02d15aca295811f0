"""Votes among few references, against the index of all."""

import numpy as np
import pytest

from index.local_index import LocalIndex
from index.local_votes import vote_among
from index.voting import Voting


def noisy(rng: np.random.Generator, codes: np.ndarray, share: float) -> np.ndarray:
    flipped = np.packbits(rng.random((len(codes), 256)) < share, axis=1)
    return np.asarray(codes ^ flipped)


@pytest.fixture
def references() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (num, 32), dtype=np.uint8) for num in (80, 200, 50)]


def test_the_reference_whose_points_are_shown_gets_the_most_votes(references):
    rng = np.random.default_rng(1)
    for own, codes in enumerate(references):
        votes = vote_among(noisy(rng, codes[:40], 0.05), references)
        assert int(np.argmax(votes)) == own
        assert votes[own] > 5 * sorted(votes)[-2]


def test_votes_are_those_of_an_index_that_looks_everywhere(references):
    rng = np.random.default_rng(2)
    points = noisy(rng, np.concatenate([codes[:20] for codes in references]), 0.1)
    everywhere = Voting(num_probes=10**6)
    index = LocalIndex(everywhere)
    index.add(["0", "1", "2"], references)
    ((*hits,),) = index.search([points], 3)
    found = vote_among(points, references, everywhere)
    for hit in hits:
        # The index drops neighbours that tie with the next one: hardly any.
        assert found[int(hit.id)] == pytest.approx(hit.score, rel=0.05)


@pytest.mark.parametrize("num_points", [0, 3])
def test_without_codes_there_are_no_votes(num_points):
    points = np.zeros((num_points, 32), np.uint8)
    nothing = np.zeros((0, 32), np.uint8)
    assert vote_among(points, []) == []
    assert vote_among(points, [nothing, nothing]) == [0.0, 0.0]


def test_one_code_in_all_is_enough():
    code = np.full((1, 32), 7, np.uint8)
    assert vote_among(code, [code]) == [1.0]

"""The similarity: its terms, its direction, and the file it is read from."""

import json
import math
from importlib.resources import files

import pytest

from detector.matching.scoring import AGAINST, FOR, SCORING_FILE, TERMS, Scoring, terms

GOOD = {
    "votes": 0.4,
    "copy_embedding": 0.9,
    "semantic_embedding": 0.0,
    "num_pairs": 90.0,
    "num_inliers": 60.0,
    "inlier_ratio": 0.7,
    "inlier_quality": 20.0,
    "rival_inliers": 30.0,
    "advantage": 0.2,
    "query_overlap": 0.8,
    "reference_overlap": 0.9,
    "structure": 0.8,
    "agreement": 0.8,
    "core_agreement": 0.8,
    "mismatch_blob": 0.05,
    "detail": 0.6,
    "kept_detail": 0.7,
    "color_shift": 5.0,
    "color_residual": 1.0,
    "hue_turn": 0.05,
    "sharpness_px": 176.0,
    "textured": 0.5,
}
STEPS = {
    "advantage": 0.1,
    "num_inliers": 4.0,
    "reference_overlap": 0.1,
    "core_agreement": 0.1,
    "kept_detail": 0.1,
    "color_residual": 3.0,
    "rival_inliers": 20.0,
}
DOWN = {"color_residual", "rival_inliers"}


def only(**weights: float) -> Scoring:
    """A scoring that looks at a few terms alone."""
    return Scoring("few", 0.0, dict.fromkeys(TERMS, 0.0) | weights, 0.5, 0.4)


@pytest.mark.parametrize("signals", [{}, GOOD])
def test_terms_come_in_their_named_order_and_are_numbers(signals):
    found = terms(signals)
    assert tuple(found) == TERMS
    assert all(math.isfinite(value) for value in found.values())


def test_terms_are_of_the_order_of_one():
    assert all(abs(value) <= 5 for value in terms(GOOD).values())
    wild = GOOD | {"color_shift": 1e6, "color_residual": 1e6, "num_inliers": 1e5}
    assert all(abs(value) < 20 for value in terms(wild).values())


def test_similarity_is_the_logistic_of_the_weighted_terms():
    weights = {name: 0.3 * i - 1.0 for i, name in enumerate(TERMS)}
    for signals in ({}, GOOD):
        score = sum(weights[t] * value for t, value in terms(signals).items())
        expected = 1 / (1 + math.exp(-score))
        assert only(**weights).similarity(signals) == pytest.approx(expected)
    assert only().similarity(GOOD) == 0.5


@pytest.mark.parametrize("weight", [-1e9, -50.0, 0.0, 50.0, 1e9])
def test_similarity_stays_between_0_and_1(weight):
    for signals in ({}, GOOD):
        assert (
            0.0 <= only(inliers=weight, few_inliers=weight).similarity(signals) <= 1.0
        )


@pytest.mark.parametrize("name", STEPS)
def test_more_for_a_pair_never_lowers_and_more_against_never_raises(name):
    steps = [GOOD | {name: i * STEPS[name]} for i in range(11)]
    found = [Scoring.load().similarity(signals) for signals in steps]
    assert found == sorted(found, reverse=name in DOWN)
    assert found[0] != found[-1]


def test_a_policy_keeps_what_judges_a_match_again():
    assert only().as_policy() == {
        "version": "few",
        "match_threshold": 0.5,
        "review_threshold": 0.4,
    }


def test_the_shipped_fit_has_every_term_and_ordered_thresholds():
    text = files("detector.matching").joinpath(SCORING_FILE).read_text("utf-8")
    scoring = Scoring.load()
    assert set(scoring.weights) == set(TERMS)
    assert min(scoring.weights[name] for name in FOR) >= 0
    assert max(scoring.weights[name] for name in AGAINST) <= 0
    assert 0 < scoring.review_threshold <= scoring.match_threshold < 1
    assert scoring.version == json.loads(text)["version"]


def test_the_shipped_fit_tells_a_copy_from_a_stranger():
    scoring = Scoring.load()
    assert scoring.similarity(GOOD) > scoring.match_threshold
    assert scoring.similarity({"votes": 0.05}) < scoring.review_threshold

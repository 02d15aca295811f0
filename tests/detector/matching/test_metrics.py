"""Figures against their definitions in plain loops, on data full of ties."""

from fractions import Fraction

import numpy as np
import pytest

from detector.matching.metrics import (
    Prediction,
    accuracy_at_1,
    evaluate_predictions,
    micro_average_precision,
    recall_at_precision,
)


def random_case(seed: int) -> tuple[list[Prediction], dict[str, set[str]]]:
    """Few distinct scores, hence many ties; some queries have no reference."""
    rng = np.random.default_rng(seed)
    references = [f"r{i}" for i in range(int(rng.integers(1, 8)))]
    queries = [f"q{i}" for i in range(int(rng.integers(1, 12)))]
    truth = {
        query: {r for r in references if rng.random() < 0.25}
        if rng.random() < 0.7
        else set()
        for query in queries
    }
    num_levels = int(rng.integers(1, 8))
    predictions = [
        Prediction(query, reference, float(rng.integers(num_levels)) / 4 - 0.5)
        for query in queries
        for reference in references
        if rng.random() < 0.6
    ]
    return [predictions[i] for i in rng.permutation(len(predictions))], truth


def uap_in_a_loop(predictions, truth) -> float:
    num_pairs = sum(len(references) for references in truth.values())
    pessimistic = sorted(
        predictions, key=lambda p: (-p.score, p.reference in truth[p.query])
    )
    total, num_right = 0.0, 0
    for rank, each in enumerate(pessimistic, start=1):
        if each.reference in truth[each.query]:
            num_right += 1
            total += num_right / rank
    return total / num_pairs if num_pairs else 0.0


def recall_in_a_loop(predictions, truth, precision: Fraction):
    num_pairs = sum(len(references) for references in truth.values())
    best, best_threshold = Fraction(0), None
    for threshold in sorted({p.score for p in predictions}, reverse=True):
        taken = [p for p in predictions if p.score >= threshold]
        num_right = sum(p.reference in truth[p.query] for p in taken)
        if num_pairs and Fraction(num_right, len(taken)) >= precision:
            recall = Fraction(num_right, num_pairs)
            if recall > best:
                best, best_threshold = recall, threshold
    return float(best), best_threshold


def accuracy_in_a_loop(predictions, truth) -> float:
    asked = [query for query, references in truth.items() if references]
    num_right = 0
    for query in asked:
        own = [p for p in predictions if p.query == query]
        top = max((p.score for p in own), default=None)
        best = [p for p in own if p.score == top]
        num_right += bool(best) and all(p.reference in truth[query] for p in best)
    return num_right / len(asked) if asked else 0.0


@pytest.mark.parametrize("block", range(10))
def test_every_figure_is_what_its_definition_gives(block):
    for seed in range(block * 40, block * 40 + 40):
        predictions, truth = random_case(seed)
        found = evaluate_predictions(predictions, truth)
        recall, threshold = recall_in_a_loop(predictions, truth, Fraction(9, 10))
        assert found.uap == pytest.approx(uap_in_a_loop(predictions, truth))
        assert found.recall_at_p90 == pytest.approx(recall)
        assert found.threshold_at_p90 == threshold
        assert found.accuracy_at_1 == accuracy_in_a_loop(predictions, truth)


@pytest.mark.parametrize("tenths", [1, 5, 7, 9, 10])
def test_recall_holds_for_any_precision(tenths):
    for seed in range(60):
        predictions, truth = random_case(seed)
        scores = np.array([p.score for p in predictions])
        is_right = np.array([p.reference in truth[p.query] for p in predictions], bool)
        num_pairs = sum(len(references) for references in truth.values())
        recall, threshold = recall_at_precision(
            scores, is_right, num_pairs, tenths / 10
        )
        expected = recall_in_a_loop(predictions, truth, Fraction(tenths, 10))
        assert (pytest.approx(recall), threshold) == expected


def test_figures_do_not_depend_on_the_order_of_the_predictions():
    for seed in range(30):
        predictions, truth = random_case(seed)
        assert evaluate_predictions(predictions, truth) == evaluate_predictions(
            predictions[::-1], truth
        )


def test_a_tie_never_helps():
    truth = {"q": {"right"}}
    tied = [Prediction("q", "right", 0.5), Prediction("q", "wrong", 0.5)]
    for predictions in (tied, tied[::-1]):
        figures = evaluate_predictions(predictions, truth)
        assert figures.uap == 0.5
        assert figures.recall_at_p90 == 0.0
        assert figures.threshold_at_p90 is None
        assert figures.accuracy_at_1 == 0.0


def test_raising_the_score_of_a_right_pair_never_lowers_a_figure():
    for seed in range(60):
        predictions, truth = random_case(seed)
        before = evaluate_predictions(predictions, truth)
        for i, each in enumerate(predictions):
            if each.reference not in truth[each.query]:
                continue
            raised = list(predictions)
            raised[i] = Prediction(each.query, each.reference, each.score + 0.3)
            after = evaluate_predictions(raised, truth)
            assert after.uap >= before.uap - 1e-12
            assert after.accuracy_at_1 >= before.accuracy_at_1


def test_a_perfect_list_is_perfect():
    truth = {"a": {"x"}, "b": {"y"}, "c": set[str]()}
    predictions = [
        Prediction("a", "x", 0.9),
        Prediction("b", "y", 0.8),
        Prediction("c", "x", 0.1),
    ]
    figures = evaluate_predictions(predictions, truth)
    assert (figures.uap, figures.recall_at_p90, figures.accuracy_at_1) == (1, 1, 1)
    assert figures.threshold_at_p90 == 0.8


def test_nothing_predicted_and_nothing_to_find_are_zero():
    for truth in ({"q": {"r"}}, {"q": set[str]()}, {}):
        figures = evaluate_predictions([], truth)
        assert (figures.uap, figures.recall_at_p90, figures.accuracy_at_1) == (0, 0, 0)
        assert figures.threshold_at_p90 is None
    nothing = np.zeros(0), np.zeros(0, bool)
    assert micro_average_precision(*nothing, 3) == 0.0
    assert accuracy_at_1([], {}) == 0.0


def test_a_pair_given_twice_is_refused():
    twice = [Prediction("q", "r", 0.4), Prediction("q", "r", 0.6)]
    with pytest.raises(ValueError, match="twice: q, r"):
        evaluate_predictions(twice, {"q": {"r"}})


def test_a_query_without_truth_is_refused():
    with pytest.raises(ValueError, match="without truth: other"):
        evaluate_predictions([Prediction("other", "r", 0.4)], {"q": {"r"}})


@pytest.mark.parametrize("truth", [{"q": {"r"}}, {"q": set[str]()}])
def test_a_score_that_is_no_number_is_refused(truth):
    with pytest.raises(ValueError, match="NaN"):
        evaluate_predictions([Prediction("q", "r", float("nan"))], truth)


def test_endless_scores_are_tied_like_others():
    truth = {"q": {"right"}}
    tied = [
        Prediction("q", "right", float("inf")),
        Prediction("q", "wrong", float("inf")),
    ]
    figures = evaluate_predictions(tied, truth)
    assert (figures.uap, figures.recall_at_p90) == (0.5, 0.0)

import pytest

from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.self_test import choose_sample, judge_result
from detector.matching.match import Match, MatchResult, Relation, Verdict

PICTURES = [
    OwnPicture(f"ref_{i:02}", f"{99 - i}.png", None, str(i), 9, 9, 1) for i in range(20)
]


def result(verdict: Verdict, first: str = "ref_a") -> MatchResult:
    match = Match(
        first, 0.9, None, Relation.EDITED_PHOTO, False, 9, None, None, 1, 1, None, {}
    )
    return MatchResult((match,), verdict)


@pytest.mark.parametrize(
    ("verdict", "first", "outcome"),
    [
        (Verdict.MATCH, "ref_a", "match"),
        (Verdict.MATCH, "ref_same", "match"),
        (Verdict.REVIEW, "ref_a", "review"),
        (Verdict.MATCH, "ref_theirs", "wrong"),
        (Verdict.REVIEW, "ref_theirs", "wrong"),
        (Verdict.NO_MATCH, "ref_a", "missed"),
        (Verdict.NO_MATCH, "ref_theirs", "missed"),
    ],
)
def test_only_the_right_reference_in_the_first_place_counts(verdict, first, outcome):
    assert judge_result(result(verdict, first), {"ref_a", "ref_same"}) == outcome


def test_a_search_that_returns_nothing_has_missed():
    assert judge_result(MatchResult((), Verdict.NO_MATCH), {"ref_a"}) == "missed"


def test_the_sample_depends_on_the_seed_and_not_on_the_order():
    chosen = choose_sample(PICTURES, 5, seed=0)
    assert len(set(chosen)) == 5
    assert choose_sample(PICTURES[::-1], 5, seed=0) == chosen
    assert choose_sample(PICTURES, 5, seed=1) != chosen
    assert choose_sample(PICTURES, 99, seed=0) == PICTURES
    assert choose_sample(PICTURES, 0, seed=0) == []

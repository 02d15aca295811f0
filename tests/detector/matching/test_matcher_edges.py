"""The matcher at its edges: nothing to see, nothing to find, limits, order."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from detector.matching.describe import Query
from detector.matching.match import Match, MatchResult, Verdict
from detector.matching.scoring import TERMS, Scoring
from tests.detector.matching.products import (
    SCORING,
    InMemory,
    build_matcher,
    decoded,
    described,
    draw_product,
    find,
    match,
    white,
)
from tests.detector.matching.seller_edits import EDITS, collage, framed


@pytest.mark.parametrize(
    "blank", [white(), white(1, 1), white(1, 2000), white(2000, 1), white(3, 900)]
)
def test_a_picture_without_points_matches_nothing(matcher, blank):
    assert match(matcher, blank) == MatchResult((), Verdict.NO_MATCH)


def test_an_empty_index_matches_nothing():
    empty = build_matcher({})
    result = match(empty, draw_product("shoes"))
    assert result == MatchResult((), Verdict.NO_MATCH)


def test_a_reference_without_points_is_no_obstacle(references):
    blanks = {f"blank-{i}": described(white(90 + i, 60)) for i in range(2)}
    result = match(build_matcher(references | blanks), draw_product("shoes"))
    assert result.matches[0].reference_id == "shoes-0"
    assert not any(m.reference_id in blanks for m in result.matches)


def test_a_reference_that_is_gone_from_the_store_is_left_out(references):
    left = {name: each for name, each in references.items() if name != "bags-0"}
    matcher = build_matcher(references, source=InMemory(left))
    result = match(matcher, draw_product("bags"))
    assert find(result, "bags-0") is None
    nothing = build_matcher(references, source=InMemory({}))
    result = match(nothing, draw_product("bags"))
    assert result == MatchResult((), Verdict.NO_MATCH)


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_a_limit_keeps_the_best(matcher, limit):
    picture = decoded(draw_product("boxes", 1))
    everything = matcher.match(picture, limit=100)
    result = matcher.match(picture, limit=limit)
    names = [m.reference_id for m in everything.matches]
    assert [m.reference_id for m in result.matches] == names[:limit]
    assert result.verdict is everything.verdict
    assert len(set(names)) == len(names)


def test_matches_come_best_first_and_equals_by_id(references):
    twins = {name: references["bags-0"] for name in ("b", "c", "a")}
    matcher = build_matcher(references | twins)
    result = match(matcher, draw_product("bags"))
    keys = [(-m.similarity, m.reference_id) for m in result.matches]
    assert keys == sorted(keys)
    names = [m.reference_id for m in result.matches[:4]]
    assert names == ["a", "b", "bags-0", "c"]
    assert len({m.similarity for m in result.matches[:4]}) == 1


def test_the_order_in_which_references_came_does_not_matter(references):
    backwards = dict(reversed(references.items()))
    for kind in ("shoes", "boxes"):
        shown = framed(draw_product(kind))
        first, second = (
            match(build_matcher(each), shown) for each in (references, backwards)
        )
        assert [facts_of(m) for m in first.matches] == [
            facts_of(m) for m in second.matches
        ]


def facts_of(found: Match) -> tuple[object, ...]:
    """Everything about a match that can be compared by ==."""
    return (
        found.reference_id,
        found.similarity,
        found.relation,
        found.mirrored,
        found.query_region,
        found.reference_region,
        found.signals,
        None if found.homography is None else found.homography.tolist(),
    )


def test_two_threads_find_what_one_finds(matcher):
    pictures = [
        decoded(EDITS[edit](draw_product(kind)))
        for kind in ("shoes", "bottles")
        for edit in ("frame", "mirror", "crop")
    ]
    alone = [matcher.match(each) for each in pictures]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(matcher.match, pictures * 2))
    for one, two in zip(alone * 2, together, strict=True):
        assert one.verdict is two.verdict
        assert [facts_of(m) for m in one.matches] == [facts_of(m) for m in two.matches]


def test_every_match_is_in_bounds_and_explained(matcher):
    for image in (collage(draw_product("bags")), draw_product("shoes", 3)):
        picture = decoded(image)
        for found in matcher.match(picture).matches:
            assert 0 <= found.similarity <= 1
            assert 0 <= found.query_overlap <= 1
            assert 0 <= found.reference_overlap <= 1
            assert found.likelihood is None
            assert found.similarity == SCORING.similarity(found.signals)
            assert (found.query_region is None) == (found.homography is None)
            if found.query_region is None:
                assert found.num_inliers == 0
                assert not found.mirrored
                continue
            assert found.num_inliers >= 4
            corners = np.array(found.query_region)
            assert (corners >= -0.5).all()
            assert (corners <= np.array([picture.width, picture.height]) - 0.5).all()


@pytest.mark.parametrize(
    ("bias", "verdict"),
    [(9.0, Verdict.MATCH), (0.0, Verdict.REVIEW), (-9.0, Verdict.NO_MATCH)],
)
def test_the_verdict_is_what_the_thresholds_make_of_the_best(references, bias, verdict):
    level = Scoring("level", bias, dict.fromkeys(TERMS, 0.0), 0.8, 0.5)
    result = match(build_matcher(references, scoring=level), draw_product("bags"))
    assert result.verdict is verdict
    assert result.matches


def test_what_is_examined_covers_the_candidates_once(matcher):
    picture = decoded(draw_product("boxes"))
    looks = matcher.examine(Query(picture.pixels, picture.width, picture.height))
    names = [look.candidate.reference_id for look in looks]
    assert "boxes-0" in names
    assert len(set(names)) == len(names)

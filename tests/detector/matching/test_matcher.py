"""The whole flow: each edit finds its reference, siblings and strangers do not."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from detector.matching.describe import Query
from detector.matching.match import Match, MatchResult, Relation, Verdict
from detector.matching.matcher import Matcher
from detector.matching.scoring import TERMS, Scoring
from scripts.demo import edits
from scripts.demo.household import household_photo
from tests.detector.matching.products import (
    CATALOGUE,
    SCORING,
    SIDE_PX,
    InMemory,
    box_quad,
    build_matcher,
    decoded,
    described,
    draw_product,
    iou,
    name_of,
    white,
)
from tests.drawing import draw_scene

PHOTOS = {Relation.SAME_PHOTO, Relation.EDITED_PHOTO}


def by_demo(name: str, seed: int = 0):
    """An edit of the demo's sellers."""
    return lambda image: edits.EDITS[name](image, np.random.default_rng(seed))


def filtered(image: Image.Image) -> Image.Image:
    out = ImageEnhance.Brightness(image).enhance(0.85)
    return ImageEnhance.Color(ImageEnhance.Contrast(out).enhance(1.15)).enhance(0.7)


def framed(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, 45, (200, 30, 60))


def shrunk(image: Image.Image) -> Image.Image:
    return edits.EDITS["low_quality"](image, np.random.default_rng(0))


def collage(image: Image.Image) -> Image.Image:
    others = [draw_product("watches", 3), household_photo(np.random.default_rng(1))]
    return edits.collage([image, *others], np.random.default_rng(0))


EDITS = {
    "resave": lambda image: image,
    "crop": by_demo("crop"),
    "frame": framed,
    "caption": by_demo("caption"),
    "mirror": ImageOps.mirror,
    "recolor": filtered,
    "screenshot": by_demo("screenshot"),
    "collage": collage,
    "occlusion": by_demo("occlusion"),
    "rotation": lambda image: image.rotate(
        14, Image.Resampling.BICUBIC, expand=True, fillcolor=(40, 44, 48)
    ),
    "perspective": by_demo("rotation", 5),
    "low quality": shrunk,
    "mirror and caption": lambda image: by_demo("caption")(ImageOps.mirror(image)),
}
MIRRORED = {"mirror", "mirror and caption"}


@pytest.fixture(scope="module")
def references():
    return {name_of(*each): described(draw_product(*each)) for each in CATALOGUE}


@pytest.fixture(scope="module")
def matcher(references) -> Matcher:
    return build_matcher(references)


def match(matcher: Matcher, image: Image.Image, *, quality: int = 82) -> MatchResult:
    return matcher.match(decoded(image, format="JPEG", quality=quality))


def find(result: MatchResult, name: str) -> Match | None:
    return next((m for m in result.matches if m.reference_id == name), None)


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kind", ["shoes", "boxes", "shirts"])
def test_an_edited_copy_finds_its_reference(matcher, kind, edit):
    quality = 30 if edit == "low quality" else 82
    result = match(matcher, EDITS[edit](draw_product(kind)), quality=quality)
    best = result.matches[0]
    assert best.reference_id == name_of(kind)
    assert best.similarity > SCORING.review_threshold
    assert result.verdict in (Verdict.MATCH, Verdict.REVIEW)
    # The rim of a bright sticker may read as other colours of the product.
    allowed = PHOTOS | ({Relation.SAME_PRODUCT} if edit == "occlusion" else set())
    assert best.relation in allowed
    assert best.mirrored == (edit in MIRRORED)
    if edit in MIRRORED | {"crop", "frame", "screenshot", "collage"}:
        assert best.relation is Relation.EDITED_PHOTO


@pytest.mark.parametrize("angle", [-170, -90, -30, 8, 45, 90, 180])
def test_a_turned_copy_is_found_whatever_the_angle(matcher, angle):
    turned = draw_product("boxes").rotate(
        angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(230, 228, 224)
    )
    best = match(matcher, turned).matches[0]
    assert best.reference_id == "boxes-0"
    assert best.relation in PHOTOS
    assert not best.mirrored


@pytest.mark.parametrize(
    ("kind", "colorway"),
    [("shirts", 2), ("shirts", 3), ("bottles", 2), ("bottles", 3), ("bags", 3)],
)
def test_a_sibling_of_another_color_is_not_the_photo(matcher, kind, colorway):
    own = match(matcher, draw_product(kind)).matches[0]
    result = match(matcher, draw_product(kind, 0, colorway))
    sibling = find(result, name_of(kind))
    assert not any(m.relation in PHOTOS for m in result.matches)
    assert sibling is None or sibling.similarity < own.similarity


def test_a_darker_sibling_of_the_same_hue_is_not_the_same_photo(matcher):
    result = match(matcher, draw_product("bags", 0, 2))
    assert not any(m.relation is Relation.SAME_PHOTO for m in result.matches)


@pytest.mark.parametrize(
    "stranger",
    [
        draw_product("bags", 3),
        draw_product("shirts", 4),
        draw_scene(500, 400, seed=5),
        household_photo(np.random.default_rng(0)),
        household_photo(np.random.default_rng(3)),
    ],
    ids=["bag", "shirt", "scene", "household", "another household"],
)
def test_a_product_that_is_not_in_the_catalogue_matches_nothing(matcher, stranger):
    result = match(matcher, stranger)
    assert result.verdict is not Verdict.MATCH
    assert not any(m.relation in PHOTOS for m in result.matches)
    assert all(m.similarity < SCORING.match_threshold for m in result.matches)


@pytest.mark.parametrize(
    ("left", "right"), [("shoes", "boxes"), ("bags", "shirts"), ("bottles", "shoes")]
)
def test_a_photo_of_two_products_matches_both_where_they_are(matcher, left, right):
    page = Image.new("RGB", (1020, 560), (250, 246, 238))
    page.paste(draw_product(left), (20, 40))
    page.paste(draw_product(right), (520, 40))
    result = match(matcher, page)
    names = {m.reference_id for m in result.matches[:2]}
    assert names == {name_of(left), name_of(right)}
    for kind, x in ((left, 20), (right, 520)):
        found = find(result, name_of(kind))
        assert found is not None
        assert found.similarity > SCORING.review_threshold
        assert found.relation in PHOTOS
        pasted = box_quad(x, 40, x + SIDE_PX, 40 + SIDE_PX)
        assert iou(found.query_region, pasted, page.size) > 0.9
        assert found.query_overlap == pytest.approx(SIDE_PX**2 / (1020 * 560), abs=0.03)


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize(
    ("px", "at"), [(480, (300, 80)), (300, (60, 200)), (240, (500, 30))]
)
def test_the_region_is_where_the_reference_was_pasted(matcher, px, at, is_mirrored):
    page = Image.new("RGB", (900, 640), (232, 236, 240))
    shown = draw_product("boxes").resize((px, px), Image.Resampling.LANCZOS)
    page.paste(ImageOps.mirror(shown) if is_mirrored else shown, at)
    best = match(matcher, page).matches[0]
    assert best.reference_id == "boxes-0"
    assert best.mirrored == is_mirrored
    pasted = box_quad(at[0], at[1], at[0] + px, at[1] + px)
    assert iou(best.query_region, pasted, page.size) > 0.9
    assert best.query_overlap == pytest.approx(px * px / (900 * 640), abs=0.03)
    assert best.reference_overlap > 0.95


def test_the_region_of_a_turned_copy_is_turned_too(matcher):
    product = draw_product("shoes")
    turned = product.rotate(
        20, Image.Resampling.BICUBIC, expand=True, fillcolor=(236, 236, 232)
    )
    best = match(matcher, turned).matches[0]
    radians = np.deg2rad(-20)
    turn = np.array(
        [[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]]
    )
    corners = np.array(box_quad(0, 0, SIDE_PX, SIDE_PX)) - SIDE_PX / 2
    expected = corners @ turn.T + np.array(turned.size) / 2
    first, second, third, fourth = ((float(x), float(y)) for x, y in expected)
    quad = (first, second, third, fourth)
    assert iou(best.query_region, quad, turned.size) > 0.8


def test_a_crop_says_which_part_of_the_reference_it_shows(matcher):
    box = (60, 120, 400, 420)
    best = match(matcher, draw_product("boxes").crop(box)).matches[0]
    assert best.reference_id == "boxes-0"
    assert iou(best.reference_region, box_quad(*box), (SIDE_PX, SIDE_PX)) > 0.8
    assert best.query_overlap > 0.93
    share = 340 * 300 / SIDE_PX**2
    assert best.reference_overlap == pytest.approx(share, abs=0.05)


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

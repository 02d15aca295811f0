"""The whole flow: each edit finds its reference, siblings and strangers do not."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from detector.matching.match import Relation, Verdict
from scripts.demo.household import household_photo
from tests.detector.matching.products import (
    SCORING,
    SIDE_PX,
    box_quad,
    draw_product,
    find,
    iou,
    match,
    name_of,
)
from tests.detector.matching.seller_edits import (
    EDITS,
    MIRRORED,
)
from tests.drawing import draw_scene

PHOTOS = {Relation.SAME_PHOTO, Relation.EDITED_PHOTO}


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

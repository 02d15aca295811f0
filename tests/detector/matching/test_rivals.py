"""Rivals: who explains the same part of a query, and what tells them apart."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from detector.matching.describe import Query
from detector.matching.retrieve import Candidate
from detector.matching.rivals import with_rivals
from detector.matching.verify import Inspection, Verification
from tests.detector.matching.products import SIDE_PX, decoded, described, draw_product

NAME_BOX = (60, 210, 240, 262)


def variant(name: str, color: str) -> Image.Image:
    """One product of a line: the same but for a name and a color."""
    image = draw_product("boxes").resize((SIDE_PX, SIDE_PX))
    pen = ImageDraw.Draw(image)
    pen.rectangle(NAME_BOX, fill=color)
    pen.text((70, 216), name, fill="white", font_size=36)
    return image


def num_inliers(verification: Verification) -> int:
    assert verification.placement is not None
    return verification.placement.num_inliers


def examine(shown: Image.Image, **known: Image.Image) -> dict[str, Verification]:
    references = {name: described(image) for name, image in known.items()}
    picture = decoded(shown)
    query = Query(picture.pixels, picture.width, picture.height)
    looks = [
        Inspection(query, Candidate(name), reference).look(thorough=False)
        for name, reference in references.items()
    ]
    found = with_rivals(query, looks, references)
    return {each.candidate.reference_id: each for each in found}


def test_the_sibling_that_is_shown_has_the_advantage_of_its_own_name_and_color():
    mint, plum = variant("MINT", "#1f7a4d"), variant("PLUM", "#7a1f5c")
    for shown, right, wrong in ((mint, "mint", "plum"), (plum, "plum", "mint")):
        small = shown.resize((260, 260)).rotate(4, fillcolor="white")
        found = examine(small, mint=mint, plum=plum)
        assert found[right].advantage > 0.2 > -0.2 > found[wrong].advantage
        assert found[wrong].rival_inliers >= num_inliers(found[right]) > 12


def test_the_same_picture_twice_has_a_rival_and_no_advantage():
    box = draw_product("boxes")
    found = examine(box.resize((280, 280)), one=box, two=box)
    assert found["one"].advantage == found["two"].advantage == 0.0
    inliers = {num_inliers(each) for each in found.values()}
    assert inliers == {each.rival_inliers for each in found.values()}


def test_products_beside_each_other_are_no_rivals():
    shoe, box = draw_product("shoes"), draw_product("boxes")
    page = Image.new("RGB", (2 * SIDE_PX + 20, SIDE_PX), "white")
    page.paste(shoe, (0, 0))
    page.paste(box, (SIDE_PX + 20, 0))
    found = examine(page, shoe=shoe, box=box)
    for each in found.values():
        assert num_inliers(each) > 12
        assert each.rival_inliers == 0
        assert each.advantage == 0.0


def test_a_picture_laid_over_another_is_no_rival_of_it():
    shoe, box = draw_product("shoes"), draw_product("boxes")
    page = shoe.resize((480, 480))
    page.paste(box.resize((170, 170)), (20, 290))
    found = examine(page, shoe=shoe, box=box)
    assert found["shoe"].placement is not None
    assert found["shoe"].rival_inliers == 0


def test_nothing_placed_has_no_rivals():
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    found = examine(Image.fromarray(noise), box=draw_product("boxes"))
    assert [each.rival_inliers for each in found.values()] == [0]
    assert with_rivals(Query(noise, 300, 300), [], {}) == []


@pytest.mark.parametrize("is_flipped", [False, True])
def test_mirrored_siblings_are_told_apart_as_well(is_flipped):
    mint, plum = variant("MINT", "#1f7a4d"), variant("PLUM", "#7a1f5c")
    shown = mint.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if is_flipped else mint
    found = examine(shown, mint=mint, plum=plum)
    assert found["mint"].mirrored == found["plum"].mirrored == is_flipped
    assert found["mint"].advantage > 0.2


def test_the_very_picture_is_behind_none_of_its_nearest_siblings():
    colors = ("#1f7a4d", "#22784e", "#257650", "#287451", "#2b7253")
    known = {f"v{i}": variant(f"V{i}", color) for i, color in enumerate(colors)}
    for name, image in known.items():
        found = examine(image, **known)
        assert found[name].advantage > -0.05
        assert max(each.advantage for each in found.values()) < 0.1

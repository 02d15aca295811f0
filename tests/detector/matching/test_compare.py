"""Two pictures against each other."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from detector.matching.compare import compare
from detector.matching.match import Match, Relation
from tests.detector.matching.products import (
    SCORING,
    SIDE_PX,
    box_quad,
    decoded,
    draw_product,
    iou,
    white,
)

WHOLE = box_quad(0, 0, SIDE_PX, SIDE_PX)


def compared(query: Image.Image, reference: Image.Image) -> Match | None:
    return compare(decoded(query), decoded(reference), SCORING)


@pytest.mark.parametrize("kind", ["shoes", "bags", "boxes"])
def test_a_picture_is_the_same_photo_as_itself(kind):
    found = compared(draw_product(kind), draw_product(kind))
    assert found is not None
    assert found.relation is Relation.SAME_PHOTO
    assert found.similarity > SCORING.match_threshold
    assert not found.mirrored
    assert iou(found.query_region, WHOLE, (SIDE_PX, SIDE_PX)) > 0.98
    assert iou(found.reference_region, WHOLE, (SIDE_PX, SIDE_PX)) > 0.95


def test_a_flipped_picture_is_mirrored_whichever_of_the_two_is_flipped():
    product = draw_product("bags")
    flipped = ImageOps.mirror(product)
    for query, reference in ((flipped, product), (product, flipped)):
        found = compared(query, reference)
        assert found is not None
        assert found.mirrored
        assert found.relation is Relation.EDITED_PHOTO
        assert found.homography is not None
        assert np.linalg.det(found.homography[:2, :2]) < 0


def test_a_part_shows_which_part_of_the_reference_it_is():
    product = draw_product("boxes")
    box = (120, 100, 400, 380)
    found = compared(product.crop(box), product)
    assert found is not None
    assert iou(found.reference_region, box_quad(*box), product.size) > 0.85
    assert found.reference_overlap == pytest.approx((280 / SIDE_PX) ** 2, abs=0.04)
    assert found.query_overlap > 0.95
    # The other way round, the reference covers only a part of the query.
    back = compared(product, product.crop(box))
    assert back is not None
    assert iou(back.query_region, box_quad(*box), product.size) > 0.85


def test_comparing_twice_gives_the_same():
    first, again = (
        compared(draw_product("shoes"), draw_product("shoes", 1)) for _ in range(2)
    )
    assert (first.signals if first else None) == (again.signals if again else None)


@pytest.mark.parametrize("blank", [white(), white(1, 1), white(1, 2000)])
def test_a_picture_without_points_is_like_nothing(blank):
    product = draw_product("bags")
    assert compared(blank, product) is None
    assert compared(product, blank) is None
    assert compared(blank, blank) is None


def test_other_products_are_not_alike():
    for query, reference in (("shirts", "bags"), ("bottles", "watches")):
        found = compared(draw_product(query), draw_product(reference))
        assert found is None or found.similarity < SCORING.review_threshold

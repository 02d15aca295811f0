"""A closer look at one candidate: where the reference lies, mirrored or not."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from detector.matching.describe import Query
from detector.matching.geometry import project
from detector.matching.retrieve import Candidate, Kind
from detector.matching.verify import Inspection, Verification
from tests.detector.matching.drawn_pairs import similarity
from tests.detector.matching.products import (
    SIDE_PX,
    decoded,
    described,
    draw_product,
    unplaced,
    white,
)

CORNERS = np.array([[0, 0], [SIDE_PX, 0], [SIDE_PX, SIDE_PX], [0, SIDE_PX]]) - 0.5


def query_of(image: Image.Image) -> Query:
    picture = decoded(image)
    return Query(picture.pixels, picture.width, picture.height)


def look(
    image: Image.Image, kind: str, *, votes=(1.0, 0.0), thorough: bool = False
) -> Verification:
    candidate = Candidate(kind, votes=votes[0], mirrored_votes=votes[1])
    reference = described(draw_product(kind))
    return Inspection(query_of(image), candidate, reference).look(thorough=thorough)


def pasted(image: Image.Image, *, size=(900, 700), at=(150, 60), px=420) -> Image.Image:
    page = Image.new("RGB", size, (236, 232, 224))
    page.paste(image.resize((px, px), Image.Resampling.LANCZOS), at)
    return page


@pytest.mark.parametrize("thorough", [False, True])
@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("kind", ["shoes", "boxes"])
def test_a_pasted_copy_is_found_where_it_was_pasted(kind, is_mirrored, thorough):
    product = draw_product(kind)
    shown = pasted(ImageOps.mirror(product) if is_mirrored else product)
    votes = (0.1, 1.0) if is_mirrored else (1.0, 0.1)
    found = look(shown, kind, votes=votes, thorough=thorough)
    assert found.mirrored == is_mirrored
    assert found.homography is not None
    assert found.placement is not None
    assert found.comparison is not None
    zoom = 420 / SIDE_PX
    shift = similarity(zoom, 0, 150 - 0.5 + zoom / 2, 60 - 0.5 + zoom / 2)
    expected = project(shift, CORNERS)
    if is_mirrored:
        expected = expected[[1, 0, 3, 2]]
    off = np.linalg.norm(project(found.homography, CORNERS) - expected, axis=1)
    assert off.max() < 6
    share = 420 * 420 / (900 * 700)
    assert found.comparison.query_overlap == pytest.approx(share, abs=0.02)
    assert found.comparison.reference_overlap == pytest.approx(1.0, abs=0.02)
    assert found.reference_size == (SIDE_PX, SIDE_PX)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_where_votes_leave_it_open_both_orientations_are_looked_at(is_mirrored):
    product = draw_product("shoes")
    shown = ImageOps.mirror(product) if is_mirrored else product
    assert look(shown, "shoes", votes=(1.0, 1.0)).mirrored == is_mirrored


def test_looking_twice_finds_the_same():
    first, again = (look(pasted(draw_product("bags")), "bags") for _ in range(2))
    assert first.homography is not None
    assert again.homography is not None
    assert np.array_equal(first.homography, again.homography)
    assert first.signals() == again.signals()


def test_a_thorough_look_has_more_pairs_and_keeps_the_place():
    shown = pasted(draw_product("bottles"), px=260)
    cheap, thorough = (
        look(shown, "bottles", thorough=thorough) for thorough in (False, True)
    )
    assert thorough.num_pairs > cheap.num_pairs
    assert thorough.placement is not None
    assert cheap.placement is not None
    assert thorough.placement.num_inliers >= cheap.placement.num_inliers


@pytest.mark.parametrize("image", [white(), white(1, 1), white(1, 2000), white(900, 2)])
@pytest.mark.parametrize("thorough", [False, True])
def test_a_picture_without_points_is_placed_nowhere(image, thorough):
    found = look(image, "bags", votes=(1.0, 1.0), thorough=thorough)
    assert found.placement is None
    assert found.comparison is None
    assert found.homography is None
    assert not found.is_sure
    assert not found.is_hopeful


def test_signals_name_everything_that_was_measured():
    found = look(pasted(draw_product("bags")), "bags", votes=(3.0, 2.0))
    signals = found.signals()
    assert found.placement is not None
    assert found.comparison is not None
    assert signals["votes"] == 3.0
    assert signals["num_inliers"] == found.placement.num_inliers > 20
    assert signals["structure"] == found.comparison.structure
    assert all(np.isfinite(value) for value in signals.values())
    bare = unplaced().signals()
    assert bare["num_inliers"] == bare["inlier_ratio"] == 0.0
    assert "structure" not in bare
    assert set(bare) <= set(signals)


def test_signals_tell_the_embeddings_apart():
    candidate = Candidate("r", scores={Kind.COPY: 0.7, Kind.SEMANTIC: 0.2})
    signals = Verification(candidate, False, 0, None, None, None, (9, 9)).signals()
    assert signals["copy_embedding"] == 0.7
    assert signals["semantic_embedding"] == 0.2


def test_a_plain_copy_is_sure_and_another_product_is_not():
    assert look(draw_product("boxes"), "boxes").is_sure
    assert not look(draw_product("shirts"), "boxes").is_sure

"""Descriptions: packed and unpacked, damaged, and of pictures with nothing in them."""

import zlib

import numpy as np
import pytest

from detector.matching.describe import (
    COMPARED_PX,
    WORKING_PX,
    Description,
    Query,
    describe,
    shrink,
)
from models.local_features import LocalFeatures
from tests.detector.matching.products import described, draw_product
from tests.drawing import distance, draw_scene

FIELDS = ("keypoints", "sizes", "angles", "descriptors")


def assert_same_points(points0: LocalFeatures, points1: LocalFeatures) -> None:
    for field in FIELDS:
        array0, array1 = getattr(points0, field), getattr(points1, field)
        assert array0.dtype == array1.dtype
        assert np.array_equal(array0, array1)


def small_description() -> Description:
    pixels = np.asarray(draw_scene(160, 120, seed=3))
    return describe(pixels, 320, 240)


@pytest.mark.parametrize("kind", ["shoes", "boxes"])
def test_a_description_is_unpacked_as_it_was_packed(kind):
    given = described(draw_product(kind))
    found = Description.from_bytes(given.to_bytes())
    assert (found.width, found.height) == (given.width, given.height)
    assert_same_points(found.orb, given.orb)
    assert_same_points(found.sift, given.sift)
    assert np.array_equal(found.votes, given.votes)
    assert found.small.dtype == np.uint8
    assert distance(found.small, given.small) < 2


def test_the_same_pixels_give_the_same_bytes():
    assert small_description().to_bytes() == small_description().to_bytes()
    assert described(draw_product("bags")).to_bytes() == (
        described(draw_product("bags")).to_bytes()
    )


@pytest.mark.parametrize(
    ("width", "height"), [(1, 1), (1, 512), (512, 1), (2, 90), (512, 31), (7, 7)]
)
@pytest.mark.parametrize("is_flat", [True, False])
def test_a_picture_of_any_shape_is_described(width, height, is_flat):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    if is_flat:
        pixels[:] = 255
    given = describe(pixels, width * 4, height * 4)
    assert given.small.shape[2] == 3
    assert min(given.small.shape) >= 1
    if is_flat:
        assert len(given.orb) == len(given.sift) == 0
    found = Description.from_bytes(given.to_bytes())
    assert_same_points(found.orb, given.orb)
    assert_same_points(found.sift, given.sift)
    query = Query(pixels, width * 4, height * 4)
    assert len(query.orb) >= 0
    assert len(query.mirrored_sift) == len(query.sift)


def test_cut_bytes_are_refused_wherever_they_are_cut():
    data = small_description().to_bytes()
    ends = {*range(1200), *range(0, len(data), 61), *range(len(data) - 64, len(data))}
    for end in ends:
        with pytest.raises(ValueError, match="damaged description"):
            Description.from_bytes(data[:end])


def test_a_flipped_bit_is_noticed_wherever_it_is():
    data = small_description().to_bytes()
    rng = np.random.default_rng(0)
    places = {*range(900), *rng.integers(0, len(data), 1500).tolist()}
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError, match="damaged description"):
            Description.from_bytes(bytes(damaged))


def test_bytes_that_are_no_description_are_refused():
    rng = np.random.default_rng(0)
    data = small_description().to_bytes()
    strangers = [b"", b"\0" * 4, b"\0" * 100, b"{}", data + b"\0", data[:-4]]
    strangers += [rng.bytes(int(n)) for n in rng.integers(1, 400, 50)]
    strangers += [stranger + zlib.crc32(stranger).to_bytes(4) for stranger in strangers]
    # What is left holds a sound checksum, and only the first is a description.
    for stranger in strangers:
        if stranger == data:
            continue
        with pytest.raises(ValueError, match="damaged description"):
            Description.from_bytes(stranger)


def test_keypoints_are_in_pixels_of_the_original():
    pixels = np.asarray(draw_product("boxes").resize((400, 400)))
    as_is = describe(pixels, 400, 400)
    of_larger = describe(pixels, 1600, 1600)
    for points0, points1 in (
        (as_is.orb, of_larger.orb),
        (as_is.sift, of_larger.sift),
    ):
        # Pixel centres are on integers: corners stay in place, centres do not.
        expected = (points0.keypoints + 0.5) * 4 - 0.5
        assert np.allclose(points1.keypoints, expected, atol=1e-3)
        assert np.allclose(points1.sizes, points0.sizes * 4)
        assert np.array_equal(points1.descriptors, points0.descriptors)


@pytest.mark.parametrize(
    ("width", "height"),
    [(WORKING_PX, 300), (300, WORKING_PX), (COMPARED_PX, 10), (50, 40), (1, 2000)],
)
def test_shrinking_keeps_the_shape_and_never_enlarges(width, height):
    shrunk = shrink(np.zeros((height, width, 3), np.uint8))
    assert max(shrunk.shape[:2]) == min(COMPARED_PX, max(width, height))
    scale = max(shrunk.shape[:2]) / max(width, height)
    assert shrunk.shape[0] == pytest.approx(height * scale, abs=1)
    assert shrunk.shape[1] == pytest.approx(width * scale, abs=1)


def test_a_query_is_mirrored_as_if_its_picture_were():
    pixels = np.asarray(draw_product("shirts"))
    flipped = np.ascontiguousarray(pixels[:, ::-1])
    height, width = pixels.shape[:2]
    query, other = Query(pixels, width, height), Query(flipped, width, height)
    assert np.array_equal(query.mirrored_small, query.small[:, ::-1])
    assert_same_points(query.mirrored_orb, other.orb)
    assert_same_points(query.orb, other.mirrored_orb)

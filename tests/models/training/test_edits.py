"""Edits that training draws: the same under a seed, different from the photo."""

import numpy as np
import pytest
from PIL import Image

from models.training.copies import light_copy, packshot, sibling, squashed, strong_copy
from models.training.edits import EDITS

SIDE_PX = 64


@pytest.fixture
def photos() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    sizes = [(176, 132), (132, 176), (90, 176)]
    return [draw_photo(rng, size) for size in sizes]


def draw_photo(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


@pytest.mark.parametrize("name", EDITS)
@pytest.mark.parametrize("seed", range(8))
def test_an_edit_is_the_same_under_a_seed_and_leaves_the_photo_alone(
    name, seed, photos
):
    photo = photos[seed % len(photos)]
    before = np.asarray(photo).copy()
    copies = []
    for _ in range(2):
        rng = np.random.default_rng(seed)
        copies.append(EDITS[name](photo, rng, lambda: photos[0]))
    assert np.array_equal(np.asarray(copies[0]), np.asarray(copies[1]))
    assert copies[0].mode == "RGB"
    assert min(copies[0].size) >= 4
    assert np.array_equal(np.asarray(photo), before)
    changed = squashed(copies[0], SIDE_PX).astype(int) - squashed(photo, SIDE_PX)
    assert np.abs(changed).max() > 0


@pytest.mark.parametrize("seed", range(40))
def test_a_strong_copy_becomes_a_square_of_the_asked_size(seed, photos):
    rng = np.random.default_rng(seed)
    copy = strong_copy(photos[seed % len(photos)], rng, lambda: photos[0])
    square = squashed(copy, SIDE_PX)
    assert square.shape == (SIDE_PX, SIDE_PX, 3)
    assert square.dtype == np.uint8


@pytest.mark.parametrize("seed", range(10))
def test_a_light_copy_still_looks_like_the_photo(seed, photos):
    photo = photos[0]
    copy = light_copy(photo, np.random.default_rng(seed))
    difference = squashed(copy, SIDE_PX).astype(int) - squashed(photo, SIDE_PX)
    assert np.abs(difference).mean() < 25


def test_a_packshot_shows_the_photo_on_white(photos):
    shown = np.asarray(packshot(photos[0], np.random.default_rng(1)))
    assert (shown[0] == 255).all()
    assert (shown != 255).any()


def test_a_sibling_has_other_hues_and_the_same_values(photos):
    photo = photos[0]
    other = sibling(photo, np.random.default_rng(0))
    assert other is not None
    hue0, _, value0 = (np.asarray(band, int) for band in photo.convert("HSV").split())
    hue1, _, value1 = (np.asarray(band, int) for band in other.convert("HSV").split())
    turned = np.abs((hue1 - hue0 + 128) % 256 - 128)
    assert np.median(turned) > 0.15 * 256
    assert np.abs(value1 - value0).mean() < 3


def test_a_photo_without_color_has_no_sibling():
    gray = Image.new("RGB", (40, 40), (90, 90, 90))
    assert sibling(gray, np.random.default_rng(0)) is None

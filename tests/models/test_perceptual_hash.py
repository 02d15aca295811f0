"""Hash and thumbnail: what resaving leaves as it was, and what it does not hide."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from models.perceptual_hash import MIN_DETAIL, NUM_BYTES, perceptual_hash, thumbnail
from tests.drawing import draw_scene, save


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def resaved(
    image: Image.Image, *, scale: float, quality: int, format: str
) -> np.ndarray:
    size = round(image.width * scale), round(image.height * scale)
    data = save(image.resize(size), format, quality=quality)
    return pixels(Image.open(io.BytesIO(data)))


def distance(image0: np.ndarray, image1: np.ndarray) -> int:
    bits = perceptual_hash(image0).bits ^ perceptual_hash(image1).bits
    return int(np.bitwise_count(bits).sum())


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("scale", "quality"), [(1.0, 30), (0.5, 60), (0.35, 90), (1.5, 90)]
)
def test_resaving_changes_few_bits(scale, quality, format):
    for seed in range(8):
        image = draw_scene(400, 300, seed=seed)
        again = resaved(image, scale=scale, quality=quality, format=format)
        assert distance(pixels(image), again) <= 16


def test_other_pictures_and_mirrored_ones_differ_in_half_of_the_bits():
    scenes = [draw_scene(300, 300, seed=seed) for seed in range(12)]
    others = [distance(pixels(scenes[0]), pixels(each)) for each in scenes[1:]]
    assert min(others) > 60
    mirrored = [distance(pixels(s), pixels(ImageOps.mirror(s))) for s in scenes]
    assert np.median(mirrored) > 60


def test_waves_are_those_of_a_cosine_transform_by_definition():
    """The slow, obvious way: sums over 64 x 64 fields, no matrix of cosines."""
    gray = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    waves = np.zeros((16, 16))
    place = np.arange(64) + 0.5
    for row in range(16):
        for column in range(16):
            down = np.cos(np.pi * (row + 1) * place / 64)
            across = np.cos(np.pi * (column + 1) * place / 64)
            waves[row, column] = (down[:, None] * across * gray).sum()
    expected = np.packbits(waves.ravel() > np.median(waves))
    found = perceptual_hash(np.repeat(gray[..., None], 3, axis=2))
    assert np.array_equal(found.bits, expected)


def test_half_of_the_bits_are_set():
    bits = perceptual_hash(pixels(draw_scene())).bits
    assert bits.shape == (NUM_BYTES,)
    assert bits.dtype == np.uint8
    assert np.unpackbits(bits).sum() == 128


def test_a_plain_ground_has_no_detail_and_a_small_product_on_it_has():
    ground = Image.new("RGB", (400, 400), (244, 244, 244))
    assert perceptual_hash(pixels(ground)).detail < MIN_DETAIL
    ground.paste(draw_scene(30, 30), (180, 170))
    assert perceptual_hash(pixels(ground)).detail > MIN_DETAIL


def test_a_thumbnail_holds_the_mean_colors_of_its_fields():
    image = np.random.default_rng(1).integers(0, 256, (128, 64, 3), np.uint8)
    expected = image.reshape(32, 4, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(thumbnail(image) - expected).max() <= 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 700), (700, 1), (5, 3), (32, 32)])
def test_any_picture_has_a_hash_and_a_thumbnail(shape):
    image = np.random.default_rng(2).integers(0, 256, (*shape, 3), np.uint8)
    assert perceptual_hash(image).bits.shape == (NUM_BYTES,)
    assert thumbnail(image).shape == (32, 32, 3)


def test_a_view_of_an_array_is_read_as_it_is():
    image = pixels(draw_scene(200, 160))
    view = image[:, ::-1]
    assert np.array_equal(thumbnail(view), thumbnail(view.copy()))
    assert np.array_equal(perceptual_hash(view).bits, perceptual_hash(view.copy()).bits)


@pytest.mark.parametrize("work", [perceptual_hash, thumbnail])
def test_what_is_no_picture_is_refused(work):
    with pytest.raises(ValueError, match="height, width, 3"):
        work(np.zeros((4, 4), np.uint8))

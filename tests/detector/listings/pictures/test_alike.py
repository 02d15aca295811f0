"""What a twin may differ in, and what it may not, edit by edit."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.listings.pictures.alike import (
    CLUSTER_BITS,
    TWIN_BITS,
    change,
    is_same,
    is_twin,
)
from detector.listings.pictures.look import Look, look_at
from models.registry import load_embedder
from scripts.demo.brands import BRANDS
from scripts.demo.design import Design
from scripts.demo.photos import KINDS, Photo, studio_photo
from tests.drawing import draw_scene, save


@cache
def compact() -> Extractor:
    return Extractor({"copy": load_embedder("compact", device="cpu")}, ImageLimits())


Edit = Callable[[Image.Image], Image.Image]


def photo(number: int, colorway: int = 0) -> Image.Image:
    kind = list(KINDS)[number % len(KINDS)]
    design = Design(kind, BRANDS[number % len(BRANDS)], 77_000 + number)
    return studio_photo(Photo(design, colorway, KINDS[kind][1][0]))


@cache
def photos() -> list[Image.Image]:
    return [photo(number) for number in range(6)]


def look(image: Image.Image, format: str = "JPEG", quality: int = 90) -> Look:
    return look_at(save(image, format, quality=quality), compact())[0]


def bits_between(look0: Look, look1: Look) -> int:
    hashes = [
        np.frombuffer(each.perceptual_hash or b"", np.uint8) for each in (look0, look1)
    ]
    assert len(hashes[0]) == len(hashes[1]) == 32
    return int(np.bitwise_count(hashes[0] ^ hashes[1]).sum())


def passes(look0: Look, look1: Look) -> tuple[bool, bool]:
    """Whether the first is a twin of the second; whether they would be one cluster."""
    bits = bits_between(look0, look1)
    return (
        bits <= TWIN_BITS and is_twin(look0, look1),
        bits <= CLUSTER_BITS and is_same(look0, look1),
    )


def scaled(image: Image.Image, scale: float) -> Image.Image:
    return image.resize((round(image.width * scale), round(image.height * scale)))


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("scale", "quality"), [(1, 30), (1, 60), (1, 95), (0.75, 85), (0.5, 85), (1.5, 85)]
)
def test_recompressed_and_resized_pictures_are_mostly_twins_and_one_cluster(
    scale, quality, format
):
    found = []
    for image in photos():
        first = look(image, quality=92)
        again = scaled(Image.open(io.BytesIO(save(image, "JPEG", quality=92))), scale)
        found.append(passes(look(again, format, quality), first))
    assert sum(twin for twin, _ in found) >= 5
    assert all(same for _, same in found)


def pasted(side: float, x: float, y: float) -> Edit:
    def edit(image: Image.Image) -> Image.Image:
        px = int(side * min(image.size))
        spot = int(x * (image.width - px)), int(y * (image.height - px))
        # Of another tone than what it covers, or nothing would have changed.
        under = np.asarray(image.crop((*spot, spot[0] + px, spot[1] + px))).mean()
        inset = ImageOps.fit(draw_scene(80, 80, seed=5), (px, px))
        shade = Image.new("RGB", (px, px), "black" if under > 127 else "white")
        image.paste(Image.blend(inset, shade, 0.4), spot)
        return image

    return edit


def captioned(share: float) -> Edit:
    def edit(image: Image.Image) -> Image.Image:
        size = share * image.height
        at = (0.2 * image.width, 0.15 * image.height)
        ImageDraw.Draw(image).text(at, "SALE 50%", fill=(200, 20, 20), font_size=size)
        return image

    return edit


def trimmed(share: float) -> Edit:
    return lambda image: ImageOps.crop(image, int(share * min(image.size)))


def tinted(image: Image.Image) -> Image.Image:
    hsv = np.array(image.convert("HSV"))
    hsv[..., 0] += 40
    hsv[..., 1] = np.maximum(hsv[..., 1], 60)
    return Image.fromarray(hsv, "HSV").convert("RGB")


def bannered(image: Image.Image) -> Image.Image:
    pen = ImageDraw.Draw(image, "RGBA")
    pen.rectangle((0, 0.88 * image.height, *image.size), fill=(200, 30, 30, 70))
    return image


EDITS: dict[str, Edit] = {
    "5 % pasted in": pasted(0.05, 0.1, 0.1),
    "8 % pasted in": pasted(0.08, 0.9, 0.2),
    "10 % on the product": pasted(0.1, 0.5, 0.6),
    "15 % pasted in": pasted(0.15, 0.5, 0.5),
    "25 % pasted in": pasted(0.25, 0.9, 0.9),
    "text": captioned(0.05),
    "large text": captioned(0.12),
    "banner": bannered,
    "trimmed by 2 %": trimmed(0.02),
    "trimmed by 5 %": trimmed(0.05),
    "mirrored": ImageOps.mirror,
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.85),
    "another color": tinted,
    "stretched": lambda image: image.resize((image.width, int(1.1 * image.height))),
}


@pytest.mark.parametrize("name", EDITS)
def test_no_edited_picture_is_a_twin(name):
    for image in photos():
        assert not passes(look(EDITS[name](image.copy())), look(image))[0]


@pytest.mark.parametrize("name", ["25 % pasted in", "mirrored", "banner"])
def test_what_shows_something_else_is_of_another_cluster(name):
    for image in photos():
        assert not passes(look(EDITS[name](image.copy())), look(image))[1]


def test_colorways_are_neither_twins_nor_one_cluster():
    for number in (0, 1, 3, 4, 5):
        colors = [look(photo(number, color)) for color in range(3)]
        for other in colors[1:]:
            assert passes(other, colors[0]) == (False, False)


def test_what_was_seen_small_says_nothing_of_a_large_picture():
    small, large = look(scaled(photos()[0], 0.4)), look(photos()[0])
    assert not is_twin(large, small)
    assert is_same(large, small)


def test_vectors_of_another_embedder_make_no_twin():
    picture = look(photos()[1])
    assert is_twin(picture, picture)
    fewer = Look(
        **{name: getattr(picture, name) for name in Look.__slots__}
        | {"vectors": picture.vectors[:1]}
    )
    assert not is_twin(picture, fewer)


def test_change_is_measured_by_what_resaving_may_cause():
    plain = np.full((32, 32, 3), 120, np.uint8)
    assert change(plain, plain) == 0
    touched = plain.copy()
    touched[4, 5, 1] += 8
    # Its own change is contrast as well: 8 / (8 + 8 / 4).
    assert change(plain, touched) == change(touched, plain) == pytest.approx(0.8)
    edged = plain.copy()
    edged[:, 16:] = 220
    moved = edged.copy()
    moved[:, 16] = 195
    assert change(edged, moved) == pytest.approx(25 / 33)

"""Groups of pictures that are one, saved again and again, beside look-alikes.

Drawn as the demo's pictures are, in small. Of each design there are several groups:
its colorways, and the first one with another picture pasted in; all stand on the same
paper. A watch has its views instead, as its colorways hardly differ.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from scripts.demo.brands import BRANDS
from scripts.demo.design import Design
from scripts.demo.photos import KINDS, Photo, cutout
from scripts.demo.scenes import place, studio

MOST_REPEATS = 30
GROUPS_OF_A_DESIGN = 4
_PAPER = (244, 244, 244)
_COLORWAYS = 3
_FIRST_DESIGN = 5_000_000  # no other drawn picture has these seeds
_RESAMPLING = (
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
)


@dataclass(frozen=True, slots=True)
class Planted:
    """A picture file, and the group that it belongs to."""

    group: int
    data: bytes


def draw_design(number: int, seed: int) -> list[Planted]:
    """Draw all groups of one design; the same numbers give the same bytes."""
    rng = np.random.default_rng([seed, number])
    kind = list(KINDS)[number % len(KINDS)]
    brand = BRANDS[number // len(KINDS) % len(BRANDS)]
    design = Design(kind, brand, _FIRST_DESIGN + seed * 1_000_000 + number)
    views = KINDS[kind][1]
    if kind == "watches":
        photos = [Photo(design, 0, view) for view in views]
    else:
        photos = [Photo(design, color, views[0]) for color in range(_COLORWAYS)]
    pictures = [_drawn(photo) for photo in photos]
    pictures.append(_with_inset(pictures[0], pictures[1], rng))
    return [
        Planted(GROUPS_OF_A_DESIGN * number + place, data)
        for place, picture in enumerate(pictures)
        for data in _repeats(picture, rng)
    ]


def _drawn(photo: Photo) -> Image.Image:
    """Draw a product on paper, about 300 pixels wide and high."""
    width, height = (round(0.4 * side) for side in photo.size)
    ground = studio((width, height), _PAPER, is_standing=photo.is_standing)
    side = int(0.94 * min(width, height))
    at = ((width - side) // 2, int((height - side) * 0.6))
    place(ground, cutout(photo, side), at, is_standing=photo.is_standing)
    return ground


def _with_inset(
    picture: Image.Image, other: Image.Image, rng: np.random.Generator
) -> Image.Image:
    """Paste another picture into a corner, a fifth of the side large or more."""
    side = int(min(picture.size) * rng.uniform(0.2, 0.35))
    edited = picture.copy()
    left = int(rng.integers(0, 2)) * (picture.width - side)
    top = int(rng.integers(0, 2)) * (picture.height - side)
    edited.paste(ImageOps.fit(other, (side, side)), (left, top))
    return edited


def _repeats(picture: Image.Image, rng: np.random.Generator) -> list[bytes]:
    """Save a picture, and most often save it again, 1 to 30 files in all.

    Small groups are more frequent, as in a market. One in four repeats is made from
    another repeat. Its sides are half to one and a quarter of the first one's.
    """
    num = int(MOST_REPEATS ** rng.random() * 1.03)
    files = [_saved(picture, int(rng.integers(85, 96)), rng)]
    while len(files) < num:
        is_chained = rng.random() < 0.25
        source = files[int(rng.integers(0, len(files)))] if is_chained else files[0]
        with Image.open(io.BytesIO(source)) as image:
            again = image.convert("RGB")
        if rng.random() < 0.6:
            scale = rng.uniform(0.5, 1.25) * picture.width / again.width
            size = round(again.width * scale), round(again.height * scale)
            again = again.resize(size, _RESAMPLING[int(rng.integers(0, 3))])
        files.append(_saved(again, int(rng.integers(30, 96)), rng))
    return files


def _saved(image: Image.Image, quality: int, rng: np.random.Generator) -> bytes:
    stream = io.BytesIO()
    if rng.random() < 0.7:
        image.save(stream, "JPEG", quality=quality, subsampling=int(rng.integers(0, 3)))
    else:
        image.save(stream, "WEBP", quality=quality, method=2)
    return stream.getvalue()

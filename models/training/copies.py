"""What a training pair is made of: a catalogue's photo, a copy of it, a sibling."""

import numpy as np
from PIL import Image, ImageDraw

from models.embedder import RGB
from models.training.edits import EDITS, Others, compress, shift_hue

WORK_PX = 200
"""Long side that a copy is cut down to between two edits; bounds the cost."""
MIN_SATURATION = 40
"""Mean saturation (0..255) under which another hue is no other color."""


def strong_copy(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Chain one to three different edits, more often fewer."""
    num_edits = int(rng.choice([1, 2, 3], p=[0.45, 0.35, 0.2]))
    for name in rng.choice(list(EDITS), size=num_edits, replace=False):
        photo = _bounded(EDITS[name](photo, rng, others))
    return photo


def packshot(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut a shape out of the photo and set it on white, as catalogues show products."""
    shape = Image.new("L", photo.size)
    pen = ImageDraw.Draw(shape)
    box = (0, 0, photo.width - 1, photo.height - 1)
    corner = rng.uniform(0, 0.5) * min(photo.size)
    pen.rounded_rectangle(box, corner, fill=255)
    left, top, right, bottom = rng.uniform(0.02, 0.4, 4)
    width = int((1 + left + right) * photo.width)
    height = int((1 + top + bottom) * photo.height)
    ground = Image.new("RGB", (width, height), (255, 255, 255))
    ground.paste(photo, (int(left * photo.width), int(top * photo.height)), shape)
    return _bounded(ground)


def light_copy(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change no more than a catalogue does: recompression, a margin cut away."""
    kind = rng.random()
    if kind < 0.4:
        return photo
    if kind < 0.7:
        return compress(photo, int(rng.integers(40, 95)))
    left, top, right, bottom = rng.uniform(0, 0.05, 4)
    return photo.crop(
        (
            int(left * photo.width),
            int(top * photo.height),
            int((1 - right) * photo.width),
            int((1 - bottom) * photo.height),
        )
    )


def sibling(photo: Image.Image, rng: np.random.Generator) -> Image.Image | None:
    """Color the item differently, as another product of the same line.

    Returns:
        None for a photo without color, which would not look any different.
    """
    saturation = np.asarray(photo.convert("HSV"))[:, :, 1].mean()
    if saturation < MIN_SATURATION:
        return None
    return shift_hue(photo, rng.uniform(0.2, 0.8))


def squashed(photo: Image.Image, side_px: int) -> RGB:
    """Resize to a square, as the network wants it."""
    square = photo.resize((side_px, side_px), Image.Resampling.BILINEAR)
    return np.asarray(square)


def _bounded(photo: Image.Image) -> Image.Image:
    share = WORK_PX / max(photo.size)
    if share >= 1:
        return photo
    size = (max(4, int(photo.width * share)), max(4, int(photo.height * share)))
    return photo.resize(size, Image.Resampling.BILINEAR)

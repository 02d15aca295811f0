"""Flat pictures in a design's colors: for labels, cartons, prints and patterns."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.landscapes import botanical, orbits, peaks, skyline, sunrise
from scripts.demo.lettering import write
from scripts.demo.ornaments import blocks, citrus, contours, scales, truchet
from scripts.demo.palettes import Palette
from scripts.demo.planes import Color
from scripts.demo.shapes import (
    rectangle,
)
from scripts.demo.sheet import Sheet

Painter = Callable[["Sheet", np.random.Generator, Palette], None]


PAINTERS: tuple[Painter, ...] = (
    sunrise, peaks, botanical, orbits, truchet, citrus, blocks, contours, scales,
    skyline,
)  # fmt: skip


def artwork(
    seed: int, palette: Palette, width_px: int, height_px: int, *, ground: Color | None
) -> Image.Image:
    """Draw one of the pictures; the seed alone decides which and how."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(width_px, height_px, ground)
    PAINTERS[int(rng.integers(0, len(PAINTERS)))](sheet, rng, palette)
    return sheet.done()


def barcode(seed: int, width_px: int, height_px: int) -> Image.Image:
    """Black bars on white, with digits."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(width_px, height_px, (252, 252, 252))
    x = 0.06
    while x < 0.92:
        w = rng.integers(1, 4) * 0.008
        sheet.shape(rectangle(x, 0.06, x + w, sheet.tall * 0.78), (20, 20, 20))
        x += w + rng.integers(1, 4) * 0.008
    image = sheet.done()
    pen = ImageDraw.Draw(image)
    digits = "".join(str(d) for d in rng.integers(0, 10, 13))
    write(
        pen,
        (width_px / 2, height_px * 0.89),
        digits,
        max(6, height_px // 7),
        (20, 20, 20),
        spacing=0.1,
    )
    return image

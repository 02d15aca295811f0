"""A flat sheet that artwork is painted on."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color
from scripts.demo.shapes import (
    Outline,
)


class Sheet:
    """A flat RGBA picture in units of its width, drawn at twice its size."""

    def __init__(
        self, width_px: int, height_px: int, ground: Color | None = None
    ) -> None:
        self.size_px = (width_px, height_px)
        self.tall = height_px / width_px
        fill = (*ground, 255) if ground else (0, 0, 0, 0)
        self.image = Image.new("RGBA", (width_px * 2, height_px * 2), fill)
        self.pen = ImageDraw.Draw(self.image)
        self.unit = width_px * 2

    def shape(self, outline: Outline, color: Color) -> None:
        """Fill an outline."""
        self.pen.polygon([(float(x), float(y)) for x, y in outline * self.unit], color)

    def line(self, path: Outline, color: Color, width: float) -> None:
        """Draw a line of a width (same unit) along a path."""
        points = [(float(x), float(y)) for x, y in path * self.unit]
        thick = max(1, round(width * self.unit))
        self.pen.line(points, color, thick, joint="curve")
        r = thick / 2
        if thick > 3:
            for x, y in (points[0], points[-1]):
                self.pen.ellipse((x - r, y - r, x + r, y + r), color)

    def done(self) -> Image.Image:
        """The picture at its own size, smooth."""
        return self.image.reduce(2)


def shades(rng: np.random.Generator, palette: Palette) -> list[Color]:
    """Give a painter the palette's colors in an order of its own."""
    colors = [
        palette.accent,
        palette.second,
        palette.light,
        mixed(palette.main, palette.light, 0.35),
        mixed(palette.accent, palette.dark, 0.35),
    ]
    return [colors[i] for i in rng.permutation(len(colors))]

"""Colorways: the sets of colors that a design comes in."""

import math
from dataclasses import dataclass

from scripts.demo.planes import Color


@dataclass(frozen=True, slots=True)
class Palette:
    """One colorway: its name, and the colors by their role in a design."""

    name: str
    main: Color
    second: Color
    accent: Color
    light: Color
    dark: Color

    @property
    def print_color(self) -> Color:
        """Light or dark, whichever reads on the main color."""
        return self.light if luminance(self.main) < 0.55 else self.dark


_CREAM, _WHITE, _COAL, _NAVY = (
    (242, 236, 222),
    (246, 246, 244),
    (30, 31, 34),
    (26, 34, 54),
)

PALETTES = (
    Palette("ink", (38, 46, 70), (78, 92, 128), (228, 98, 58), _CREAM, (20, 24, 36)),
    Palette("sand", (206, 180, 140), (234, 218, 190), (38, 92, 108), _CREAM, _NAVY),
    Palette(
        "moss", (76, 100, 68), (138, 158, 108), (234, 180, 74), _CREAM, (30, 42, 32)
    ),
    Palette(
        "ember", (188, 58, 42), (230, 122, 68), (250, 214, 140), _CREAM, (58, 20, 22)
    ),
    Palette("cloud", (228, 230, 232), (180, 190, 200), (34, 112, 176), _WHITE, _NAVY),
    Palette(
        "plum", (102, 50, 94), (164, 102, 146), (242, 192, 112), _CREAM, (44, 20, 44)
    ),
    Palette(
        "sky", (72, 142, 192), (160, 204, 226), (252, 206, 84), _WHITE, (20, 48, 84)
    ),
    Palette(
        "rose", (222, 138, 148), (244, 206, 204), (112, 44, 76), _WHITE, (84, 34, 56)
    ),
    Palette(
        "cocoa", (104, 68, 48), (156, 112, 80), (228, 188, 132), _CREAM, (46, 28, 22)
    ),
    Palette(
        "mint", (112, 186, 164), (204, 232, 218), (230, 98, 86), _WHITE, (22, 66, 64)
    ),
    Palette(
        "sun", (240, 186, 52), (250, 220, 126), (48, 62, 100), _CREAM, (62, 44, 20)
    ),
    Palette("graphite", (74, 78, 84), (118, 124, 130), (196, 226, 74), _WHITE, _COAL),
)


def luminance(color: Color) -> float:
    """How light a color looks, 0..1."""
    return (0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]) / 255


def mixed(color: Color, other: Color, share: float) -> Color:
    """Mix a share of the other color in."""
    r, g, b = (round(a + (o - a) * share) for a, o in zip(color, other, strict=True))
    return r, g, b


def distance(palette: Palette, other: Palette) -> float:
    """How far apart two colorways look; the main color counts twice."""
    return 2 * math.dist(palette.main, other.main) + math.dist(
        palette.second, other.second
    )

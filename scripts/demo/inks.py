"""Colors of captions and pages, and of what is written on them."""

import numpy as np

from scripts.demo.palettes import luminance
from scripts.demo.planes import Color


def bright(rng: np.random.Generator) -> Color:
    """Choose a loud color."""
    colors: tuple[Color, ...] = ((228, 44, 52), (250, 208, 40), (36, 120, 220),
                                 (30, 160, 90), (24, 24, 28), (250, 250, 250),
                                 (236, 84, 160))  # fmt: skip
    return colors[int(rng.integers(0, len(colors)))]


def ink_on(color: Color) -> Color:
    """Choose black or white, whichever can be read."""
    return (20, 20, 24) if luminance(color) > 0.55 else (252, 252, 252)

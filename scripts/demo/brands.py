"""Invented brands: names, marks drawn as shapes, and the words on their products."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.planes import Color
from scripts.demo.shapes import (
    Outline,
    ellipse,
    moved,
    polygon,
    rectangle,
    shifted,
    spline,
    star,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A logo in a box from -1 to 1: what is inked, and what is cut out of that."""

    inked: tuple[Outline, ...]
    cut: tuple[Outline, ...] = ()

    def placed(
        self, cx: float, cy: float, radius: float, turn: float = 0.0
    ) -> tuple[tuple[Outline, ...], tuple[Outline, ...]]:
        """Outlines and holes of the mark at a place, for `Canvas.fill`."""
        inked, cut = (
            tuple(moved(o, scale=radius, turn=turn, by=(cx, cy)) for o in group)
            for group in (self.inked, self.cut)
        )
        return inked, cut

    def draw(
        self, on: Image.Image, cx: float, cy: float, radius: float, color: Color
    ) -> None:
        """Print the mark on a flat picture."""
        side = max(2, int(radius * 2) + 4)
        stencil = Image.new("L", (side * 2, side * 2))
        pen = ImageDraw.Draw(stencil)
        inked, cut = self.placed(side, side, radius * 2)
        for ink, group in ((255, inked), (0, cut)):
            for outline in group:
                pen.polygon([(float(x), float(y)) for x, y in outline], fill=ink)
        stencil = stencil.reduce(2)
        at = (round(cx - side / 2), round(cy - side / 2))
        fill = (*color, 255) if on.mode == "RGBA" else color
        on.paste(fill, at, stencil)


@dataclass(frozen=True, slots=True)
class Brand:
    """Who makes a product; an empty name is a product without a brand."""

    name: str
    mark: Mark
    motto: str
    kinds: dict[str, int]


def _wing() -> Mark:
    feathers = []
    for i, (length, lift) in enumerate([(1.9, 0.0), (1.45, 0.52), (1.0, 1.04)]):
        x0, y0 = -0.95 + 0.18 * i, 0.72 - lift
        feathers.append(
            np.array(
                [
                    (x0, y0),
                    (x0 + length * 0.72, y0 - 0.42),
                    (x0 + length, y0 - 0.80),
                    (x0 + length * 0.55, y0 - 0.52),
                    (x0 + 0.12, y0 - 0.36),
                ]
            )
        )
    return Mark(tuple(feathers))


def _peak() -> Mark:
    return Mark(
        (polygon(0, 0, 1.0, 6),),
        (
            np.array([(-0.66, 0.44), (-0.12, -0.52), (0.06, -0.2), (-0.3, 0.44)]),
            np.array([(-0.14, 0.44), (0.28, -0.26), (0.68, 0.44)]),
            ellipse(0.42, -0.48, 0.12),
        ),
    )


def _crown() -> Mark:
    outer, inner = ellipse(0, 0, 1.0), ellipse(0, 0, 0.84)[::-1]
    ring = np.vstack([outer, outer[:1], inner[-1:], inner])
    return Mark(
        (
            ring,
            rectangle(-0.46, -0.5, -0.24, 0.5),
            rectangle(0.24, -0.5, 0.46, 0.5),
            np.array(
                [
                    (-0.3, 0.12),
                    (0.0, -0.16),
                    (0.3, 0.12),
                    (0.3, -0.1),
                    (0.0, -0.4),
                    (-0.3, -0.1),
                ]
            ),
            *(ellipse(0, y, 0.09) for y in (-0.62, 0.55)),
        ),
    )


def _moon() -> Mark:
    return Mark(
        (ellipse(-0.1, 0, 0.9),),
        (ellipse(0.24, -0.14, 0.74),),
    )


def _sunrise() -> Mark:
    rays = [
        moved(rectangle(-0.055, -1.0, 0.055, -0.66), turn=a)
        for a in np.linspace(-1.35, 1.35, 9)
    ]
    waves = [
        np.vstack(
            [
                spline(
                    [(-0.9, y), (-0.45, y - 0.1), (0, y), (0.45, y + 0.1), (0.9, y)],
                    closed=False,
                ),
                spline(
                    [
                        (0.9, y + 0.13),
                        (0.45, y + 0.23),
                        (0, y + 0.13),
                        (-0.45, y + 0.03),
                        (-0.9, y + 0.13),
                    ],
                    closed=False,
                ),
            ]
        )
        for y in (0.24, 0.56)
    ]
    half = np.vstack([ellipse(0, 0.06, 0.54, steps=80)[40:], [(0.54, 0.06)]])
    return Mark((*rays, half, *waves))


def _petals() -> Mark:
    petal = spline(
        [(0, 0.06), (0.34, -0.4), (0.2, -0.86), (0, -1.0), (-0.2, -0.86), (-0.34, -0.4)]
    )
    vein = spline([(0, -0.14), (0.07, -0.5), (0, -0.8), (-0.07, -0.5)])
    turns = [2 * np.pi * i / 5 for i in range(5)]
    return Mark(
        tuple(moved(petal, turn=a) for a in turns),
        tuple(moved(vein, turn=a) for a in turns),
    )


_MARKS = {
    "wing": _wing(),
    "peak": _peak(),
    "crown": _crown(),
    "moon": _moon(),
    "sunrise": _sunrise(),
    "petals": _petals(),
}

BRANDS = (
    Brand("Kestrimo", _MARKS["wing"], "run the ridge", {"shoes": 8, "shirts": 5}),
    Brand(
        "Brackmoor",
        _MARKS["peak"],
        "made for weather",
        {"shoes": 6, "bags": 7, "bottles": 4},
    ),
    Brand(
        "Halvorne", _MARKS["crown"], "fine makers since 1874", {"watches": 8, "bags": 7}
    ),
    Brand(
        "Zephalune",
        _MARKS["moon"],
        "night garden care",
        {"bottles": 7, "boxes": 6, "shirts": 2},
    ),
    Brand(
        "Solviath", _MARKS["sunrise"], "grown in daylight", {"boxes": 8, "bottles": 4}
    ),
    Brand(
        "Tindrelle", _MARKS["petals"], "cut, sewn, worn", {"shirts": 7, "watches": 6}
    ),
)
"""The brands of the catalogue, and how many products of each kind they sell."""


def _stranger_mark(seed: int) -> Mark:
    if seed == 0:
        return Mark(tuple(polygon(0, y, 0.62, 3) for y in (-0.38, 0.1, 0.58)))
    if seed == 1:
        return Mark(
            (rectangle(-0.9, -0.9, 0.9, 0.9, radius=0.3),),
            (ellipse(0.15, 0.15, 0.45), rectangle(-0.55, -0.55, 0.1, -0.4)),
        )
    if seed == 2:
        bar = rectangle(-1, -0.2, 1, 0.2, radius=0.2)
        return Mark(tuple(moved(bar, turn=a) for a in (0.8, -0.8)))
    if seed == 3:
        return Mark((star(0, 0, 1, 0.78, 12),), (polygon(0, 0, 0.5, 4),))
    half = ellipse(0, 0, 0.9, steps=80)[:41]
    return Mark((shifted(half, 0, 0.1), moved(half, turn=np.pi, scale=0.7) - (0, 0.1)))


STRANGERS = tuple(
    Brand(name, _stranger_mark(seed), motto, {})
    for seed, (name, motto) in enumerate(
        [
            ("Pellorin", "every day"),
            ("Dunmarrow", "simply good"),
            ("Ixavel", "more of it"),
            ("Mossgrade", "home and road"),
            ("Tovvik", "nordic basics"),
            ("", ""),
        ]
    )
)
"""Brands of the listings that nobody in the catalogue owns; the last has no name."""


NAMES = (
    "Aurelle", "Bracken", "Corvine", "Dunlin", "Eskar", "Fennick", "Gullion", "Harrow",
    "Isolde", "Junip", "Kelda", "Larkfoot", "Merrow", "Nettlebed", "Orlo", "Pennant",
    "Quarrel", "Rivel", "Saltern", "Thrush", "Umbra", "Verity", "Wharf", "Xanthe",
    "Yarrow", "Zennor", "Alder", "Bosun", "Cinder", "Drift", "Ember Bay", "Foxglove",
    "Granite", "Heath", "Inlet", "Jetty", "Kiln", "Lumen", "Marram", "Nocturne",
    "Otter", "Plover", "Quay", "Ripple", "Spindle", "Tarn", "Upland", "Vesper",
)  # fmt: skip
"""Model names; a design takes one."""

SENTENCES = (
    "Made in small batches and checked by hand before it leaves the workshop.",
    "Keep in a cool and dry place, away from direct sunlight.",
    "Wash at thirty degrees with similar colors and dry in the shade.",
    "Please recycle the packaging where facilities exist.",
    "Best before the date printed on the base; once open, use within six weeks.",
    "Ingredients: water, glycerin, almond oil, chamomile, sea salt, citrus peel.",
    "Rinse before first use. Not suitable for microwave ovens.",
    "Contains natural extracts that may settle; shake gently before use.",
    "Designed by walkers, sailors and gardeners; repaired free for ten years.",
    "Serving suggestion: two spoons to a cup, four minutes, no milk.",
)
"""Small print."""

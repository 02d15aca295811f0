"""The brands' own photographs: which there are, and drawing one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scripts.demo import bags, bottles, boxes, shirts, shoes, watches
from scripts.demo.brands import BRANDS
from scripts.demo.canvas import Canvas
from scripts.demo.design import Design
from scripts.demo.lighting import STUDIO, Light
from scripts.demo.palettes import Palette
from scripts.demo.planes import Color
from scripts.demo.scenes import place, studio

_Draw = Callable[[Canvas, Design, Palette, str], None]

KINDS: dict[str, tuple[_Draw, tuple[str, ...]]] = {
    "shoes": (shoes.draw, ("side", "sole")),
    "bags": (bags.draw, ("front", "back")),
    "watches": (watches.draw, ("front", "back")),
    "bottles": (bottles.draw, ("front", "turned")),
    "boxes": (boxes.draw, ("front", "back")),
    "shirts": (shirts.draw, ("front", "back")),
}
"""How each kind is drawn, and its views; the first one is the main view."""

_LYING = {("shoes", "sole")} | {
    (k, v) for k in ("watches", "shirts") for v in KINDS[k][1]
}

_SWEEPS: dict[str, tuple[tuple[int, int], Color]] = {
    "Kestrimo": ((800, 760), (246, 248, 250)),
    "Brackmoor": ((740, 860), (244, 242, 236)),
    "Halvorne": ((720, 880), (240, 236, 230)),
    "Zephalune": ((720, 900), (244, 240, 248)),
    "Solviath": ((760, 820), (250, 248, 240)),
    "Tindrelle": ((780, 840), (250, 244, 242)),
}
_ANY_SWEEP: tuple[tuple[int, int], Color] = ((760, 760), (244, 244, 244))


@dataclass(frozen=True, slots=True)
class Photo:
    """A product in one of its colorways, from one of its sides.

    Attributes:
        design: the product.
        colorway: place in the design's own order of colorways.
        view: one of its kind's views.
    """

    design: Design
    colorway: int
    view: str

    @property
    def path(self) -> str:
        """Where it lies below the catalogue folder."""
        d = self.design
        model = d.model.lower().replace(" ", "-")
        color = d.palettes()[self.colorway].name
        name = f"{model}-{d.code.lower()}-{color}-{self.view}.jpg"
        return f"{d.brand.name}/{d.kind}/{name}"

    @property
    def is_standing(self) -> bool:
        """Stands on its ground rather than lying on it."""
        return (self.design.kind, self.view) not in _LYING

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return _SWEEPS.get(self.design.brand.name, _ANY_SWEEP)[0]


def cutout(photo: Photo, size_px: int, light: Light = STUDIO) -> Image.Image:
    """Draw the product alone, RGBA."""
    canvas = Canvas(size_px)
    draw = KINDS[photo.design.kind][0]
    draw(canvas, photo.design, photo.design.palettes()[photo.colorway], photo.view)
    return canvas.lit(light)


def studio_photo(photo: Photo) -> Image.Image:
    """Draw the product on its brand's paper sweep."""
    size, tint = _SWEEPS.get(photo.design.brand.name, _ANY_SWEEP)
    ground = studio(size, tint, is_standing=photo.is_standing)
    side = int(min(size) * 0.94)
    low = 0.5 if not photo.is_standing else 0.62
    at = ((size[0] - side) // 2, int((size[1] - side) * low))
    place(ground, cutout(photo, side), at, is_standing=photo.is_standing)
    return ground


def designs(seed: int) -> list[Design]:
    """Every product of the catalogue, kinds and brands taking turns."""
    queues = [[(brand, kind)] * count for brand in BRANDS
              for kind, count in brand.kinds.items()]  # fmt: skip
    order = []
    while any(queues):
        order += [queue.pop() for queue in queues if queue]
    return [
        Design(kind, brand, seed * 1000 + i) for i, (brand, kind) in enumerate(order)
    ]


def catalogue_photos(products: list[Design]) -> list[Photo]:
    """Two views of each product, and the main view of some in a second color.

    A watch comes in one color: a steel one would hardly change with the palette.
    """
    photos = []
    for design in products:
        views = KINDS[design.kind][1]
        photos += [Photo(design, 0, view) for view in views]
        if design.kind != "watches" and design.rng(97).random() < 0.5:
            photos.append(Photo(design, 1, views[0]))
    return photos


def sibling(photo: Photo) -> Photo:
    """The same picture in a color that the catalogue does not have."""
    free = int(np.random.default_rng(photo.design.seed).integers(2, 5))
    return Photo(photo.design, free, photo.view)

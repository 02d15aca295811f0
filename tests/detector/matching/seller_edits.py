"""What a seller does to a photo, by name."""

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from scripts.demo import edits
from scripts.demo.household import household_photo
from tests.detector.matching.products import draw_product


def by_demo(name: str, seed: int = 0):
    """An edit of the demo's sellers."""
    return lambda image: edits.EDITS[name](image, np.random.default_rng(seed))


def filtered(image: Image.Image) -> Image.Image:
    out = ImageEnhance.Brightness(image).enhance(0.85)
    return ImageEnhance.Color(ImageEnhance.Contrast(out).enhance(1.15)).enhance(0.7)


def framed(image: Image.Image) -> Image.Image:
    return ImageOps.expand(image, 45, (200, 30, 60))


def shrunk(image: Image.Image) -> Image.Image:
    return edits.EDITS["low_quality"](image, np.random.default_rng(0))


def collage(image: Image.Image) -> Image.Image:
    others = [draw_product("watches", 3), household_photo(np.random.default_rng(1))]
    return edits.collage([image, *others], np.random.default_rng(0))


EDITS = {
    "resave": lambda image: image,
    "crop": by_demo("crop"),
    "frame": framed,
    "caption": by_demo("caption"),
    "mirror": ImageOps.mirror,
    "recolor": filtered,
    "screenshot": by_demo("screenshot"),
    "collage": collage,
    "occlusion": by_demo("occlusion"),
    "rotation": lambda image: image.rotate(
        14, Image.Resampling.BICUBIC, expand=True, fillcolor=(40, 44, 48)
    ),
    "perspective": by_demo("rotation", 5),
    "low quality": shrunk,
    "mirror and caption": lambda image: by_demo("caption")(ImageOps.mirror(image)),
}
MIRRORED = {"mirror", "mirror and caption"}

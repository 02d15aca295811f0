"""Regions for models that see one picture at a time: each region is cropped out."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.embedder import RGB, WHOLE, Region, Vectors

REGIONS = (WHOLE, Region(0.2, 0.2, 0.8, 0.8))
"""Whole and centre: each costs a forward pass of its own."""


def crop_region(image: RGB, region: Region) -> RGB:
    """Cut a region out of a picture; it is at least one pixel wide and high."""
    height, width = image.shape[:2]
    left = min(int(region.left * width), width - 1)
    top = min(int(region.top * height), height - 1)
    right = max(left + 1, round(region.right * width))
    bottom = max(top + 1, round(region.bottom * height))
    return image[top:bottom, left:right]


def embed_crops(
    embed: Callable[[Sequence[RGB]], Vectors],
    images: Sequence[RGB],
    regions: Sequence[Region],
) -> NDArray[np.float32]:
    """Embed each region of each picture as a picture of its own.

    Returns:
        (n, len(regions), dim), as `Embedder.embed_regions` does.
    """
    crops = [crop_region(image, region) for image in images for region in regions]
    vectors = embed(crops)
    return vectors.reshape(len(images), len(regions), vectors.shape[1])

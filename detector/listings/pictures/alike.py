"""Whether two pictures are one, recompressed or resized.

Hash and vectors say what a picture shows on the whole; a product pasted in, a logo
exchanged or another color they hardly notice, so that the thumbnails decide. Measured
on 60 packshots and 60 drawn photos, each recompressed, resized and edited in 40 ways.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.embedder import RGB

CLUSTER_BITS = 32
"""Bits of the hash that may differ within a cluster."""
TWIN_BITS = 16
"""Bits that may differ between twins."""

_CLUSTER_CHANGE = 1.0
_TWIN_CHANGE = 0.6
_TWIN_LEVELS = 16.0
_TWIN_COSINE = 0.9
_CLOSER = 1.25
_WORKING_PX = 512

_NOISE_LEVELS = 8.0  # what compression adds to a field of even color
_EDGE_SHARE = 0.25  # of the contrast around it, what resizing moves across its border


class Shown(Protocol):
    """What is known of how a picture looks; see `Look`."""

    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def thumbnail(self) -> RGB: ...  # noqa: D102
    @property
    def vectors(self) -> NDArray[np.float32]: ...  # noqa: D102


def is_same(picture: Shown, other: Shown) -> bool:
    """Say whether two pictures belong to one cluster, if their hashes are near.

    What was resized to a quarter or compressed to a third of its quality passes; what
    shows another product, another color or a banner does not.
    """
    return change(_halved(picture.thumbnail), _halved(other.thumbnail)) < (
        _CLUSTER_CHANGE
    )


def is_surely_same(picture: Shown, other: Shown) -> bool:
    """Say whether nothing was exchanged, not even a detail of a tenth of the side."""
    levels = np.abs(picture.thumbnail.astype(int) - other.thumbnail)
    if levels.max() > _TWIN_LEVELS or not _is_of_one_shape(picture, other):
        return False
    return change(picture.thumbnail, other.thumbnail) < _TWIN_CHANGE


def is_twin(picture: Shown, other: Shown) -> bool:
    """Say whether what was found of `other` holds for `picture`, if hashes are near.

    On top of `is_surely_same` all regions must look alike to the embedder, and the
    other one must have been seen at nearly the same size: what nobody could see on a
    small picture may be found on a large one.
    """
    seen_px, other_px = (
        min(_WORKING_PX, max(each.width, each.height)) for each in (picture, other)
    )
    if seen_px > _CLOSER * other_px or picture.vectors.shape != other.vectors.shape:
        return False
    cosines = (picture.vectors * other.vectors).sum(axis=1)
    return bool(cosines.min() >= _TWIN_COSINE) and is_surely_same(picture, other)


def change(thumbnail: RGB, other: RGB) -> float:
    """Measure the largest change of a field's color, by what resaving may cause there.

    Args:
        thumbnail: (n, n, 3) uint8 RGB.
        other: likewise.

    Returns:
        0 for equal ones; 1 where 8 levels changed on an even ground, or a fourth of the
        contrast at an edge.
    """
    levels = np.abs(thumbnail.astype(np.float32) - other).max(axis=2)
    contrast = np.maximum(_contrast(thumbnail), _contrast(other))
    return float((levels / (_NOISE_LEVELS + _EDGE_SHARE * contrast)).max())


def _contrast(thumbnail: RGB) -> NDArray[np.float32]:
    """Range of colors among each field and its neighbours, (n, n)."""
    high = low = np.pad(thumbnail, ((1, 1), (1, 1), (0, 0)), mode="edge")
    for _ in range(2):  # along one axis, then along the other
        high = np.maximum(np.maximum(high[:-2], high[1:-1]), high[2:]).swapaxes(0, 1)
        low = np.minimum(np.minimum(low[:-2], low[1:-1]), low[2:]).swapaxes(0, 1)
    return np.asarray((high - low).max(axis=2), dtype=np.float32)


def _halved(thumbnail: RGB) -> RGB:
    """Mean colors of fields of twice the size."""
    side = len(thumbnail) // 2
    fields = thumbnail.reshape(side, 2, side, 2, 3).mean(axis=(1, 3))
    return np.asarray(fields.round(), dtype=np.uint8)


def _is_of_one_shape(picture: Shown, other: Shown) -> bool:
    """Say whether one has the other's sides, scaled and rounded to whole pixels."""
    small, large = sorted((picture, other), key=lambda each: each.width * each.height)
    width = large.width * small.height / large.height
    height = large.height * small.width / large.width
    return abs(width - small.width) <= 1 or abs(height - small.height) <= 1

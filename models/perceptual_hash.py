"""A 256-bit hash and a thumbnail: what recompressing and resizing hardly change.

After PDQ: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm",
Facebook, 2019. Bits are not those of the published program: its own smoothing is
replaced by OpenCV's mean over areas, which is as smooth and many times as fast.

A hash finds pictures that may be the same among millions; it says nothing of a detail
that was exchanged. The thumbnail does.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from models.embedder import RGB, require_rgb

NUM_BYTES = 32
THUMBNAIL_PX = 32
MIN_DETAIL = 0.5
"""Below this the bits are noise: no more than a speck is to be seen."""

_SIDE = 64
_WAVES = 16


class PerceptualHash(NamedTuple):
    """What `perceptual_hash` says.

    Attributes:
        bits: (32,) uint8: 256 bits.
        detail: mean step between neighbours of the 64 x 64 gray picture, in
            thousandths of the whole range; 0 is a uniform picture.
    """

    bits: NDArray[np.uint8]
    detail: float


def _cosines() -> NDArray[np.float32]:
    """Rows 1..16 of the 64-point discrete cosine transform (type II)."""
    waves = np.arange(1, _WAVES + 1)[:, None]
    places = np.arange(_SIDE)[None, :] + 0.5
    rows = np.sqrt(2 / _SIDE) * np.cos(np.pi / _SIDE * waves * places)
    return np.asarray(rows, dtype=np.float32)


_DCT = _cosines()


def perceptual_hash(image: RGB) -> PerceptualHash:
    """Hash a picture: which of its 256 slowest waves are above their median.

    Args:
        image: (h, w, 3) uint8 RGB.
    """
    require_rgb(image)
    luma = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(
        luma.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA
    ).astype(np.float32, copy=False)
    waves = _DCT @ small @ _DCT.T
    bits = np.packbits(waves.ravel() > np.median(waves))
    steps = [float(np.abs(np.diff(small, axis=axis)).mean()) for axis in (0, 1)]
    return PerceptualHash(bits, 1000 / 255 * sum(steps) / 2)


def thumbnail(image: RGB) -> RGB:
    """Reduce a picture to the mean colors of 32 x 32 fields, whatever its shape.

    Args:
        image: (h, w, 3) uint8 RGB.

    Returns:
        (32, 32, 3) uint8 RGB.
    """
    require_rgb(image)
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    small = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False)

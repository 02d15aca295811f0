"""What a picture offers to be found by: points, texture, a product that fills it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.report import Code, Finding, Severity
from detector.catalogue.health.words import finding
from detector.matching.describe import Description
from models.calibration import Calibration
from models.embedder import RGB

TOO_SMALL_PX = 96
"""Long side; half as much again as where recall drops."""

TINY_PX = 64
"""Long side. Recall of edited copies of drawn packshots whose references were shrunk to
so many pixels: 32: 0.73, 48: 0.94, 60 and more: 0.98 to 1; of a supermarket's, 48:
0.98, 96 and more: 1."""

SMALL_PRODUCT = 0.04
"""Share of the picture. Recall of edited copies where a packshot took 0.003 of a white
sheet: 0.57, 0.008: 0.74, 0.02: 0.86, 0.035: 0.92, 0.07: 0.99."""

PLAIN_TEXTURE = 0.03
"""Share of blocks. Recall of the plainest parts of packshots, all below 0.025: 0.01."""

FEW_POINTS = 25
"""Recall of packshots blurred until half of them had 18 points or fewer: 0.80; with 28
or more: 0.97."""

GENERIC_LIKENESS = 0.70
"""Cosine; a tenth of stock photos of anything have more."""

_MIN_POINTS = 5  # fewer, and it is dirt on a plain surface, not a product far away
_BLOCK_PX = 8
_TEXTURED_LEVELS = 6.0
_BORDER_PX = 4
_PLAIN_LEVELS = 12.0
_PLAIN_BORDER = 0.75
_FOREGROUND_LEVELS = 16.0


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured of one picture.

    Attributes:
        long_side_px: of the original.
        num_points: that verification can pair, at most 500.
        texture: share of the picture's blocks that show any detail, 0..1.
        product_share: share of the picture that is not its plain ground, 0..1; None
            if the ground is not plain.
        likeness: mean similarity to the nearest pictures that have nothing to do
            with any catalogue; None where the model is not calibrated.
    """

    long_side_px: int
    num_points: int
    texture: float
    product_share: float | None
    likeness: float | None


def measure(
    picture: OwnPicture,
    description: Description,
    vector: NDArray[np.float32] | None,
    calibration: Calibration | None,
) -> Quality:
    """Measure a picture by what is stored of it.

    Args:
        picture: its size.
        description: its points, and itself in small.
        vector: (dim,), its copy embedding; None if there is none.
        calibration: of that embedding.
    """
    small = description.small
    likeness = None
    if vector is not None and calibration is not None:
        likeness = background_likeness(vector, calibration)
    return Quality(
        long_side_px=max(picture.width, picture.height),
        num_points=len(description.sift),
        texture=texture(small),
        product_share=product_share(small),
        likeness=likeness,
    )


def texture(pixels: RGB) -> float:
    """Say which share of a picture's blocks of 8 x 8 pixels show any detail."""
    gray = pixels.mean(axis=2, dtype=np.float32)
    rows, columns = (max(1, side // _BLOCK_PX) for side in gray.shape)
    cut = gray[: rows * _BLOCK_PX, : columns * _BLOCK_PX]
    if min(gray.shape) < _BLOCK_PX:
        return float(gray.std() > _TEXTURED_LEVELS)
    blocks = cut.reshape(rows, _BLOCK_PX, columns, _BLOCK_PX)
    return float((blocks.std(axis=(1, 3)) > _TEXTURED_LEVELS).mean())


def product_share(pixels: RGB) -> float | None:
    """Say which share of a picture differs from its plain ground; None without one."""
    px = min(_BORDER_PX, min(pixels.shape[:2]))
    strips = (pixels[:px], pixels[-px:], pixels[:, :px], pixels[:, -px:])
    border = np.concatenate([strip.reshape(-1, 3) for strip in strips])
    ground = np.median(border.astype(np.float32), axis=0)
    is_plain = np.abs(border - ground).max(axis=1) <= _PLAIN_LEVELS
    if is_plain.mean() < _PLAIN_BORDER:
        return None
    differs = np.abs(pixels - ground).max(axis=2) > _FOREGROUND_LEVELS
    return float(differs.mean())


def background_likeness(
    vector: NDArray[np.float32], calibration: Calibration
) -> float | None:
    """Say how much a picture resembles those that nobody sells: a cosine."""
    if calibration.weight <= 0:
        return None
    offset = float(calibration.offsets(vector[None])[0])
    return offset / calibration.weight


def quality_findings(picture: OwnPicture, quality: Quality) -> Iterator[Finding]:
    """Say what is wrong with a picture: of one cause, only the most telling finding."""
    named = picture.named
    if quality.long_side_px < TOO_SMALL_PX:
        yield finding(
            named,
            Code.TOO_SMALL,
            Severity.ERROR if quality.long_side_px < TINY_PX else Severity.WARNING,
            quality.long_side_px,
            TOO_SMALL_PX,
        )
    share = quality.product_share
    is_featureless = True
    num_points = quality.num_points
    if share is not None and share < SMALL_PRODUCT and num_points >= _MIN_POINTS:
        yield finding(named, Code.SMALL_PRODUCT, Severity.WARNING, share, SMALL_PRODUCT)
    elif quality.texture < PLAIN_TEXTURE:
        yield finding(
            named, Code.PLAIN_SURFACE, Severity.ERROR, quality.texture, PLAIN_TEXTURE
        )
    elif num_points < FEW_POINTS:
        yield finding(named, Code.FEW_POINTS, Severity.WARNING, num_points, FEW_POINTS)
    else:
        is_featureless = False
    likeness = quality.likeness
    if not is_featureless and likeness is not None and likeness > GENERIC_LIKENESS:
        yield finding(named, Code.GENERIC, Severity.WARNING, likeness, GENERIC_LIKENESS)

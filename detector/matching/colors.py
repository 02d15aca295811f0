"""Colours of two aligned pictures: one change of the whole, or another product."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

RGB = NDArray[np.uint8]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_MIN_PIXELS = 32
_STRIDE = 2  # colours are blurred, so that a quarter of the pixels says the same
_COLORED_CHROMA = 18.0
_TURN_DEG = 35.0
_ENOUGH_COLORED = 0.05  # share of the pixels; fewer coloured ones count for less
_SATURATION = (0.6, 1.7)  # a filter's; beyond, red to brown, it is another colourway
_LARGEST = 40.0  # ΔE: one saturated overlay must not drown the rest


@dataclass(frozen=True, slots=True)
class ColorComparison:
    """How the colours of aligned pixels relate.

    Attributes:
        shift: distance that nine in ten pixels stay below, CIELAB ΔE (1976).
        residual: mean distance left after one change of the whole picture, ΔE; over
            the coloured pixels where there are any, so that a plain background does
            not hide a product in another colour.
        hue_turn: share of the coloured pixels whose hue is another, 0..1; small where
            hardly anything is coloured.
    """

    shift: float
    residual: float
    hue_turn: float


def compare_colors(query: RGB, reference: RGB, mask: Mask) -> ColorComparison:
    """Take off one colour change of the whole picture; measure what remains.

    A filter moves every colour by one rule: brightness, contrast, saturation and a
    tint. Another colourway moves the product's own colours alone, and turns hues,
    which none of these does.

    Args:
        query: (h, w, 3), aligned with `reference`.
        reference: (h, w, 3).
        mask: (h, w), where the pictures show the same thing.
    """
    every = (slice(None, None, _STRIDE), slice(None, None, _STRIDE))
    mask = mask[every]
    if mask.sum() < _MIN_PIXELS:
        return ColorComparison(0.0, 0.0, 0.0)
    first, second = _lab(query)[every][mask], _lab(reference)[every][mask]
    off = np.minimum(_residuals(first, second, first, second), _LARGEST)
    shift = float(np.quantile(np.linalg.norm(first - second, axis=1), 0.9))
    chroma1 = np.hypot(first[:, 1], first[:, 2])
    chroma2 = np.hypot(second[:, 1], second[:, 2])
    colored = np.maximum(chroma1, chroma2) > _COLORED_CHROMA
    residual, hue_turn = float(off.mean()), 0.0
    if colored.sum() >= _MIN_PIXELS / 2:
        share = min(1.0, float(colored.mean()) / _ENOUGH_COLORED)
        residual += share * (float(off[colored].mean()) - residual)
        angle = np.arctan2(first[:, 2], first[:, 1])
        angle -= np.arctan2(second[:, 2], second[:, 1])
        turn = np.abs((angle + np.pi) % (2 * np.pi) - np.pi)
        apart = np.linalg.norm(first[:, 1:] - second[:, 1:], axis=1)
        turned = (turn > np.deg2rad(_TURN_DEG)) & (apart > 20)
        turned |= apart > 0.9 * chroma2 + 25
        hue_turn = float(turned[colored].mean()) * share
    return ColorComparison(shift, residual, hue_turn)


def color_residuals(query: RGB, reference: RGB, mask: Mask) -> Plane:
    """Distance left at each pixel after one colour change of the whole: (h, w), ΔE.

    Args:
        query: (h, w, 3), aligned with `reference`.
        reference: (h, w, 3).
        mask: (h, w), where the change is estimated.
    """
    if mask.sum() < _MIN_PIXELS:
        return np.zeros(mask.shape, dtype=np.float32)
    first, second = _lab(query), _lab(reference)
    flat = _residuals(
        first[mask], second[mask], first.reshape(-1, 3), second.reshape(-1, 3)
    )
    return flat.reshape(mask.shape)


def _residuals(known1: Plane, known2: Plane, all1: Plane, all2: Plane) -> Plane:
    """Estimate the change from known pixels (n, 3); apply it to all (m, 3)."""
    gain, offset = _robust_line(known2[:, 0], known1[:, 0])
    center1 = np.median(known1[:, 1:], axis=0)
    center2 = np.median(known2[:, 1:], axis=0)
    spread1, spread2 = known1[:, 1:] - center1, known2[:, 1:] - center2
    energy = float((spread2**2).sum())
    # One saturation for both chroma axes, so no hue can turn; one tint.
    saturation = float((spread1 * spread2).sum()) / energy if energy > 1 else 1.0
    saturation = float(np.clip(saturation, *_SATURATION))
    predicted = np.empty_like(all2)
    predicted[:, 0] = gain * all2[:, 0] + offset
    predicted[:, 1:] = center1 + saturation * (all2[:, 1:] - center2)
    weights = np.array([0.5, 1, 1], dtype=np.float32)
    return np.asarray(np.linalg.norm((all1 - predicted) * weights, axis=1), np.float32)


def _robust_line(x: Plane, y: Plane) -> tuple[float, float]:
    """Fit y = gain · x + offset through the means of the outer quartiles."""
    low, high = np.quantile(x, [0.25, 0.75])
    if high - low < 4:
        return 1.0, float(np.median(y - x))
    below, above = x <= low, x >= high
    gain = (y[above].mean() - y[below].mean()) / (x[above].mean() - x[below].mean())
    gain = float(np.clip(gain, 0.3, 2.5))
    return gain, float(np.median(y - gain * x))


def _lab(image: RGB) -> Plane:
    blurred = cv2.GaussianBlur(image, (0, 0), 1.0).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(blurred, cv2.COLOR_RGB2Lab), dtype=np.float32)

"""Round things that stand upright: silhouettes and heights of turned profiles."""

import numpy as np

from scripts.demo.canvas import Canvas, Mask
from scripts.demo.planes import Color, Plane
from scripts.demo.shapes import Outline


def by_height(profile: Outline) -> tuple[Plane, Plane]:
    """Heights and half widths of a profile, for `np.interp`."""
    return profile[:, 1].astype(np.float32), profile[:, 0].astype(np.float32)


def pixels(canvas: Canvas, mask: Mask, cx: float = 500.0) -> tuple[Plane, Plane]:
    """Design x (from the axis) and y of each pixel of a mask."""
    rows, cols = mask.area
    y, x = np.mgrid[rows, cols].astype(np.float32)
    return x / canvas.scale - cx, y / canvas.scale


def silhouette(canvas: Canvas, profile: Outline, cx: float = 500.0) -> Mask:
    """Cover the silhouette of (half width, y) rows, its foot round as from above."""
    r = float(profile[-1, 0])
    a = np.linspace(0, np.pi, 24)
    foot = np.stack([cx + r * np.cos(a), profile[-1, 1] + r * 0.09 * np.sin(a)], axis=1)
    right = np.stack([cx + profile[:, 0], profile[:, 1]], axis=1)
    left = np.stack([cx - profile[::-1, 0], profile[::-1, 1]], axis=1)
    return canvas.fill(np.vstack([right, foot, left]))


def solid(
    canvas: Canvas,
    profile: Outline,
    color: Color,
    *,
    cx: float = 500.0,
    gloss: float = 0.4,
    metal: float = 0.0,
) -> Mask:
    """Put down a turned body of one color."""
    mask = silhouette(canvas, profile, cx)
    x, y = pixels(canvas, mask, cx)
    radius = np.interp(y, *by_height(profile)).astype(np.float32)
    across = np.clip(x / np.maximum(radius, 1), -1, 1)
    canvas.surface(
        mask, color, radius * np.sqrt(1 - across**2), gloss=gloss, metal=metal
    )
    return mask


def drum(
    canvas: Canvas, outline: Outline, color: Color, gloss: float, metal: float
) -> Mask:
    """Put down an upright cylinder."""
    mask = canvas.fill(outline)
    cx = float(outline[:, 0].max() + outline[:, 0].min()) / 2
    x, _ = pixels(canvas, mask, cx)
    radius = float(np.ptp(outline[:, 0])) / 2
    across = np.clip(x / radius, -1, 1)
    height = (radius * np.sqrt(1 - across**2)).astype(np.float32)
    canvas.surface(mask, color, height, gloss=gloss, metal=metal)
    return mask

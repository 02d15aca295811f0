"""Outlines in design units (a canvas is 1000 by 1000), as (n, 2) arrays, x then y."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Outline = NDArray[np.float64]


def spline(points: ArrayLike, *, closed: bool = True, steps: int = 14) -> Outline:
    """Run a smooth curve (Catmull-Rom) through the points."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        padded = np.vstack([knots[-1:], knots, knots[:2]])
    else:
        padded = np.vstack([knots[:1], knots, knots[-1:]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(
        padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True
    ):
        pieces.append(
            p1
            + 0.5 * t * (p2 - p0)
            + t**2 * (p0 - 2.5 * p1 + 2.0 * p2 - 0.5 * p3)
            + t**3 * (1.5 * (p1 - p2) + 0.5 * (p3 - p0))
        )
    if not closed:
        pieces.append(knots[-1:])
    return np.vstack(pieces)


def ellipse(
    cx: float, cy: float, rx: float, ry: float | None = None, *, steps: int = 72
) -> Outline:
    """A circle, or an ellipse when `ry` is given."""
    a = np.linspace(0.0, 2.0 * np.pi, steps, endpoint=False)
    return np.stack(
        [cx + rx * np.cos(a), cy + (rx if ry is None else ry) * np.sin(a)], axis=1
    )


def rectangle(
    x0: float, y0: float, x1: float, y1: float, *, radius: float = 0.0
) -> Outline:
    """An upright rectangle, with rounded corners when `radius` is above zero."""
    radius = min(radius, abs(x1 - x0) / 2, abs(y1 - y0) / 2)
    if radius <= 0:
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], dtype=np.float64)
    corners = [
        (x1 - radius, y0 + radius, -0.5),
        (x1 - radius, y1 - radius, 0.0),
        (x0 + radius, y1 - radius, 0.5),
        (x0 + radius, y0 + radius, 1.0),
    ]
    arcs = []
    for cx, cy, start in corners:
        a = np.pi * (start + np.linspace(0.0, 0.5, 10))
        arcs.append(
            np.stack([cx + radius * np.cos(a), cy + radius * np.sin(a)], axis=1)
        )
    return np.vstack(arcs)


def star(
    cx: float, cy: float, outer: float, inner: float, num_points: int, turn: float = 0.0
) -> Outline:
    """A star, a burst or a cog, by its two radii."""
    a = np.pi * np.arange(2 * num_points) / num_points - np.pi / 2 + turn
    r = np.where(np.arange(2 * num_points) % 2 == 0, outer, inner)
    return np.stack([cx + r * np.cos(a), cy + r * np.sin(a)], axis=1)


def polygon(
    cx: float, cy: float, radius: float, num_sides: int, turn: float = 0.0
) -> Outline:
    """A regular polygon with one corner up."""
    a = 2 * np.pi * np.arange(num_sides) / num_sides - np.pi / 2 + turn
    return np.stack([cx + radius * np.cos(a), cy + radius * np.sin(a)], axis=1)


def moved(
    outline: ArrayLike,
    *,
    scale: float | tuple[float, float] = 1.0,
    turn: float = 0.0,
    by: tuple[float, float] = (0.0, 0.0),
) -> Outline:
    """Scale about the origin, turn by `turn` radians, then shift."""
    x, y = (np.asarray(outline, dtype=np.float64) * np.asarray(scale)).T
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([c * x - s * y + by[0], s * x + c * y + by[1]], axis=1)


def shifted(outline: Outline, dx: float, dy: float) -> Outline:
    """Shift by (dx, dy)."""
    return np.stack([outline[:, 0] + dx, outline[:, 1] + dy], axis=1)


def mirrored(outline: ArrayLike, axis_x: float = 500.0) -> Outline:
    """Flip left to right about a vertical line."""
    points = np.array(outline, dtype=np.float64)
    points[:, 0] = 2 * axis_x - points[:, 0]
    return np.ascontiguousarray(points[::-1])


def symmetric(
    right_half: Sequence[tuple[float, float]], axis_x: float = 500.0
) -> Outline:
    """Close a half outline (given top to bottom) with its mirror image."""
    right = np.asarray(right_half, dtype=np.float64)
    return np.vstack([right, mirrored(right, axis_x)])


def along(outline: ArrayLike, spacing: float) -> tuple[Outline, Outline]:
    """Points at equal distances on a path, and the unit direction at each."""
    points = np.asarray(outline, dtype=np.float64)
    legs = np.hypot(*np.diff(points, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(legs)])
    at = np.arange(spacing / 2, max(way[-1], spacing), spacing)
    spots = np.stack([np.interp(at, way, points[:, i]) for i in (0, 1)], axis=1)
    ahead = np.stack([np.interp(at + 1.0, way, points[:, i]) for i in (0, 1)], axis=1)
    back = np.stack([np.interp(at - 1.0, way, points[:, i]) for i in (0, 1)], axis=1)
    steps = ahead - back
    return spots, steps / np.maximum(np.hypot(*steps.T), 1e-9)[:, None]


def offset(outline: ArrayLike, distance: float) -> Outline:
    """Shift a path sideways: to the right of its direction for a positive distance."""
    points = np.asarray(outline, dtype=np.float64)
    steps = np.gradient(points, axis=0)
    steps /= np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
    return points + distance * np.stack([-steps[:, 1], steps[:, 0]], axis=1)

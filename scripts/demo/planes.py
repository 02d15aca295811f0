"""Float planes: blurring, light from display color, perspective."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from scripts.demo.shapes import Outline

Plane = NDArray[np.float32]
Color = tuple[int, int, int]


def plane(values: ArrayLike) -> Plane:
    """Make values float32."""
    return np.asarray(values, dtype=np.float32)


def blurred(values: Plane, sigma: float) -> Plane:
    """Blur like a Gaussian; wide blurs run on a reduced copy."""
    h, w = values.shape
    if min(h, w) < 2 or sigma <= 0.3:
        return values
    factor = max(1, min(int(sigma / 1.4), min(h, w) // 2))
    small = values
    if factor > 1:
        size = (-(-w // factor), -(-h // factor))
        image = Image.fromarray(np.ascontiguousarray(values))
        small = np.asarray(image.resize(size, Image.Resampling.BOX))
    for _ in range(max(1, round(2 * (sigma / factor) ** 2))):
        small = _softened(small)
    if factor > 1:
        image = Image.fromarray(np.ascontiguousarray(small))
        small = np.asarray(image.resize((w, h), Image.Resampling.BICUBIC))
    return small


def _softened(values: Plane) -> Plane:
    """Average with the neighbors: 1 2 1 on both axes."""
    p = np.pad(values, ((1, 1), (0, 0)), mode="edge")
    p = p[:-2] + 2 * p[1:-1] + p[2:]
    p = np.pad(p, ((0, 0), (1, 1)), mode="edge")
    return plane((p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]) * np.float32(1 / 16))


def linear(color: Color) -> Plane:
    """Display color to (roughly) linear light."""
    return plane((np.asarray(color, dtype=np.float32) / 255) ** 2)


def perspective(target: Outline, source: Outline) -> tuple[float, ...]:
    """Pillow's eight coefficients that show `source` corners at `target` corners."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(float(c) for c in np.linalg.solve(np.array(rows), np.array(values)))

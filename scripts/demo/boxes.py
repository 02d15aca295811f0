"""Cartons, seen from a corner: three printed faces in perspective."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scripts.demo import labels
from scripts.demo.canvas import Canvas
from scripts.demo.design import Design
from scripts.demo.palettes import Palette
from scripts.demo.shapes import Outline
from scripts.demo.textures import paper

# Width, height and depth.
_SIZES = (
    (300, 430, 120), (330, 300, 190), (430, 300, 150), (220, 420, 200), (300, 300, 300),
    (260, 460, 90), (420, 240, 240), (360, 400, 110),
)  # fmt: skip


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the carton: view `front` or `back`, each from a corner."""
    rng = design.rng()
    w, h, d = np.asarray(_SIZES[int(rng.integers(0, len(_SIZES)))]) * rng.uniform(
        0.93, 1.07, 3
    )
    yaw = float(rng.uniform(0.36, 0.62)) * (1 if rng.random() < 0.5 else -1)
    pitch = float(rng.uniform(0.2, 0.34))
    if view == "back":
        yaw, pitch = -yaw * 0.8, pitch * 0.9
    half = np.array([w, h, d]) / 2
    corners = _projected(half, yaw, pitch)
    fit = 860 / max(np.ptp(corners[:, 0]), np.ptp(corners[:, 1]))
    middle = (corners.max(axis=0) + corners.min(axis=0)) / 2
    corners = (corners - middle) * fit + 500
    px = 1.15 * fit * canvas.scale
    main = labels.front if view == "front" else labels.back
    flat_main = main(design, palette, round(w * px), round(h * px))
    flat_side = labels.side(design, palette, round(d * px), round(h * px))
    flat_top = labels.lid(design, palette, round(w * px), round(d * px))
    # Corner k has bits: 1 right, 2 lower, 4 near.
    near = corners[[4, 5, 7, 6]]
    top = corners[[0, 1, 5, 4]]
    side = corners[[5, 1, 3, 7]] if yaw < 0 else corners[[0, 4, 6, 2]]
    side_light = 0.62 if yaw < 0 else 0.88
    for image, quad, light in (
        (flat_top, top, 1.12), (flat_side, side, side_light), (flat_main, near, 1.0),
    ):  # fmt: skip
        _face(canvas, image, quad, light)
    edges = canvas.stroke(
        near[[0, 1]], near[[1, 2]] if yaw < 0 else near[[0, 3]], width=3.5
    )
    canvas.ink(edges, (255, 255, 255), 0.35)


def _projected(half: NDArray[np.float64], yaw: float, pitch: float) -> Outline:
    signs = np.array([[(k & 1) * 2 - 1, (k >> 1 & 1) * 2 - 1, (k >> 2) * 2 - 1]
                      for k in range(8)])  # fmt: skip
    x, y, z = (signs * half).T
    x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    y, z = (
        y * np.cos(pitch) - z * np.sin(pitch) * -1,
        z * np.cos(pitch) - y * np.sin(pitch),
    )
    distance = 1500.0
    nearness = distance / (distance - z)
    return np.stack([x * nearness, y * nearness], axis=1)


def _face(canvas: Canvas, image: Image.Image, quad: Outline, light: float) -> None:
    mask = canvas.picture(image, quad)
    h, w = mask.coverage.shape
    y = np.linspace(1.06, 0.92, h, dtype=np.float32)[:, None]
    x = np.linspace(1.03, 0.97, w, dtype=np.float32)[None, :]
    shade = 1 + (light * y * x * 1.12 - 1) * (mask.coverage > 0)
    canvas.dim(mask, shade)
    canvas.finish(mask, 0.12, 0.0)
    canvas.texture(mask, paper(0.8), 0.22)
    middle = quad.mean(axis=0)
    crease = canvas.stroke(
        middle + (np.vstack([quad, quad[:1]]) - middle) * 0.985, width=3
    )
    canvas.darken(crease & mask, 0.12)

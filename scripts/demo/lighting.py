"""The lamp, the sky and the softbox: maps of a product become pixels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.demo.planes import Plane, blurred, plane


@dataclass(frozen=True, slots=True)
class Light:
    """A key lamp, a sky and a softbox.

    Attributes:
        direction: towards the lamp: x right, y down, z to the viewer.
        key: strength of the lamp.
        ambient: strength of the sky.
        tint: red, green and blue of the lamp.
    """

    direction: tuple[float, float, float] = (-0.46, -0.60, 0.66)
    key: float = 0.78
    ambient: float = 0.40
    tint: tuple[float, float, float] = (1.0, 0.99, 0.97)


STUDIO = Light()


def lit_pixels(
    color: Plane,
    height: Plane,
    gloss: Plane,
    metal: Plane,
    light: Light,
    *,
    scale: float,
    corner: tuple[int, int],
) -> NDArray[np.uint8]:
    """Light the maps of a part of a canvas.

    Args:
        color: (3, h, w) linear light that the surface gives back.
        height: (h, w) in pixels, towards the viewer.
        gloss: (h, w) 0 dull to 1 mirror-like.
        metal: (h, w) 0 or 1: colors its mirror image instead of its body.
        light: where it comes from.
        scale: pixels per design unit.
        corner: row and column of the part on its canvas.

    Returns:
        (h, w, 3) display color.
    """
    gy, gx = np.gradient(height)
    nz = 1 / np.sqrt(gx * gx + gy * gy + 1)
    nx, ny = -gx * nz, -gy * nz
    lx, ly, lz = _unit(light.direction)
    lambert = np.clip((nx * lx + ny * ly + nz * lz + 0.18) / 1.18, 0, None)
    hx, hy, hz = _unit((lx, ly, lz + 1))
    logs = np.log(np.clip(nx * hx + ny * hy + nz * hz, 1e-3, 1))
    broad, tight = np.exp(14 * logs), np.exp(110 * logs)
    softbox = _window(nx, -0.78, -0.40, 0.16) * _window(ny, -0.75, 0.45, 0.25)
    rim = _window(nx, 0.66, 0.90, 0.08) * _window(ny, -0.6, 0.6, 0.2)
    occlusion = _occlusion(height, scale, lx, ly)
    lamp = np.asarray(light.tint, np.float32) * np.float32(light.key)
    sky = light.ambient * (0.86 - 0.24 * ny) * (0.45 + 0.55 * occlusion)
    edge = 0.45 + 0.55 * np.sqrt(nz)
    sky *= edge
    lambert *= occlusion * edge
    shine = (
        gloss
        * occlusion
        * (0.10 * broad + gloss * (0.55 * tight + 0.62 * softbox + 0.30 * rim))
    )
    down = np.arange(height.shape[0], dtype=np.float32)[:, None] + corner[0]
    right = np.arange(height.shape[1], dtype=np.float32)[None, :] + corner[1]
    sweep = np.sin((down * 0.8 + right * 0.6) * (0.0065 / scale))
    look = 2 * nz * ny + 0.6 * nx + 0.30 * sweep
    sample = np.linspace(-2, 2, 400)
    table = np.interp(sample, *_STUDIO_WALL).astype(np.float32)
    mirror = table[np.clip((look + 2) * 100, 0, 399).astype(np.int32)]
    mirror = metal * (mirror * (0.5 + 0.5 * occlusion) + 0.55 * tight)
    rest = 1 - metal
    rgb = np.empty((*height.shape, 3), np.uint8)
    for i in range(3):
        level = (sky + lambert * lamp[i]) * rest + mirror
        out = color[i] * level
        out += shine * np.float32(light.tint[i])
        bright = out > 0.75
        out[bright] = 0.75 + 0.35 * np.tanh((out[bright] - 0.75) / 0.35)
        rgb[..., i] = np.clip(np.sqrt(np.clip(out, 0, 1)) * 255 + 0.5, 0, 255)
    return rgb


_STUDIO_WALL = (
    [-2.0, -1.0, -0.55, -0.25, -0.05, 0.08, 0.2, 0.42, 0.8, 2.0],
    [1.5, 1.45, 1.25, 0.85, 0.62, 1.05, 1.2, 0.34, 0.5, 0.14],
)
"""What metal mirrors, by how far its normal leans down, from light to dark."""


def _unit(direction: tuple[float, float, float]) -> tuple[float, float, float]:
    norm = float(np.linalg.norm(direction))
    x, y, z = direction
    return x / norm, y / norm, z / norm


def _occlusion(height: Plane, scale: float, lx: float, ly: float) -> Plane:
    """How much light reaches each pixel past its higher neighbors, 0..1."""
    light = np.ones_like(height)
    for reach, strength in ((5.0, 0.20), (16.0, 0.075)):
        around = blurred(height, reach * scale)
        dy, dx = round(-ly * reach * 0.8 * scale), round(-lx * reach * 0.8 * scale)
        h, w = height.shape
        around = around[np.clip(np.arange(h) - dy, 0, h - 1)]
        around = around[:, np.clip(np.arange(w) - dx, 0, w - 1)]
        light /= 1 + strength / scale * np.clip(around - height, 0, 60)
    return light


def _window(values: Plane, low: float, high: float, edge: float) -> Plane:
    """1 between low and high, falling smoothly to 0 over `edge` on both sides."""
    rise = np.clip((values - low) / edge + 0.5, 0, 1)
    fall = np.clip((high - values) / edge + 0.5, 0, 1)
    t = rise * fall
    return plane(t * t * (3 - 2 * t))

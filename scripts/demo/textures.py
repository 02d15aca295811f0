"""Grains that tile (heights in -1..1) and noises, made once per process."""

from functools import lru_cache

import numpy as np
from PIL import Image

from scripts.demo.planes import Plane, blurred

_TILE_PX = 256


def _normal(plane: Plane) -> Plane:
    plane = plane - plane.mean()
    return (plane / max(float(np.abs(plane).max()), 1e-6)).astype(np.float32)


def noise(rng: np.random.Generator, size: tuple[int, int], cell_px: float) -> Plane:
    """Smooth noise (height, width) in -1..1 whose bumps are about `cell_px` wide."""
    h, w = size
    grid = rng.standard_normal(
        (max(3, round(h / cell_px) + 2), max(3, round(w / cell_px) + 2))
    )
    image = Image.fromarray(grid.astype(np.float32))
    return _normal(np.asarray(image.resize((w, h), Image.Resampling.BICUBIC)))


def _tiling_noise(rng: np.random.Generator, sigma: float) -> Plane:
    plane = rng.standard_normal((_TILE_PX, _TILE_PX)).astype(np.float32)
    wide = np.tile(plane, (3, 3))
    return _normal(blurred(wide, sigma)[_TILE_PX:-_TILE_PX, _TILE_PX:-_TILE_PX])


@lru_cache
def leather(num_cells: int = 900) -> Plane:
    """Pebbles with creases between them."""
    rng = np.random.default_rng(num_cells)
    points = rng.uniform(0, _TILE_PX, (num_cells, 2)).astype(np.float32)
    reach = round(2.2 * _TILE_PX / np.sqrt(num_cells))
    first = np.full((_TILE_PX, _TILE_PX), 1e9, np.float32)
    second = first.copy()
    span = np.arange(-reach, reach + 1)
    for x, y in points:
        rows, cols = (int(y) + span) % _TILE_PX, (int(x) + span) % _TILE_PX
        dist = np.hypot(*np.meshgrid(span - y % 1, span - x % 1, indexing="ij"))
        at = np.ix_(rows, cols)
        nearer = np.minimum(first[at], dist)
        second[at] = np.minimum(second[at], np.maximum(first[at], dist))
        first[at] = nearer
    crease = np.clip((second - first) / 3.0, 0, 1)
    return _normal(crease + 0.25 * _tiling_noise(rng, 6))


@lru_cache
def weave(pitch_px: int = 8, is_twill: bool = False) -> Plane:
    """Threads over and under: canvas, or twill with its diagonal."""
    y, x = np.mgrid[:_TILE_PX, :_TILE_PX]
    a, b = x * np.pi * 2 / pitch_px, y * np.pi * 2 / pitch_px
    if is_twill:
        plane = np.sin(a + b) + 0.3 * np.sin(a - b)
    else:
        over = ((x // (pitch_px // 2) + y // (pitch_px // 2)) % 2).astype(np.float32)
        plane = over * np.abs(np.sin(a)) + (1 - over) * np.abs(np.sin(b))
    rng = np.random.default_rng(pitch_px)
    return _normal(plane + 0.35 * _tiling_noise(rng, 1.2))


@lru_cache
def knit(pitch_px: int = 8) -> Plane:
    """Columns of small V-shaped loops: jersey."""
    y, x = np.mgrid[:_TILE_PX, :_TILE_PX]
    column = np.abs((x % pitch_px) / pitch_px - 0.5) * 2
    loops = np.sin(2 * np.pi * (y / pitch_px + column * 0.7))
    rng = np.random.default_rng(pitch_px)
    return _normal(loops + 0.8 * column + 0.5 * _tiling_noise(rng, 1.0))


@lru_cache
def mesh(pitch_px: int = 8) -> Plane:
    """A net of small holes: sports fabric."""
    y, x = np.mgrid[:_TILE_PX, :_TILE_PX].astype(np.float32)
    row = np.floor(y / pitch_px)
    u = (x + (row % 2) * pitch_px / 2) % pitch_px - pitch_px / 2
    v = y % pitch_px - pitch_px / 2
    return _normal(np.clip(np.hypot(u, v) - pitch_px * 0.24, -2, 1.2))


@lru_cache
def brushed(is_vertical: bool = False) -> Plane:
    """Fine parallel scratches: brushed steel."""
    rng = np.random.default_rng(5)
    lines = rng.standard_normal((_TILE_PX, 1)).astype(np.float32)
    plane = np.repeat(lines, _TILE_PX, axis=1) + 0.5 * _tiling_noise(rng, 1)
    return _normal(plane.T if is_vertical else plane)


@lru_cache
def paper(sigma: float = 1.0) -> Plane:
    """Even fine grain: board, plaster, rubber."""
    return _tiling_noise(np.random.default_rng(int(sigma * 10)), sigma)

"""Artwork that fills the sheet: tiles, fruit, blocks, contours, scales."""

import numpy as np

from scripts.demo.palettes import Palette, mixed
from scripts.demo.shapes import (
    ellipse,
    moved,
    polygon,
    rectangle,
    spline,
)
from scripts.demo.sheet import Sheet, shades


def truchet(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """A mosaic of quarter arcs, triangles and dots."""
    n = int(rng.integers(4, 8))
    side = 1 / n
    colors = [*shades(rng, palette), palette.main, palette.dark]
    for row in range(int(np.ceil(sheet.tall * n))):
        for col in range(n):
            x, y = col * side, row * side
            a, b = rng.choice(len(colors), 2, replace=False)
            sheet.shape(rectangle(x, y, x + side, y + side), colors[a])
            corner = int(rng.integers(0, 4))
            cx, cy = x + side * (corner % 2), y + side * (corner // 2)
            kind = int(rng.integers(0, 4))
            if kind < 2:
                for r, c in ((1.0, colors[b]), (0.55, colors[a]), (0.25, colors[b])):
                    arc = ellipse(cx, cy, side * r)
                    sheet.shape(np.clip(arc, (x, y), (x + side, y + side)), c)
            elif kind == 2:
                sheet.shape(
                    np.array(
                        [(cx, cy), (x + side - (cx - x), cy), (cx, y + side - (cy - y))]
                    ),
                    colors[b],
                )
            else:
                sheet.shape(ellipse(x + side / 2, y + side / 2, side * 0.34), colors[b])
                sheet.shape(ellipse(x + side / 2, y + side / 2, side * 0.16), colors[a])


def citrus(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Cut fruit, whole fruit and leaves."""
    tall = sheet.tall
    for i in range(int(rng.integers(7, 12))):
        x, y = rng.uniform(0.05, 0.95), tall * rng.uniform(0.1, 0.95)
        r, turn = rng.uniform(0.1, 0.2), rng.uniform(0, 6.3)
        color = palette.accent if i % 3 else mixed(palette.accent, palette.second, 0.5)
        for k in range(2):
            leaf = spline([(0, 0), (0.5, -0.25), (1, 0), (0.5, 0.25)])
            sheet.shape(
                moved(leaf, scale=r * 1.7, turn=turn + 0.7 * k, by=(x, y)),
                mixed(palette.second, palette.dark, 0.4 + 0.2 * k),
            )
        sheet.shape(ellipse(x, y, r), color)
        if rng.random() < 0.7:
            sheet.shape(ellipse(x, y, r * 0.9), palette.light)
            num = int(rng.integers(7, 11))
            for k in range(num):
                a = turn + 2 * np.pi * k / num
                wedge = np.array([(0.12, 0), (0.75, -0.24), (0.82, 0), (0.75, 0.24)])
                sheet.shape(
                    moved(spline(wedge), scale=r, turn=a, by=(x, y)),
                    mixed(color, palette.light, 0.15),
                )
        else:
            sheet.shape(
                ellipse(x - r * 0.3, y - r * 0.3, r * 0.3),
                mixed(color, palette.light, 0.4),
            )


def blocks(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Circles, bars and arcs on a grid: a modernist poster."""
    tall = sheet.tall
    colors = [*shades(rng, palette), palette.dark]
    for _ in range(int(rng.integers(9, 15))):
        x, y = rng.uniform(0.05, 0.95), rng.uniform(0.05, 0.95) * tall
        r = rng.uniform(0.06, 0.22)
        color = colors[int(rng.integers(0, 6))]
        kind = int(rng.integers(0, 5))
        turn = float(rng.integers(0, 8)) * np.pi / 4
        if kind == 0:
            sheet.shape(ellipse(x, y, r), color)
            sheet.shape(ellipse(x, y, r * 0.55), colors[int(rng.integers(0, 6))])
        elif kind == 1:
            bar = rectangle(-1.3, -0.22, 1.3, 0.22)
            sheet.shape(moved(bar, scale=r, turn=turn, by=(x, y)), color)
        elif kind == 2:
            half = ellipse(0, 0, 1)[:37]
            sheet.shape(moved(half, scale=r, turn=turn, by=(x, y)), color)
        elif kind == 3:
            for k in range(4):
                rule = moved(
                    [(-1, -0.6 + 0.4 * k), (1, -0.6 + 0.4 * k)],
                    scale=r,
                    turn=turn,
                    by=(x, y),
                )
                sheet.line(rule, color, 0.012)
        else:
            sheet.shape(polygon(x, y, r, 3, turn), color)


def contours(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Height lines of an unknown country."""
    tall = sheet.tall
    a = np.linspace(0, 2 * np.pi, 140)
    for _ in range(int(rng.integers(2, 5))):
        cx, cy = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9) * tall
        waves = rng.uniform(-0.16, 0.16, 4)
        phase = rng.uniform(0, 6, 4)
        wobble = 1 + sum(waves[k] * np.sin((k + 2) * a + phase[k]) for k in range(4))
        num_rings = int(rng.integers(6, 10))
        for i in range(num_rings, 0, -1):
            r = 0.045 * i * wobble
            ring = np.stack([cx + r * np.cos(a), cy + r * np.sin(a)], axis=1)
            share = 1 - i / num_rings
            sheet.shape(ring, mixed(palette.second, palette.accent, share))
            sheet.line(ring, palette.light if i % 3 else palette.dark, 0.006)
        sheet.shape(polygon(cx, cy, 0.022, 3), palette.dark)


def scales(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Rows of fans, a few of them colored."""
    n = int(rng.integers(4, 8))
    r = 0.5 / n
    colors = shades(rng, palette)
    for row in range(-1, int(sheet.tall / (r * 0.9)) + 2):
        for col in range(-1, n + 1):
            cx, cy = (2 * col + 1 + (row % 2)) * r, row * r * 0.9
            first = colors[int(rng.integers(0, 5))]
            for k, share in enumerate((1.0, 0.78, 0.54, 0.3)):
                tone = palette.dark if k % 2 == 0 else first
                sheet.shape(ellipse(cx, cy, r * share, steps=40), tone)

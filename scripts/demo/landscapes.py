"""Artwork with a motif: suns, peaks, plants, planets, houses."""

import numpy as np

from scripts.demo.palettes import Palette, mixed
from scripts.demo.shapes import (
    ellipse,
    moved,
    rectangle,
    spline,
    star,
)
from scripts.demo.sheet import Sheet, shades


def sunrise(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """A sun with rays over rows of waves."""
    tall = sheet.tall
    cx, cy = rng.uniform(0.35, 0.65), tall * rng.uniform(0.38, 0.52)
    num_rays = int(rng.integers(9, 22))
    for i in range(num_rays):
        a = 2 * np.pi * (i + rng.uniform(-0.12, 0.12)) / num_rays
        inner, outer = 0.25, rng.uniform(0.34, 0.48)
        path = np.array(
            [(cx + r * np.cos(a), cy + r * np.sin(a)) for r in (inner, outer)]
        )
        sheet.line(path, palette.accent, rng.uniform(0.008, 0.022))
    sheet.shape(ellipse(cx, cy, 0.21), palette.accent)
    sheet.shape(ellipse(cx, cy, 0.16), mixed(palette.accent, palette.light, 0.4))
    colors = shades(rng, palette)
    num_waves = int(rng.integers(4, 7))
    for i in range(num_waves):
        y = cy + (tall - cy) * (0.12 + 0.88 * i / num_waves)
        x = np.linspace(-0.02, 1.02, 80)
        crest = y + rng.uniform(0.012, 0.035) * np.sin(
            x * rng.uniform(8, 24) + rng.uniform(0, 6)
        )
        top = np.stack([x, crest], axis=1)
        sheet.shape(
            np.vstack([top, [(1.02, tall + 0.1), (-0.02, tall + 0.1)]]),
            mixed(colors[i % 5], palette.dark, 0.1 * (i % 3)),
        )
        sheet.line(top, palette.light, 0.006)


def peaks(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Ridges in mist, with a moon and pines."""
    tall = sheet.tall
    mx, my = rng.uniform(0.2, 0.8), tall * rng.uniform(0.16, 0.3)
    sheet.shape(ellipse(mx, my, rng.uniform(0.08, 0.15)), palette.accent)
    num_ridges = int(rng.integers(3, 6))
    for i in range(num_ridges):
        share = (i + 1) / num_ridges
        color = mixed(palette.second, palette.dark, share)
        base = tall * (0.30 + 0.52 * share)
        xs = np.linspace(-0.05, 1.05, int(rng.integers(5, 10)))
        ys = base - rng.uniform(-0.04, 0.26, xs.size) * tall * (1.1 - 0.6 * share)
        ridge = np.stack([xs, ys], axis=1)
        sheet.shape(
            np.vstack([ridge, [(1.05, tall * 1.1), (-0.05, tall * 1.1)]]), color
        )
        tops = [k for k in range(1, xs.size - 1) if ys[k] < min(ys[k - 1], ys[k + 1])]
        for k in tops:
            p, left, right = ridge[k], ridge[k - 1], ridge[k + 1]
            a, b = p + (left - p) * 0.32, p + (right - p) * 0.32
            mid = (a + b) / 2
            sheet.shape(
                np.array(
                    [
                        p,
                        b,
                        mid + np.array([0.015, -0.01]),
                        mid + np.array([-0.01, 0.02]),
                        a,
                    ]
                ),
                palette.light,
            )
    for _ in range(int(rng.integers(7, 16))):
        x, y = rng.uniform(0, 1), tall * rng.uniform(0.88, 1.02)
        h = rng.uniform(0.08, 0.2)
        for j in range(4):
            w, t = h * (0.1 + 0.07 * j), y - h * (1 - 0.2 * j)
            sheet.shape(
                np.array([(x, t), (x + w, t + h * 0.34), (x - w, t + h * 0.34)]),
                mixed(palette.dark, palette.main, 0.25),
            )


def botanical(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Sprigs of leaves and berries growing from the foot."""
    tall = sheet.tall
    colors = shades(rng, palette)
    for s in range(int(rng.integers(4, 8))):
        foot = np.array([rng.uniform(0.3, 0.7), tall * 1.0])
        tip = np.array([rng.uniform(0.02, 0.98), tall * rng.uniform(0.08, 0.45)])
        bend = np.array([rng.uniform(-0.2, 0.2), 0.0])
        stem = spline([foot, (foot + tip) / 2 + bend, tip], closed=False, steps=24)
        color = colors[s % 3]
        sheet.line(stem, color, 0.008)
        length, width = rng.uniform(0.08, 0.16), rng.uniform(0.2, 0.5)
        shape = spline([(0, 0), (0.5, -width / 2), (1, 0), (0.5, width / 2)])
        for k in range(6, len(stem) - 1, int(rng.integers(4, 8))):
            ahead = stem[k + 1] - stem[k]
            angle = float(np.arctan2(ahead[1], ahead[0]))
            for side in (-1, 1):
                turn = angle + side * rng.uniform(0.6, 1.0)
                x, y = stem[k]
                leaf = moved(shape, scale=length, turn=turn, by=(float(x), float(y)))
                sheet.shape(leaf, mixed(color, palette.dark, 0.2 * (side > 0)))
                vein = moved(
                    [(0, 0), (0.85, 0)],
                    scale=length,
                    turn=turn,
                    by=(float(x), float(y)),
                )
                sheet.line(vein, palette.light, 0.004)
        for _ in range(int(rng.integers(2, 6))):
            x, y = tip + rng.uniform(-0.05, 0.05, 2)
            sheet.shape(ellipse(x, y, rng.uniform(0.012, 0.026)), palette.accent)


def orbits(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Planets on rings, stars between."""
    tall = sheet.tall
    cx, cy = rng.uniform(0.35, 0.65), tall * rng.uniform(0.4, 0.6)
    colors = shades(rng, palette)
    for _ in range(40):
        x, y = rng.uniform(0, 1), rng.uniform(0, tall)
        size = rng.uniform(0.004, 0.016)
        sheet.shape(star(x, y, size, size * 0.35, 4), palette.light)
    tilt, squash = rng.uniform(-0.6, 0.6), rng.uniform(0.35, 1.0)
    for i in range(int(rng.integers(4, 7))):
        r = 0.16 + 0.075 * i
        ring = moved(ellipse(0, 0, r, r * squash), turn=tilt, by=(cx, cy))
        sheet.line(np.vstack([ring, ring[:1]]), palette.light, 0.006)
        x, y = ring[int(rng.integers(0, len(ring)))]
        size = rng.uniform(0.025, 0.06)
        sheet.shape(ellipse(x, y, size), colors[i % 5])
        sheet.shape(
            ellipse(x - size * 0.25, y - size * 0.25, size * 0.4),
            mixed(colors[i % 5], palette.light, 0.5),
        )
    sheet.shape(ellipse(cx, cy, 0.11), palette.accent)
    sheet.shape(star(cx, cy, 0.09, 0.05, int(rng.integers(6, 14))), palette.light)


def skyline(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Houses of a harbor town with lit windows."""
    tall = sheet.tall
    colors = shades(rng, palette)
    x = 0.0
    sheet.shape(ellipse(rng.uniform(0.2, 0.8), tall * 0.28, 0.15), palette.accent)
    k = 0
    while x < 1:
        w, h = rng.uniform(0.08, 0.2), tall * rng.uniform(0.3, 0.66)
        top = tall * 0.92 - h
        color = mixed(colors[k % 5], palette.dark, rng.uniform(0.1, 0.5))
        sheet.shape(rectangle(x, top, x + w, tall * 0.92), color)
        roof = int(rng.integers(0, 3))
        if roof == 0:
            sheet.shape(
                np.array([(x, top), (x + w / 2, top - w * 0.6), (x + w, top)]), color
            )
        elif roof == 1:
            sheet.shape(ellipse(x + w / 2, top, w / 2), color)
        step = w / int(rng.integers(2, 5))
        for wy in np.arange(top + 0.03, tall * 0.88, step * 1.2):
            for wx in np.arange(x + step * 0.25, x + w - step * 0.5, step):
                lit = palette.light if rng.random() < 0.6 else palette.dark
                sheet.shape(rectangle(wx, wy, wx + step * 0.5, wy + step * 0.7), lit)
        x += w
        k += 1
    for i in range(4):
        y = tall * (0.935 + 0.02 * i)
        sheet.line(
            np.array([(rng.uniform(0, 0.3), y), (rng.uniform(0.6, 1), y)]),
            palette.second,
            0.008,
        )

"""Flat pictures in a design's colors: for labels, cartons, prints and patterns."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.lettering import write
from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color
from scripts.demo.shapes import (
    Outline,
    ellipse,
    moved,
    polygon,
    rectangle,
    spline,
    star,
)

Painter = Callable[["Sheet", np.random.Generator, Palette], None]


class Sheet:
    """A flat RGBA picture in units of its width, drawn at twice its size."""

    def __init__(
        self, width_px: int, height_px: int, ground: Color | None = None
    ) -> None:
        self.size_px = (width_px, height_px)
        self.tall = height_px / width_px
        fill = (*ground, 255) if ground else (0, 0, 0, 0)
        self.image = Image.new("RGBA", (width_px * 2, height_px * 2), fill)
        self.pen = ImageDraw.Draw(self.image)
        self.unit = width_px * 2

    def shape(self, outline: Outline, color: Color) -> None:
        """Fill an outline."""
        self.pen.polygon([(float(x), float(y)) for x, y in outline * self.unit], color)

    def line(self, path: Outline, color: Color, width: float) -> None:
        """Draw a line of a width (same unit) along a path."""
        points = [(float(x), float(y)) for x, y in path * self.unit]
        thick = max(1, round(width * self.unit))
        self.pen.line(points, color, thick, joint="curve")
        r = thick / 2
        if thick > 3:
            for x, y in (points[0], points[-1]):
                self.pen.ellipse((x - r, y - r, x + r, y + r), color)

    def done(self) -> Image.Image:
        """The picture at its own size, smooth."""
        return self.image.reduce(2)


def _colors(rng: np.random.Generator, palette: Palette) -> list[Color]:
    colors = [
        palette.accent,
        palette.second,
        palette.light,
        mixed(palette.main, palette.light, 0.35),
        mixed(palette.accent, palette.dark, 0.35),
    ]
    return [colors[i] for i in rng.permutation(len(colors))]


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
    colors = _colors(rng, palette)
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
    colors = _colors(rng, palette)
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
    colors = _colors(rng, palette)
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


def truchet(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """A mosaic of quarter arcs, triangles and dots."""
    n = int(rng.integers(4, 8))
    side = 1 / n
    colors = [*_colors(rng, palette), palette.main, palette.dark]
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
    colors = [*_colors(rng, palette), palette.dark]
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
    colors = _colors(rng, palette)
    for row in range(-1, int(sheet.tall / (r * 0.9)) + 2):
        for col in range(-1, n + 1):
            cx, cy = (2 * col + 1 + (row % 2)) * r, row * r * 0.9
            first = colors[int(rng.integers(0, 5))]
            for k, share in enumerate((1.0, 0.78, 0.54, 0.3)):
                tone = palette.dark if k % 2 == 0 else first
                sheet.shape(ellipse(cx, cy, r * share, steps=40), tone)


def skyline(sheet: Sheet, rng: np.random.Generator, palette: Palette) -> None:
    """Houses of a harbor town with lit windows."""
    tall = sheet.tall
    colors = _colors(rng, palette)
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


PAINTERS: tuple[Painter, ...] = (
    sunrise, peaks, botanical, orbits, truchet, citrus, blocks, contours, scales,
    skyline,
)  # fmt: skip


def artwork(
    seed: int, palette: Palette, width_px: int, height_px: int, *, ground: Color | None
) -> Image.Image:
    """Draw one of the pictures; the seed alone decides which and how."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(width_px, height_px, ground)
    PAINTERS[int(rng.integers(0, len(PAINTERS)))](sheet, rng, palette)
    return sheet.done()


def barcode(seed: int, width_px: int, height_px: int) -> Image.Image:
    """Black bars on white, with digits."""
    rng = np.random.default_rng(seed)
    sheet = Sheet(width_px, height_px, (252, 252, 252))
    x = 0.06
    while x < 0.92:
        w = rng.integers(1, 4) * 0.008
        sheet.shape(rectangle(x, 0.06, x + w, sheet.tall * 0.78), (20, 20, 20))
        x += w + rng.integers(1, 4) * 0.008
    image = sheet.done()
    pen = ImageDraw.Draw(image)
    digits = "".join(str(d) for d in rng.integers(0, 10, 13))
    write(
        pen,
        (width_px / 2, height_px * 0.89),
        digits,
        max(6, height_px // 7),
        (20, 20, 20),
        spacing=0.1,
    )
    return image

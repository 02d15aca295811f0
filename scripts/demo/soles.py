"""What a shoe stands on: the midsole from the side, the tread from below."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import Palette, luminance, mixed
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
from scripts.demo.textures import paper

GROUND = 772.0


def draw_midsole(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    base: float,
    thick: float,
    color: Color,
) -> None:
    """Draw the foam and the edge of the outsole, from the side."""
    rng = design.rng(41)
    spring = rng.uniform(14, 36)
    flare = rng.uniform(0, 24)
    outline = spline([
        (40, base - 4), (200, base + 12), (480, base + 8), (760, base - 4), (900,
        base - 22),
        (962 + flare, base - 20), (972 + flare, base + 20), (950, GROUND - 20),
        (900, GROUND - 4), (500, GROUND - 2), (260, GROUND - 4),
        (120, GROUND - spring * 0.5 - 6), (44, base + thick * 0.45 - spring * 0.3),
        (26, base + 24),
    ])  # fmt: skip
    mask = canvas.fill(outline)
    canvas.body(mask, color, depth=52, base=36, roundness=34, gloss=0.22)
    canvas.texture(mask, paper(1.0), 0.35)
    stripe_y = base + thick * rng.uniform(0.36, 0.5)
    line = spline([(20, stripe_y - 10), (300, stripe_y + 6), (700, stripe_y),
                   (990, stripe_y - 14)], closed=False)  # fmt: skip
    kind = int(rng.integers(0, 4))
    if kind == 0:
        canvas.panel(canvas.stroke(line, width=13) & mask, palette.accent, rise=2)
    elif kind == 1:
        grooves = [
            spline(
                [(x, base + 16), (x - 16, base + thick * 0.5), (x, GROUND - 18)],
                closed=False,
            )
            for x in np.arange(100, 950, rng.uniform(22, 40))
        ]
        canvas.emboss(canvas.stroke(*grooves, width=6) & mask, -7, 2)
    elif kind == 2:
        cells = [polygon(float(x), base + thick * 0.5 + (i % 2) * 9 - 4, 15, 6)
                 for i, x in enumerate(np.arange(560, 940, 31))]  # fmt: skip
        canvas.panel(canvas.fill(*cells) & mask, palette.accent, rise=-8, soften=1.5)
        canvas.emboss(canvas.stroke(line, width=5) & mask, -5, 1.5)
    else:
        window = rectangle(
            600, base + thick * 0.25, 900, base + thick * 0.66, radius=22
        )
        canvas.panel(
            canvas.fill(window) & mask, palette.accent, rise=-6, soften=2, gloss=0.9
        )
        bars = [rectangle(x, 0, x + 9, 1000) for x in range(640, 900, 44)]
        canvas.panel(canvas.fill(*bars) & canvas.fill(window) & mask, color, rise=6)
    text = f"{design.model.upper()} {design.code}"
    image = Image.new("RGBA", (600, 70))
    ink = palette.dark if luminance(color) > 0.5 else palette.light
    write(
        ImageDraw.Draw(image),
        (10, 35),
        text,
        58,
        ink,
        align="left",
        spacing=0.1,
        weight=0.06,
    )
    y = base + thick * 0.52
    canvas.picture(image, rectangle(330, y - 12, 536, y + 12), mask)
    canvas.seam(line - (0, stripe_y - base - 22), color=mixed(color, palette.dark, 0.3),
                within=mask, width=2.4)  # fmt: skip
    foot = canvas.fill(rectangle(0, GROUND - 24, 1000, 1000)) & mask
    outsole = palette.dark if color != palette.dark else palette.accent
    canvas.panel(foot, outsole, rise=3, soften=2)
    pitch = rng.uniform(20, 46)
    notches = [np.array([(x, GROUND + 10), (x + pitch * 0.2, GROUND - 15),
                         (x + pitch * 0.4, GROUND + 10)])
               for x in np.arange(60, 960, pitch)]  # fmt: skip
    canvas.darken(canvas.fill(*notches) & mask, 0.6)
    canvas.emboss(canvas.fill(*notches) & mask, -8, 2)


def draw_sole(canvas: Canvas, design: Design, palette: Palette) -> None:
    """Draw the whole outsole from below."""
    rng = design.rng(42)
    w = rng.uniform(0.94, 1.08)
    edge = spline([
        (_x(0, w), 40), (_x(110, w), 62), (_x(172, w), 160), (_x(178, w), 300),
        (_x(140, w), 440), (_x(112, w), 560), (_x(124, w), 720), (_x(130, w), 850),
        (_x(90, w), 938), (_x(-6, w), 960), (_x(-98, w), 930), (_x(-128, w), 840),
        (_x(-112, w), 700), (_x(-92, w), 560), (_x(-122, w), 430), (_x(-160, w), 300),
        (_x(-156, w), 170), (_x(-100, w), 68),
    ], steps=10)  # fmt: skip
    rim_color = palette.light if rng.random() < 0.6 else palette.main
    rim = canvas.fill(edge)
    canvas.body(rim, rim_color, depth=40, roundness=30, gloss=0.2)
    middle = edge.mean(axis=0)
    inner_edge = middle + (edge - middle) * (0.91, 0.965)
    ground = canvas.fill(inner_edge)
    base_color = mixed(palette.dark, palette.main, 0.35)
    canvas.panel(ground, base_color, rise=-8, soften=2)
    canvas.texture(ground, paper(1.2), 0.5)
    zones = [(0.0, 460.0), (640.0, 1000.0)]
    kind = int(rng.integers(0, 5))
    for k, (low, high) in enumerate(zones):
        zone = canvas.fill(rectangle(0, low, 1000, high)) & ground
        tone = (palette.accent, palette.second)[(k + design.seed) % 2]
        _tread(canvas, zone, kind, tone, (low, high), rng)
    _arch(canvas, design, palette, ground)


def _x(offset: float, width: float) -> float:
    return 500 + offset * width


def _tread(
    canvas: Canvas,
    zone: Mask,
    kind: int,
    color: Color,
    span: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    low, high = span
    pitch = float(rng.uniform(30, 46))
    shapes: list[Outline] = []
    if kind == 0:
        for y in np.arange(low - 40, high + 40, pitch):
            xs = np.arange(300, 720, pitch * 0.8)
            ys = y + (np.arange(xs.size) % 2) * pitch * 0.6
            shapes.append(np.stack([xs, ys], axis=1))
        mask = canvas.stroke(*shapes, width=pitch * 0.42, is_round=False)
    elif kind == 1:
        for r, y in enumerate(np.arange(low, high + pitch, pitch * 1.5)):
            for x in np.arange(300 + (r % 2) * pitch * 0.9, 720, pitch * 1.8):
                shapes.append(
                    star(x, y, pitch * 0.72, pitch * 0.42, 3, (r % 2) * np.pi)
                )
        mask = canvas.fill(*shapes)
    elif kind == 2:
        cx, cy = 500 + rng.uniform(-30, 30), (max(low, 60) + min(high, 950)) / 2
        for q in np.arange(pitch * 0.5, 420, pitch):
            ring = ellipse(cx, cy, q, steps=100)
            shapes.append(np.vstack([ring, ring[:1]]))
        mask = canvas.stroke(*shapes, width=pitch * 0.5)
    elif kind == 3:
        for r, y in enumerate(np.arange(low, high + pitch, pitch * 1.1)):
            for x in np.arange(300 + (r % 2) * pitch * 0.65, 720, pitch * 1.3):
                shapes.append(polygon(x, y, pitch * 0.56, 6))
        mask = canvas.fill(*shapes)
    else:
        for y in np.arange(low - 40, high + 40, pitch):
            xs = np.linspace(300, 720, 60)
            shapes.append(np.stack([xs, y + 12 * np.sin(xs / pitch * 2)], axis=1))
        mask = canvas.stroke(*shapes, width=pitch * 0.5, is_round=False)
    canvas.panel(mask & zone, color, rise=11, soften=2, gloss=0.2)
    rib = moved(np.array([(0.0, -500.0), (0.0, 1500.0)]), turn=0.12, by=(510, 0))
    canvas.emboss(canvas.stroke(rib, width=9) & zone, -9, 2)


def _arch(canvas: Canvas, design: Design, palette: Palette, ground: Mask) -> None:
    rng = design.rng(43)
    ink = palette.light
    inked, cut = design.brand.mark.placed(505, 530, 46)
    canvas.panel(canvas.fill(*inked, holes=cut) & ground, ink, rise=6, gloss=0.3)
    image = Image.new("RGBA", (420, 120))
    pen = ImageDraw.Draw(image)
    name = design.brand.name.upper() or design.model.upper()
    write(
        pen, (210, 36), name, fitted(name, 58, 400, 0.1), ink, spacing=0.1, weight=0.08
    )
    size = f"EU {rng.integers(36, 47)}  {design.code}"
    write(pen, (210, 92), size, fitted(size, 44, 400, 0.06), ink, spacing=0.06)
    mask = canvas.picture(image, rectangle(420, 580, 592, 630), ground)
    canvas.emboss(mask, 2.5, 0.8)

"""Sneakers and boots: the side with laces and panels, and the sole with its tread."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import Palette, luminance, mixed
from scripts.demo.planes import Color, Plane
from scripts.demo.shapes import (
    Outline,
    ellipse,
    rectangle,
    shifted,
    spline,
)
from scripts.demo.soles import GROUND, draw_midsole, draw_sole
from scripts.demo.textures import leather, mesh, paper, weave


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the shoe: view `side` (toe to the left) or `sole`."""
    if view == "sole":
        draw_sole(canvas, design, palette)
    else:
        _side(canvas, design, palette)


def _side(canvas: Canvas, design: Design, palette: Palette) -> None:
    rng = design.rng()
    is_high = rng.random() < 0.3
    top = rng.uniform(262, 310) if is_high else rng.uniform(404, 438)
    thick = rng.uniform(64, 124)
    rise = rng.uniform(-14, 16)
    base = GROUND - thick
    outline, collar = _upper_outline(top, base, rise, is_high)
    sole_color = (palette.light, palette.dark, palette.accent)[
        int(rng.choice(3, p=[0.6, 0.25, 0.15]))
    ]
    _tongue(canvas, design, palette, top, is_high)
    upper = canvas.fill(outline)
    canvas.body(upper, palette.main, depth=70, roundness=120, gloss=0.12)
    fabric = (mesh(7), leather(2400), weave(4), mesh(9))[int(rng.integers(0, 4))]
    if rng.random() < 0.3:
        art = artwork(design.seed, palette, 560, 300, ground=palette.main)
        canvas.picture(art, rectangle(180, base - 290, 900, base + 20), upper)
    canvas.texture(upper, fabric, 0.9, shade=0.10)
    _overlays(canvas, design, palette, upper, base, top, is_high)
    _lining(canvas, palette, upper, collar, rng)
    _laces(canvas, palette, upper, base, top, rise, is_high, rng)
    _branding(canvas, design, palette, upper, base, rng)
    draw_midsole(canvas, design, palette, base, thick, sole_color)


def _vamp(top: float, base: float, rise: float, is_high: bool) -> Outline:
    """From above the toes up to the throat: where the laces run."""
    tall = base - top
    low, high = (0.50, 0.70) if is_high else (0.66, 0.84)
    throat = 520.0 if is_high else 490.0
    return np.array([
        (282, base - low * tall - rise), (384, base - high * tall - rise * 0.5),
        (throat - 50, top + 0.10 * tall), (throat, top + 4),
    ])  # fmt: skip


def _upper_outline(
    top: float, base: float, rise: float, is_high: bool
) -> tuple[Outline, Outline]:
    tall = base - top
    vamp = _vamp(top, base, rise, is_high)
    front = [
        (50, base + 10), (54, base - 56), (96, base - 104 - rise),
        (180, base - 134 - rise), *vamp,
    ]  # fmt: skip
    throat = float(vamp[-1, 0])
    dip = 50.0 if not is_high else 18.0
    collar = [
        (throat, top + 4), (throat + 60, top + dip * 0.7), (660, top + dip),
        (780, top + dip * 0.7), (852, top + 2), (884, top - 16),
    ]  # fmt: skip
    heel = [
        (908, top + 4), (896, top + tall * 0.30), (902, top + tall * 0.62),
        (926, base - 30), (934, base + 14),
    ]  # fmt: skip
    floor = [(900.0, base + 40), (500.0, base + 40), (100.0, base + 40)]
    points = [*front, *collar[1:], *heel, *floor]
    return spline(points, steps=10), spline(collar, closed=False, steps=10)


def _tongue(
    canvas: Canvas, design: Design, palette: Palette, top: float, is_high: bool
) -> None:
    shift = 22 if is_high else -6
    outline = spline([(330 + shift, top + 150), (400 + shift, top + 30), (436 + shift,
    top - 46),
                      (478 + shift, top - 62), (530 + shift, top - 34),
                      (548 + shift, top + 40), (500, top + 160)])  # fmt: skip
    mask = canvas.fill(outline)
    canvas.body(mask, mixed(palette.second, palette.main, 0.3), depth=40, roundness=36)
    canvas.texture(mask, mesh(7), 1.0, shade=0.1)
    canvas.seam(spline(outline[:56] * 0.94 + np.array([30, 18]), closed=False),
                color=palette.light, within=mask, width=2.4)  # fmt: skip
    far = canvas.fill(spline([(520 + shift, top + 30), (640, top - 6), (780, top - 14),
                              (872, top - 24), (880, top + 60), (700, top + 100),
                              (560 + shift, top + 90)]))  # fmt: skip
    canvas.body(far, mixed(palette.second, palette.dark, 0.55), depth=16, roundness=24)
    canvas.texture(far, mesh(7), 0.8, shade=0.1)


def _patch(
    canvas: Canvas,
    palette: Palette,
    upper: Mask,
    outline: Outline,
    color: Color,
    grain: Plane,
    *,
    gloss: float = 0.22,
) -> Mask:
    """Sew an overlay onto the upper."""
    mask = canvas.fill(outline) & upper
    canvas.panel(mask, color, rise=5, soften=2, gloss=gloss)
    canvas.texture(mask, grain, 0.6, shade=0.05)
    middle = outline.mean(axis=0)
    size = np.ptp(outline, axis=0).clip(60)
    inner = middle + (np.vstack([outline, outline[:1]]) - middle) * (1 - 18 / size)
    canvas.seam(inner, color=mixed(color, palette.light, 0.6), within=mask, width=2.4)
    return mask


def _overlays(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    upper: Mask,
    base: float,
    top: float,
    is_high: bool,
) -> None:
    rng = design.rng(40)
    grain = leather(2400) if rng.random() < 0.7 else paper(1.0)
    tones = [
        palette.second,
        palette.accent,
        palette.light,
        mixed(palette.main, palette.dark, 0.4),
    ]
    first, second, third = (tones[i] for i in rng.permutation(4)[:3])
    toe_reach = rng.uniform(220, 300)
    toe = spline([(20, base + 60), (30, base - 120), (110, base - 150),
                  (toe_reach * 0.8, base - 120), (toe_reach, base - 50),
                  (toe_reach * 0.9, base + 60)])  # fmt: skip
    if rng.random() < 0.75:
        mask = _patch(canvas, palette, upper, toe, first, grain)
        if rng.random() < 0.6:
            spots = [ellipse(110 + 24 * i, base - 96 + 22 * j + 6 * i, 4.5)
                     for i in range(5) for j in range(3)]  # fmt: skip
            holes = canvas.fill(*spots) & mask
            canvas.panel(holes, palette.dark, rise=-5, soften=0.8)
    waves = rng.uniform(20, 90, 6)
    guard_x = np.linspace(200, 960, 6)
    guard = np.vstack([spline(np.stack([guard_x, base - waves], axis=1), closed=False),
                       [(980, base + 70), (180, base + 70)]])  # fmt: skip
    if rng.random() < 0.7:
        _patch(canvas, palette, upper, guard, second, grain)
    heel_x = rng.uniform(770, 820)
    counter = spline([(heel_x + 60, top + 40), (980, top - 40), (990, base + 60),
                      (heel_x - 40, base + 60), (heel_x, base - 90)])  # fmt: skip
    _patch(canvas, palette, upper, counter, third, grain, gloss=0.35)
    saddle_kind = int(rng.integers(0, 4))
    if saddle_kind == 0:
        for k in range(3):
            x = 500 + 66 * k
            stripe = np.array([(x, top + 120), (x + 36, top + 130), (x + 4, base + 40),
                               (x - 46, base + 40)])  # fmt: skip
            _patch(canvas, palette, upper, stripe, first, grain)
    elif saddle_kind == 1:
        saddle = spline([(440, top + 100), (560, top + 110), (650, base + 40),
                         (420, base + 40), (410, base - 90)])  # fmt: skip
        _patch(canvas, palette, upper, saddle, first, grain)
    elif saddle_kind == 2:
        sweep = spline([(300, base - 30), (460, base - 60), (640, base - 150),
                        (800, base - 250), (700, base - 110), (520, base - 12),
                        (380, base + 10)])  # fmt: skip
        _patch(canvas, palette, upper, sweep, first, grain)
    else:
        for k in range(4):
            line = spline([(330 + 40 * k, base + 20), (470 + 50 * k,
            base - 120 + 12 * k),
                           (640 + 60 * k, base - 180 + 20 * k)],
                           closed=False)  # fmt: skip
            rib = canvas.stroke(line, width=11) & upper
            canvas.panel(rib, second if k % 2 else first, rise=5, soften=2, gloss=0.4)
    if is_high:
        ankle = ellipse(690, top + 116, 54)
        mask = _patch(canvas, palette, upper, ankle, first, grain)
        inked, cut = design.brand.mark.placed(690, top + 116, 36)
        ink = palette.dark if luminance(first) > 0.5 else palette.light
        canvas.panel(canvas.fill(*inked, holes=cut) & mask, ink, rise=2)


def _lining(
    canvas: Canvas,
    palette: Palette,
    upper: Mask,
    collar: Outline,
    rng: np.random.Generator,
) -> None:
    band = canvas.stroke(shifted(collar, 0, 10), width=34) & upper
    color = (
        palette.accent
        if rng.random() < 0.4
        else mixed(palette.second, palette.dark, 0.3)
    )
    canvas.panel(band, color, rise=9, soften=7)
    canvas.texture(band, mesh(7), 0.7, shade=0.08)
    canvas.seam(shifted(collar, 0, 34), color=palette.light, within=upper, width=2.4)
    loop = canvas.stroke(
        spline([(900, collar[-1, 1] + 70), (930, collar[-1, 1] + 14),
                (916, collar[-1, 1] - 28), (890, collar[-1, 1] + 2)], closed=False),
        width=20)  # fmt: skip
    canvas.body(loop, palette.accent, depth=14, roundness=9)
    canvas.texture(loop, weave(4), 0.8, shade=0.1)


def _laces(
    canvas: Canvas,
    palette: Palette,
    upper: Mask,
    base: float,
    top: float,
    rise: float,
    is_high: bool,
    rng: np.random.Generator,
) -> None:
    edge = spline(_vamp(top, base, rise, is_high), closed=False, steps=20)
    stay_color = mixed(palette.main, palette.dark, 0.35)
    inner = edge + np.array([26, 50])
    stay = np.vstack([edge - (6, 10), inner[::-1]])
    mask = canvas.fill(stay) & upper
    canvas.panel(mask, stay_color, rise=5, soften=2, gloss=0.25)
    canvas.texture(mask, leather(2400), 0.5, shade=0.05)
    canvas.seam(inner - (4, 8), color=mixed(stay_color, palette.light, 0.6),
    within=upper,
                width=2.4)  # fmt: skip
    lace = palette.light if rng.random() < 0.6 else palette.accent
    num = int(rng.integers(5, 8)) + 2 * is_high
    spots = edge[np.linspace(3, len(edge) - 4, num).astype(int)] + (16, 26)
    for x, y in spots:
        ring = canvas.fill(ellipse(x, y, 10))
        canvas.panel(ring, (206, 208, 212), rise=5, metal=0.9, gloss=0.7)
        canvas.panel(canvas.fill(ellipse(x, y, 5)), (20, 20, 22), rise=-5)
    for k, (x, y) in enumerate(spots):
        back = spots[max(k - 1, 0)] if k else spots[0] + (-30, 14)
        path = spline([(x, y), ((x + back[0]) / 2 - 22, (y + back[1]) / 2 - 34),
                       (back[0] - 36, back[1] - 44)], closed=False)  # fmt: skip
        ribbon = canvas.stroke(path, width=17)
        canvas.body(ribbon, lace, depth=13, base=62, roundness=9)
        canvas.texture(ribbon, weave(4), 0.9, shade=0.12)
    x, y = spots[-1]
    bow = [
        spline([(x - 14, y - 24), (x - 100, y - 20), (x - 120, y + 30), (x - 60,
        y + 22),
                (x - 14, y - 18)], closed=False),
        spline([(x - 10, y - 22), (x + 60, y + 10), (x + 92, y + 70), (x + 40, y + 60),
                (x - 8, y - 12)], closed=False),
        spline([(x - 12, y - 20), (x - 44, y + 50), (x - 66, y + 106)], closed=False),
        spline([(x - 8, y - 18), (x + 8, y + 60), (x + 26, y + 120)], closed=False),
    ]  # fmt: skip
    for path in bow:
        ribbon = canvas.stroke(path, width=13)
        canvas.body(ribbon, lace, depth=12, base=78, roundness=7)
        canvas.texture(ribbon, weave(4), 0.9, shade=0.12)
    canvas.body(canvas.fill(ellipse(x - 11, y - 19, 17, 14)), lace, depth=14, base=84,
                roundness=12)  # fmt: skip


def _branding(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    upper: Mask,
    base: float,
    rng: np.random.Generator,
) -> None:
    size = rng.uniform(48, 70)
    x, y = rng.uniform(600, 660), base - rng.uniform(90, 130)
    inked, cut = design.brand.mark.placed(x, y, size)
    mark = canvas.fill(*inked, holes=cut) & upper
    halo = canvas.stroke(*(np.vstack([o, o[:1]]) for o in inked), width=10) & upper
    ink = palette.light if luminance(palette.main) < 0.6 else palette.dark
    canvas.ink(
        halo, mixed(ink, palette.dark if ink == palette.light else palette.light, 0.8)
    )
    canvas.panel(mark, ink, rise=4, soften=1.2, gloss=0.4)
    name = design.brand.name.upper() or design.model.upper()
    image = Image.new("RGBA", (420, 90))
    tag_ink = palette.light
    write(
        ImageDraw.Draw(image),
        (210, 45),
        name,
        fitted(name, 64, 400, 0.08),
        tag_ink,
        spacing=0.08,
        weight=0.1,
    )
    tilt = np.array(
        [(790, base - 42), (912, base - 46), (912, base - 18), (790, base - 14)]
    )
    plate = canvas.fill(tilt + np.array([(-8, -4), (8, -4), (8, 4), (-8, 4)])) & upper
    canvas.panel(plate, palette.dark, rise=2)
    canvas.picture(image, tilt, upper)

"""Bags: totes, backpacks, satchels and barrel bags, with hardware and seams."""

import numpy as np

from scripts.demo.bag_parts import BagParts
from scripts.demo.canvas import Canvas
from scripts.demo.design import Design
from scripts.demo.palettes import Palette, luminance, mixed
from scripts.demo.shapes import (
    ellipse,
    rectangle,
    shifted,
    spline,
    symmetric,
)

_C = 500.0


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the bag: view `front` or `back`."""
    rng = design.rng()
    kind = int(rng.integers(0, 4))
    parts = BagParts(canvas, design, palette, view)
    (_tote, _backpack, _satchel, _barrel)[kind](parts, rng)


def _tote(parts: BagParts, rng: np.random.Generator) -> None:
    wide, flare = rng.uniform(270, 310), rng.uniform(-20, 50)
    top, foot = rng.uniform(340, 390), 950.0
    reach = rng.uniform(100, 150)
    handle_top = top - rng.uniform(180, 250)
    handle = spline([(_C - reach, top + 40), (_C - reach + 8, top - 80),
                     (_C - reach * 0.6, handle_top), (_C, handle_top - 16),
                     (_C + reach * 0.6, handle_top), (_C + reach - 8, top - 80),
                     (_C + reach, top + 40)], closed=False)  # fmt: skip
    parts.strap(
        shifted(handle, 14, -26), 32, mixed(parts.trim, parts.palette.dark, 0.4)
    )
    outline = np.vstack([
        spline([(_C - wide + flare, top), (_C, top + 10), (_C + wide - flare, top)],
               closed=False),
        spline([(_C + wide - flare, top), (_C + wide - flare / 2, 640), (_C + wide,
        foot - 26),
                (_C + wide - 26, foot), (_C, foot + 8), (_C - wide + 26, foot),
                (_C - wide, foot - 26), (_C - wide + flare / 2, 640),
                (_C - wide + flare, top)], closed=False),
    ])  # fmt: skip
    body = parts.hide(outline, parts.palette.main, depth=44, roundness=90)
    if parts.is_front:
        parts.decorate(body, (_C - wide, top, _C + wide, foot))
    parts.finish(body)
    rim = shifted(outline[:29], 0, 22)
    parts.canvas.seam(rim, shifted(rim, 0, 9), color=parts.thread, within=body)
    parts.strap(handle, 34, parts.trim, base=30)
    for side in (-1, 1):
        x = _C + side * reach
        tab = rectangle(x - 34, top + 18, x + 34, top + 104, radius=10)
        parts.applique(tab, parts.trim)
        parts.rivets((x - 14, top + 78), (x + 14, top + 78))
    if parts.is_front:
        parts.patch(_C, top + 130 if parts.pattern != 2 else foot - 70, 150)
    else:
        parts.zip(np.array([(_C - 170.0, top + 150), (_C + 170.0, top + 150)]))
        pocket = rectangle(_C - 200, top + 120, _C + 200, foot - 110, radius=24)
        parts.canvas.seam(
            np.vstack([pocket, pocket[:1]]), color=parts.thread, within=body
        )
        parts.patch(_C + 120, foot - 60, 110)


def _backpack(parts: BagParts, rng: np.random.Generator) -> None:
    palette, canvas = parts.palette, parts.canvas
    wide = rng.uniform(240, 280)
    top = rng.uniform(110, 150)
    grip = spline([(_C - 60, top + 30), (_C - 48, top - 50), (_C, top - 68),
                   (_C + 48, top - 50), (_C + 60, top + 30)], closed=False)  # fmt: skip
    parts.strap(grip, 26, parts.trim)
    for side in (-1, 1):
        edge = spline([(_C + side * (wide - 40), 330), (_C + side * (wide + 52), 460),
                       (_C + side * (wide + 44), 700), (_C + side * (wide - 20), 880)],
                      closed=False)  # fmt: skip
        parts.strap(edge, 40, mixed(parts.trim, palette.dark, 0.3))
    outline = spline(symmetric([
        (_C + 90, top), (_C + wide * 0.8, top + 60), (_C + wide, top + 240),
        (_C + wide + 6, 620), (_C + wide - 4, 880), (_C + wide * 0.8, 944), (_C + 90,
        954),
    ]), steps=10)  # fmt: skip
    body = parts.hide(outline, palette.main, depth=80, roundness=130)
    if not parts.is_front:
        parts.finish(body)
        for side in (-1, 1):
            path = spline([(_C + side * 60, top + 70), (_C + side * 130, 330),
                           (_C + side * 160, 560), (_C + side * 190, 830)],
                          closed=False)  # fmt: skip
            parts.strap(path, 74, parts.trim, base=70)
            parts.buckle(_C + side * 172, 660, 40)
        panel = rectangle(_C - 90, 420, _C + 90, 880, radius=40)
        mask = parts.applique(panel, palette.second)
        mesh = [np.array([(_C - 90.0, y), (_C + 90.0, y)]) for y in range(450, 870, 34)]
        canvas.emboss(canvas.stroke(*mesh, width=7) & mask, -8, 3)
        parts.patch(_C, top + 130, 130)
        return
    upper = canvas.fill(rectangle(0, 0, 1000, 520)) & body
    parts.decorate(
        body if parts.pattern != 5 else upper, (_C - wide, top, _C + wide, 954)
    )
    parts.finish(body)
    arch = spline([(_C - wide + 16, 520), (_C - wide * 0.82, top + 150),
                   (_C - 90, top + 70), (_C + 90, top + 70), (_C + wide * 0.82,
                   top + 150),
                   (_C + wide - 16, 520)], closed=False)  # fmt: skip
    parts.zip(arch, base=60)
    pocket = spline(
        symmetric(
            [
                (_C + wide * 0.7, 590),
                (_C + wide * 0.8, 640),
                (_C + wide * 0.8, 880),
                (_C + wide * 0.66, 916),
            ]
        ),
        steps=8,
    )
    front = parts.hide(pocket, palette.second, depth=34, roundness=44, base=74)
    canvas.texture(front, parts.grain, 1.0, shade=0.08)
    inner = np.vstack([pocket, pocket[:1]])
    middle = pocket.mean(axis=0)
    canvas.seam(middle + (inner - middle) * 0.93, color=parts.thread, within=front)
    y = float(rng.uniform(650, 690))
    parts.zip(np.array([(_C - wide * 0.62, y), (_C + wide * 0.62, y)]), base=100)
    parts.patch(_C, 800, rng.uniform(130, 180))
    if rng.random() < 0.6:
        for side in (-1, 1):
            x = _C + side * wide * 0.48
            belt = np.array([(x, 420.0), (x, 640.0)])
            parts.strap(belt, 34, parts.trim, base=84)
            parts.buckle(x, 560, 30)


def _satchel(parts: BagParts, rng: np.random.Generator) -> None:
    palette, canvas = parts.palette, parts.canvas
    wide, top, foot = rng.uniform(310, 350), rng.uniform(400, 440), 900.0
    grip = spline([(_C - 150, top + 10), (_C - 140, top - 110), (_C, top - 180),
                   (_C + 140, top - 110), (_C + 150, top + 10)],
                   closed=False)  # fmt: skip
    parts.strap(grip, 36, parts.trim)
    for side in (-1, 1):
        ring = ellipse(_C + side * 150, top + 4, 26)
        parts.hardware(canvas.stroke(np.vstack([ring, ring[:1]]), width=10), base=20)
    outline = spline(
        [
            (_C - wide + 20, top),
            (_C, top - 4),
            (_C + wide - 20, top),
            (_C + wide, top + 60),
            (_C + wide + 10, foot - 60),
            (_C + wide - 30, foot),
            (_C, foot + 4),
            (_C - wide + 30, foot),
            (_C - wide - 10, foot - 60),
            (_C - wide, top + 60),
        ],
        steps=10,
    )
    body = parts.hide(outline, palette.main, depth=60, roundness=80)
    if not parts.is_front:
        parts.decorate(body, (_C - wide, top, _C + wide, foot))
    parts.finish(body)
    if not parts.is_front:
        parts.zip(np.array([(_C - wide * 0.7, top + 90), (_C + wide * 0.7, top + 90)]))
        slip = rectangle(
            _C - wide * 0.75, top + 150, _C + wide * 0.75, foot - 50, radius=26
        )
        canvas.seam(np.vstack([slip, slip[:1]]), color=parts.thread, within=body)
        parts.patch(_C, foot - 110, 120)
        return
    drop = top + rng.uniform(220, 300)
    point = rng.uniform(0, 70)
    flap_outline = spline([(_C - wide + 8, top - 8), (_C, top - 14), (_C + wide - 8,
    top - 8),
                           (_C + wide + 2, top + 110), (_C + wide - 30, drop),
                           (_C, drop + point), (_C - wide + 30, drop),
                           (_C - wide - 2, top + 110)], steps=10)  # fmt: skip
    shade = canvas.fill(shifted(flap_outline, 4, 14))
    canvas.darken(shade & body, 0.35)
    flap = parts.hide(flap_outline,
    palette.second if parts.pattern == 5 else palette.main,
                      depth=22, roundness=40, base=52)  # fmt: skip
    if parts.pattern != 5:
        parts.decorate(flap, (_C - wide, top, _C + wide, drop + point))
    parts.finish(flap)
    middle = flap_outline.mean(axis=0)
    inner = middle + (np.vstack([flap_outline, flap_outline[:1]]) - middle) * 0.955
    canvas.seam(inner, shifted(inner, 0, -9), color=parts.thread, within=flap)
    if rng.random() < 0.5:
        for side in (-1, 1):
            x = _C + side * wide * 0.55
            parts.strap(
                np.array([(x, top + 6.0), (x, drop + 90)]), 46, parts.trim, base=66
            )
            parts.buckle(x, drop + 20, 36)
    else:
        plate = rectangle(
            _C - 56, drop + point - 70, _C + 56, drop + point + 10, radius=14
        )
        parts.hardware(canvas.fill(plate), depth=12, base=76)
        inked, cut = parts.design.brand.mark.placed(_C, drop + point - 30, 28)
        canvas.emboss(canvas.fill(*inked, holes=cut), -5, 0.8)
        canvas.darken(canvas.fill(*inked, holes=cut), 0.5)
    parts.patch(_C, top + 110, 150)


def _barrel(parts: BagParts, rng: np.random.Generator) -> None:
    palette, canvas = parts.palette, parts.canvas
    wide, top, foot = rng.uniform(390, 420), rng.uniform(420, 460), 850.0
    reach = rng.uniform(130, 180)
    grip = spline([(_C - reach, foot - 60), (_C - reach, top), (_C - reach + 20,
    top - 130),
                   (_C, top - 210), (_C + reach - 20, top - 130), (_C + reach, top),
                   (_C + reach, foot - 60)], closed=False)  # fmt: skip
    parts.strap(
        shifted(grip[18:-18], 10, -24), 34, mixed(parts.trim, palette.dark, 0.4)
    )
    outline = spline(
        [
            (_C - wide + 70, top),
            (_C, top - 10),
            (_C + wide - 70, top),
            (_C + wide, top + 130),
            (_C + wide + 6, foot - 150),
            (_C + wide - 60, foot),
            (_C, foot + 6),
            (_C - wide + 60, foot),
            (_C - wide - 6, foot - 150),
            (_C - wide, top + 130),
        ],
        steps=10,
    )
    body = parts.hide(outline, palette.main, depth=120, roundness=170)
    parts.decorate(body, (_C - wide, top, _C + wide, foot))
    parts.finish(body)
    for side in (-1, 1):
        cap = np.array([(_C + side * (wide - 110), 0.0), (_C + side * (wide - 96), 500),
                        (_C + side * (wide - 110), 1000), (_C + side * 700, 1000),
                        (_C + side * 700, 0)])  # fmt: skip
        end = canvas.fill(cap) & body
        canvas.panel(end, parts.trim, rise=5, soften=2)
        canvas.texture(end, parts.grain, 0.9, shade=0.06)
        line = spline(shifted(cap[:3], side * 14, 0), closed=False)
        canvas.seam(line, color=parts.thread, within=body)
    zip_path = spline([(_C - wide + 120, top + 40), (_C, top + 26), (_C + wide - 120,
    top + 40)],
                      closed=False)  # fmt: skip
    parts.zip(zip_path, base=80)
    parts.strap(grip, 38, parts.trim, base=90)
    for side in (-1, 1):
        x = _C + side * reach
        parts.rivets((x, foot - 80), (x, top + 90), radius=11)
    if parts.is_front:
        parts.patch(_C, (top + foot) / 2 + 50, 190)
    else:
        pocket = rectangle(
            _C - reach + 34, top + 130, _C + reach - 34, foot - 40, radius=20
        )
        parts.applique(pocket, palette.second)
        ink = palette.dark if luminance(palette.second) > 0.5 else palette.light
        inked, cut = parts.design.brand.mark.placed(_C, (top + foot) / 2 + 60, 50)
        canvas.panel(canvas.fill(*inked, holes=cut), ink, rise=3)

"""Watches: the face with its strap, and the engraved back."""

import math

import numpy as np
from PIL import Image

from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.dial_marks import MID
from scripts.demo.dials import draw_face, polar
from scripts.demo.lettering import round_text
from scripts.demo.palettes import Palette, mixed
from scripts.demo.planes import Color, plane
from scripts.demo.shapes import (
    Outline,
    ellipse,
    mirrored,
    moved,
    polygon,
    rectangle,
    spline,
    star,
)
from scripts.demo.textures import brushed, leather, weave

_METALS: tuple[Color, ...] = (
    (228, 230, 234), (232, 196, 130), (214, 216, 222), (226, 172, 148), (112, 114, 120),
)  # fmt: skip


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the watch: view `front` or `back`."""
    rng = design.rng()
    radius = float(rng.uniform(236, 272))
    metal = _METALS[int(rng.integers(0, 5))]
    shape = int(rng.integers(0, 4))
    strap = int(rng.integers(0, 4))
    _strap(canvas, design, palette, radius, strap, metal, is_back=view == "back")
    case = _case(canvas, radius, shape, metal, rng, is_back=view == "back")
    if view == "back":
        _back(canvas, design, metal, radius)
    else:
        draw_face(canvas, design, palette, metal, radius, case)


def _strap(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    radius: float,
    kind: int,
    metal: Color,
    *,
    is_back: bool,
) -> None:
    rng = design.rng(1)
    wide = radius * rng.uniform(0.52, 0.64)
    narrow = wide * rng.uniform(0.78, 0.92)
    tone = mixed(palette.main, palette.dark, 0.1)
    for up in (True, False):
        end = 8.0 if up else 992.0
        band = np.array(
            [
                (MID - wide, MID),
                (MID + wide, MID),
                (MID + narrow, end),
                (MID - narrow, end),
            ]
        )
        mask = canvas.fill(band)
        ys = np.linspace(MID, end, 30)
        half = np.linspace(wide, narrow, 30)
        edges = [np.stack([MID + side * (half - 16), ys], axis=1) for side in (-1, 1)]
        if kind == 0:
            color = mixed(tone, palette.light, 0.35) if is_back else tone
            canvas.body(mask, color, depth=26, roundness=34, gloss=0.25)
            canvas.texture(
                mask, leather(700 if design.seed % 2 else 1500), 1.6, shade=0.10
            )
            canvas.seam(
                *edges, color=mixed(palette.light, palette.accent, 0.2), within=mask
            )
            if not up:
                for k in range(4):
                    hole = canvas.fill(ellipse(MID, 800 + 52 * k, 9, 11))
                    canvas.panel(hole, (18, 16, 16), rise=-6)
        elif kind == 1:
            canvas.body(mask, palette.dark, depth=30, roundness=30, gloss=0.2)
            pitch = rng.uniform(26, 44)
            for y in np.arange(radius + 50, 492, pitch):
                at = MID - y if up else MID + y
                groove = rectangle(MID - wide, at - 4, MID + wide, at + 4)
                canvas.emboss(canvas.fill(groove) & mask, -6, 2)
            rail = [np.stack([MID + s * half * 0.55, ys], axis=1) for s in (-1, 1)]
            canvas.panel(canvas.stroke(*rail, width=12) & mask, palette.accent, rise=2)
        elif kind == 2:
            canvas.body(mask, palette.main, depth=16, roundness=12, gloss=0.05)
            stripes = np.sort(rng.uniform(-0.8, 0.8, 3))
            for i, at in enumerate(stripes):
                path = np.stack([MID + half * at, ys], axis=1)
                color = (palette.accent, palette.light, palette.second)[i]
                width = float(rng.uniform(10, 34))
                canvas.ink(canvas.stroke(path, width=width) & mask, color)
            canvas.texture(mask, weave(6), 1.8, shade=0.12)
        else:
            canvas.body(mask, metal, depth=30, roundness=22, gloss=0.5, metal=1)
            _links(canvas, mask, wide, up, int(rng.integers(0, 3)))
    for side in (-1, 1):
        for way in (-1, 1):
            x = MID + side * wide
            lug = np.array(
                [
                    (x - side * 26, MID + way * radius * 0.66),
                    (x + side * 40, MID + way * radius * 0.56),
                    (x + side * 37, MID + way * radius * 0.92),
                    (x + side * 24, MID + way * (radius + 34)),
                    (x - side * 2, MID + way * (radius + 34)),
                    (x - side * 4, MID + way * radius * 0.9),
                ]
            )
            canvas.body(
                canvas.fill(spline(lug, steps=6)),
                metal,
                depth=46,
                roundness=20,
                gloss=0.6,
                metal=1,
            )


def _links(canvas: Canvas, mask: Mask, wide: float, up: bool, style: int) -> None:
    pitch = (40.0, 30.0, 52.0)[style]
    lines, joints = [], []
    for row, y in enumerate(np.arange(150, 500, pitch)):
        at = MID - y if up else MID + y
        lines.append(rectangle(MID - wide, at - 2.5, MID + wide, at + 2.5))
        columns = ((-0.36, 0.36), (-0.6, -0.2, 0.2, 0.6), (-0.5, 0.0, 0.5))[style]
        shift = pitch / 2 if style == 1 and row % 2 else 0
        for c in columns:
            x = MID + c * wide
            joints.append(rectangle(x - 2, at - pitch + shift, x + 2, at + shift))
    canvas.emboss(canvas.fill(*lines) & mask, -11, 2)
    canvas.emboss(canvas.fill(*joints) & mask, -7, 1.5)
    canvas.texture(mask, brushed(is_vertical=True), 0.5)


def _case(
    canvas: Canvas,
    radius: float,
    shape: int,
    metal: Color,
    rng: np.random.Generator,
    *,
    is_back: bool,
) -> Mask:
    side = -1 if is_back else 1
    reach = MID + side * (radius + 2)
    crown = rectangle(min(reach, reach + side * 42), 472, max(reach, reach + side * 42),
                      528, radius=8)  # fmt: skip
    mask = canvas.fill(crown)
    canvas.body(mask, metal, depth=30, roundness=22, gloss=0.6, metal=1)
    left, right = float(crown[:, 0].min()), float(crown[:, 0].max())
    for y in np.arange(476, 528, 7):
        tooth = canvas.fill(rectangle(left, float(y), right, float(y) + 3))
        canvas.emboss(tooth & mask, -4, 0.8)
    if rng.random() < 0.5:
        for turn in (-0.52, 0.52):
            pusher = moved(
                rectangle(radius - 6, -17, radius + 34, 17, radius=6),
                turn=turn,
                by=(MID, MID),
            )
            pusher = mirrored(pusher) if is_back else pusher
            canvas.body(
                canvas.fill(pusher), metal, depth=26, roundness=16, gloss=0.7, metal=1
            )
    outline: Outline
    if shape == 0:
        outline = ellipse(MID, MID, radius + 12, steps=120)
    elif shape == 1:
        a = np.linspace(0, 2 * np.pi, 120, endpoint=False)
        r = (radius + 14) / (np.abs(np.cos(a)) ** 3.2 + np.abs(np.sin(a)) ** 3.2) ** (
            1 / 3.2
        )
        outline = np.stack([MID + r * np.cos(a), MID + r * np.sin(a)], axis=1)
    elif shape == 2:
        outline = polygon(MID, MID, (radius + 12) * 1.06, 12, np.pi / 12)
    else:
        outline = ellipse(MID, MID, radius + 10, radius + 16, steps=120)
    case = canvas.fill(outline)
    canvas.body(case, metal, depth=64, roundness=44, gloss=0.7, metal=1)
    canvas.texture(case, brushed(), 0.35)
    return case


def _back(canvas: Canvas, design: Design, metal: Color, radius: float) -> None:
    rng = design.rng(3)
    disc = canvas.fill(ellipse(MID, MID, radius * 0.93, steps=140))
    canvas.body(disc, metal, depth=12, base=66, roundness=14, gloss=0.7, metal=1)
    r, a = polar(disc, canvas)
    shade = 0.07 * np.sin(r * 1.4) + 0.13 * np.cos(2 * a + 0.7)
    canvas.dim(disc, plane(1 + shade * disc.coverage))
    num_notches = int(rng.integers(4, 9))
    for i in range(num_notches):
        notch = moved(
            rectangle(-16, -radius * 0.93, 16, -radius * 0.87, radius=4),
            turn=2 * np.pi * i / num_notches,
            by=(MID, MID),
        )
        canvas.panel(canvas.fill(notch), None, rise=-7, metal=1, gloss=0.4)
    engraved = Image.new("RGBA", (1000, 1000))
    words = [
        design.brand.name.upper(),
        design.model.upper(),
        "STAINLESS STEEL",
        f"No. {design.code}",
        f"{rng.integers(3, 30)} BAR",
        "SAPPHIRE",
    ]
    order = [words[0], *[words[1 + i] for i in rng.permutation(5)]]
    round_text(
        engraved,
        (500, 500),
        395,
        " \u00b7 ".join(w for w in order if w) + " \u00b7 ",
        50,
        (34, 34, 38, 255),
        is_spread=True,
    )
    window = radius * rng.uniform(0.56, 0.66)
    box = rectangle(MID - radius, MID - radius, MID + radius, MID + radius)
    ink = canvas.picture(engraved, box)
    canvas.emboss(ink, -2.5, 0.6)
    if rng.random() < 0.5:
        inked, cut = design.brand.mark.placed(MID, MID, window * 0.7)
        mark = canvas.fill(*inked, holes=cut)
        canvas.emboss(mark, -8, 1.5)
        canvas.darken(mark, 0.35)
        for q in (0.92, 1.0):
            ring = ellipse(MID, MID, window * q, steps=120)
            canvas.emboss(canvas.stroke(np.vstack([ring, ring[:1]]), width=4), -4)
        return
    glass = canvas.fill(ellipse(MID, MID, window, steps=120))
    canvas.surface(glass, (58, 56, 60), np.full_like(glass.coverage, 46.0), gloss=0.3)
    for i in range(int(rng.integers(5, 8))):
        bearing = float(rng.uniform(0, 6.3))
        reach = float(rng.uniform(0.1, 0.75)) * window
        size = float(rng.uniform(0.16, 0.36)) * window
        x, y = MID + reach * math.cos(bearing), MID + reach * math.sin(bearing)
        teeth = int(size * 0.7)
        brass = (222, 184, 110) if i % 2 else (206, 208, 214)
        gear = canvas.fill(
            star(x, y, size, size * 0.86, teeth),
            holes=tuple(
                ellipse(
                    x + size * 0.48 * np.cos(t), y + size * 0.48 * np.sin(t), size * 0.2
                )
                for t in np.arange(5) * 1.2566
            ),
        )
        canvas.panel(gear & glass, brass, rise=7, metal=0.85, gloss=0.5)
        canvas.panel(
            canvas.fill(ellipse(x, y, size * 0.12)) & glass,
            (196, 40, 66),
            rise=3,
            gloss=0.9,
        )
    turn = rng.uniform(0, 6.3)
    rotor = moved(
        np.vstack(
            [
                ellipse(0, 0, window * 0.96, steps=80)[:41],
                ellipse(0, 0, window * 0.5, steps=80)[:41][::-1],
            ]
        ),
        turn=turn,
        by=(MID, MID),
    )
    mask = canvas.fill(rotor) & glass
    canvas.panel(mask, metal, rise=8, metal=0.95, gloss=0.6)
    canvas.texture(mask, brushed(), 0.6)

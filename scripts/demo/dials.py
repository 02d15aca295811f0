"""The face of a watch: bezel, dial, indices, hands."""

import numpy as np
from PIL import Image

from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.dial_marks import MID, hands, indices
from scripts.demo.lettering import fitted, round_text, write
from scripts.demo.palettes import Palette, luminance, mixed
from scripts.demo.planes import Color, Plane, linear
from scripts.demo.shapes import (
    ellipse,
    rectangle,
    star,
)
from scripts.demo.sheet import Sheet

_ROMAN = ("XII", "I", "II", "III", "IIII", "V", "VI", "VII", "VIII", "IX", "X", "XI")


def polar(mask: Mask, canvas: Canvas) -> tuple[Plane, Plane]:
    """Radius (design units) and angle of each pixel of a mask about the center."""
    rows, cols = mask.area
    y, x = np.mgrid[rows, cols].astype(np.float32)
    y, x = y / canvas.scale - MID, x / canvas.scale - MID
    return np.hypot(x, y), np.arctan2(y, x)


def draw_face(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    metal: Color,
    radius: float,
    case: Mask,
) -> None:
    """Draw all that lies inside the case, under the glass."""
    rng = design.rng(2)
    dial_r = radius * rng.uniform(0.76, 0.86)
    _bezel(canvas, palette, metal, radius, dial_r, rng)
    dial = canvas.fill(ellipse(MID, MID, dial_r, steps=120))
    is_light = rng.random() < 0.4
    ground = palette.light if is_light else mixed(palette.main, palette.dark, 0.25)
    ink = palette.dark if luminance(ground) > 0.5 else palette.light
    shade = _dial_pattern(canvas, dial, dial_r, int(rng.integers(0, 6)))
    color = linear(ground) * shade[..., None]
    canvas.surface(dial, color, np.full_like(dial.coverage, 40.0), gloss=0.15)
    if rng.random() < 0.3:
        side = round(dial_r * 2)
        art = artwork(design.seed, palette, side, side, ground=ground)
        art.putalpha(150)
        canvas.picture(
            art,
            rectangle(MID - dial_r, MID - dial_r, MID + dial_r, MID + dial_r),
            canvas.fill(ellipse(MID, MID, dial_r * 0.72)),
        )
    face = _dial_print(design, palette, ground, ink, rng)
    box = rectangle(MID - dial_r, MID - dial_r, MID + dial_r, MID + dial_r)
    canvas.picture(face, box, dial)
    indices(canvas, metal, palette, dial_r, int(rng.integers(0, 4)))
    hands(canvas, metal, palette, dial_r, rng)
    glare = canvas.fill(
        np.array([(MID - dial_r, 330), (MID + 60, MID - dial_r),
        (MID + 190, MID - dial_r),
                  (MID - dial_r, 560)])
    )  # fmt: skip
    canvas.ink(glare & dial, (255, 255, 255), 0.10)
    rim = canvas.stroke(
        np.vstack([e := ellipse(MID, MID, dial_r, steps=120), e[:1]]), width=5
    )
    canvas.panel(rim, metal, rise=5, metal=1, gloss=0.8)


def _bezel(
    canvas: Canvas,
    palette: Palette,
    metal: Color,
    radius: float,
    dial_r: float,
    rng: np.random.Generator,
) -> None:
    outer = radius * 0.985
    disc = canvas.fill(ellipse(MID, MID, outer, steps=140))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        cog = canvas.fill(star(MID, MID, outer + 10, outer, 60))
        canvas.body(cog, metal, depth=20, base=56, roundness=26, gloss=0.8, metal=1)
    else:
        canvas.body(disc, metal, depth=22, base=56, roundness=26, gloss=0.8, metal=1)
    if kind in (0, 1):
        insert = canvas.fill(ellipse(MID, MID, outer - 8, steps=140))
        canvas.ink(insert, palette.accent if kind else palette.dark)
        canvas.finish(insert, 0.5, 0.0)
        sheet = Sheet(520, 520)
        ink = (
            palette.light
            if luminance(palette.accent if kind else palette.dark) < 0.6
            else palette.dark
        )
        middle = (outer - 8 + dial_r) / 2 / outer * 0.5
        for i in range(60):
            a = 2 * np.pi * i / 60 - np.pi / 2
            size = 0.012 if i % 5 else 0.026
            if i % 5 == 0 and i % 10 == 0:
                continue
            path = np.array(
                [
                    (0.5 + r * np.cos(a), 0.5 + r * np.sin(a))
                    for r in (middle - size, middle + size)
                ]
            )
            sheet.line(path, ink, 0.006 if i % 5 else 0.01)
        image = sheet.image
        step = 40 if kind else 10
        for i in range(6):
            text = str((i * step) or (60 if kind == 0 else 400))
            round_text(
                image,
                (520, 520),
                middle * 1040,
                text,
                50,
                (*ink, 255),
                start_deg=-90 + 60 * i,
                weight=0.05,
            )
        box = rectangle(MID - outer, MID - outer, MID + outer, MID + outer)
        canvas.picture(image.reduce(2), box, insert)
    elif kind == 2:
        flutes = [
            np.array(
                [
                    (MID + r * np.cos(a), MID + r * np.sin(a))
                    for r in (dial_r, outer - 4)
                ]
            )
            for a in 2 * np.pi * np.arange(90) / 90
        ]
        canvas.emboss(canvas.stroke(*flutes, width=4), -5, 1.0)


def _dial_pattern(canvas: Canvas, dial: Mask, dial_r: float, kind: int) -> Plane:
    r, a = polar(dial, canvas)
    x, y = r * np.cos(a), r * np.sin(a)
    if kind == 0:
        shade = 1 + 0.30 * np.cos(2 * a + 1.1) + 0.05 * np.sin(90 * a)
    elif kind == 1:
        shade = 1 + 0.16 * np.sin(36 * a + r / 3) * np.sin(r / 5)
    elif kind == 2:
        shade = 1 + 0.20 * np.sign(np.sin(y / 5.5)) * (0.6 + 0.4 * np.sin(x / 120))
    elif kind == 3:
        shade = 1 + 0.20 * np.sin(x / 4.2) * np.sin(y / 4.2)
    elif kind == 4:
        shade = 1 + 0.18 * np.sin(r / 2.6)
    else:
        shade = 1.12 - 0.35 * (r / dial_r) ** 3
    result: Plane = (shade * (1.06 - 0.22 * (r / dial_r) ** 4)).astype(np.float32)
    return result


def _dial_print(
    design: Design,
    palette: Palette,
    ground: Color,
    ink: Color,
    rng: np.random.Generator,
) -> Image.Image:
    sheet = Sheet(560, 560)
    soft = mixed(ink, ground, 0.3)
    track = 0.475
    for i in range(60):
        a = 2 * np.pi * i / 60
        inner = track - (0.022 if i % 5 else 0.034)
        path = np.array(
            [(0.5 + r * np.cos(a), 0.5 + r * np.sin(a)) for r in (inner, track)]
        )
        sheet.line(path, ink, 0.003 if i % 5 else 0.007)
    image, pen = sheet.image, sheet.pen
    numerals = int(rng.integers(0, 4))
    subdials = [
        [],
        [(0.5, 0.68)],
        [(0.33, 0.52), (0.67, 0.52)],
        [(0.33, 0.52), (0.67, 0.52), (0.5, 0.69)],
    ][int(rng.integers(0, 4))]
    for k, (x, y) in enumerate(subdials):
        r = 0.112
        sheet.shape(ellipse(x, y, r), mixed(ground, palette.dark, 0.3))
        for q in (1.0, 0.55):
            ring = ellipse(x, y, r * q)
            sheet.line(np.vstack([ring, ring[:1]]), soft, 0.003)
        for i in range(24):
            a = 2 * np.pi * i / 24
            path = np.array(
                [
                    (x + q * np.cos(a), y + q * np.sin(a))
                    for q in (r * (0.86 if i % 6 else 0.74), r * 0.97)
                ]
            )
            sheet.line(path, palette.light, 0.003)
        for i in range(3):
            a = 2 * np.pi * (i + 1) / 3 - np.pi / 2
            write(
                pen,
                (1120 * (x + r * 0.62 * np.cos(a)), 1120 * (y + r * 0.62 * np.sin(a))),
                str(((10, 20, 30), (4, 8, 12), (20, 40, 60))[k][i]),
                26,
                palette.light,
            )
        a = rng.uniform(0, 6.3)
        sheet.line(
            np.array([(x, y), (x + r * 0.8 * np.cos(a), y + r * 0.8 * np.sin(a))]),
            palette.accent,
            0.008,
        )
        sheet.shape(ellipse(x, y, 0.012), palette.accent)
    for i in range(12):
        a = 2 * np.pi * i / 12 - np.pi / 2
        x, y = 0.5 + 0.365 * np.cos(a), 0.5 + 0.365 * np.sin(a)
        if numerals == 0 or (numerals == 1 and i % 3 == 0):
            text = str(i or 12)
            write(pen, (1120 * x, 1120 * y), text, 96, ink, weight=0.03)
        elif numerals == 2:
            round_text(
                image,
                (560, 560),
                1120 * 0.365,
                _ROMAN[i],
                78,
                (*ink, 255),
                start_deg=float(np.degrees(a)),
                spacing=0.02,
            )
    name = design.brand.name.upper()
    if name:
        design.brand.mark.draw(image, 560, 330, 44, ink)
        write(
            pen,
            (560, 410),
            name,
            fitted(name, 52, 400, 0.14),
            ink,
            spacing=0.14,
            weight=0.03,
        )
    write(pen, (560, 462), design.model, 36, soft, spacing=0.05)
    if len(subdials) != 1 and len(subdials) != 3:
        for row, text in enumerate(
            [
                ("AUTOMATIC", "200 m / 660 ft"),
                ("CHRONOMETER", design.code),
                ("SOLAR", "10 BAR"),
                ("QUARTZ", design.code),
            ][int(rng.integers(0, 4))]
        ):
            write(
                pen,
                (560, 730 + 46 * row),
                text,
                32,
                palette.accent if row else ink,
                spacing=0.08,
            )
    if rng.random() < 0.6:
        x, y = (0.80, 0.5) if len(subdials) < 2 else (0.69, 0.69)
        sheet.shape(
            rectangle(x - 0.05, y - 0.036, x + 0.05, y + 0.036), (250, 250, 246)
        )
        write(pen, (1120 * x, 1120 * y), str(rng.integers(1, 31)), 64, (24, 24, 26))
    return image.reduce(2)

"""Watches: the face with its strap, and the engraved back."""

import numpy as np
from PIL import Image

from scripts.demo.art import Sheet, artwork
from scripts.demo.canvas import Canvas, Color, Mask, Plane, linear
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, round_text, write
from scripts.demo.palettes import Palette, luminance, mixed
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

_C = 500.0
_METALS: tuple[Color, ...] = (
    (228, 230, 234), (232, 196, 130), (214, 216, 222), (226, 172, 148), (112, 114, 120),
)  # fmt: skip
_ROMAN = ("XII", "I", "II", "III", "IIII", "V", "VI", "VII", "VIII", "IX", "X", "XI")


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
        _front(canvas, design, palette, metal, radius, case)


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
            [(_C - wide, _C), (_C + wide, _C), (_C + narrow, end), (_C - narrow, end)]
        )
        mask = canvas.fill(band)
        ys = np.linspace(_C, end, 30)
        half = np.linspace(wide, narrow, 30)
        edges = [np.stack([_C + side * (half - 16), ys], axis=1) for side in (-1, 1)]
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
                    hole = canvas.fill(ellipse(_C, 800 + 52 * k, 9, 11))
                    canvas.panel(hole, (18, 16, 16), rise=-6)
        elif kind == 1:
            canvas.body(mask, palette.dark, depth=30, roundness=30, gloss=0.2)
            pitch = rng.uniform(26, 44)
            for y in np.arange(radius + 50, 492, pitch):
                at = _C - y if up else _C + y
                groove = rectangle(_C - wide, at - 4, _C + wide, at + 4)
                canvas.emboss(canvas.fill(groove) & mask, -6, 2)
            rail = [np.stack([_C + s * half * 0.55, ys], axis=1) for s in (-1, 1)]
            canvas.panel(canvas.stroke(*rail, width=12) & mask, palette.accent, rise=2)
        elif kind == 2:
            canvas.body(mask, palette.main, depth=16, roundness=12, gloss=0.05)
            stripes = np.sort(rng.uniform(-0.8, 0.8, 3))
            for i, at in enumerate(stripes):
                path = np.stack([_C + half * at, ys], axis=1)
                color = (palette.accent, palette.light, palette.second)[i]
                width = float(rng.uniform(10, 34))
                canvas.ink(canvas.stroke(path, width=width) & mask, color)
            canvas.texture(mask, weave(6), 1.8, shade=0.12)
        else:
            canvas.body(mask, metal, depth=30, roundness=22, gloss=0.5, metal=1)
            _links(canvas, mask, wide, up, int(rng.integers(0, 3)))
    for side in (-1, 1):
        for up in (-1, 1):
            x = _C + side * wide
            lug = np.array(
                [
                    (x - side * 26, _C + up * radius * 0.66),
                    (x + side * 40, _C + up * radius * 0.56),
                    (x + side * 37, _C + up * radius * 0.92),
                    (x + side * 24, _C + up * (radius + 34)),
                    (x - side * 2, _C + up * (radius + 34)),
                    (x - side * 4, _C + up * radius * 0.9),
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
        at = _C - y if up else _C + y
        lines.append(rectangle(_C - wide, at - 2.5, _C + wide, at + 2.5))
        columns = ((-0.36, 0.36), (-0.6, -0.2, 0.2, 0.6), (-0.5, 0.0, 0.5))[style]
        shift = pitch / 2 if style == 1 and row % 2 else 0
        for c in columns:
            x = _C + c * wide
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
    reach = _C + side * (radius + 2)
    crown = rectangle(min(reach, reach + side * 42), 472, max(reach, reach + side * 42),
                      528, radius=8)  # fmt: skip
    mask = canvas.fill(crown)
    canvas.body(mask, metal, depth=30, roundness=22, gloss=0.6, metal=1)
    for y in np.arange(476, 528, 7):
        tooth = canvas.fill(rectangle(crown[:, 0].min(), y, crown[:, 0].max(), y + 3))
        canvas.emboss(tooth & mask, -4, 0.8)
    if rng.random() < 0.5:
        for turn in (-0.52, 0.52):
            pusher = moved(
                rectangle(radius - 6, -17, radius + 34, 17, radius=6),
                turn=turn,
                by=(_C, _C),
            )
            pusher = mirrored(pusher) if is_back else pusher
            canvas.body(
                canvas.fill(pusher), metal, depth=26, roundness=16, gloss=0.7, metal=1
            )
    outline: Outline
    if shape == 0:
        outline = ellipse(_C, _C, radius + 12, steps=120)
    elif shape == 1:
        a = np.linspace(0, 2 * np.pi, 120, endpoint=False)
        r = (radius + 14) / (np.abs(np.cos(a)) ** 3.2 + np.abs(np.sin(a)) ** 3.2) ** (
            1 / 3.2
        )
        outline = np.stack([_C + r * np.cos(a), _C + r * np.sin(a)], axis=1)
    elif shape == 2:
        outline = polygon(_C, _C, (radius + 12) * 1.06, 12, np.pi / 12)
    else:
        outline = ellipse(_C, _C, radius + 10, radius + 16, steps=120)
    case = canvas.fill(outline)
    canvas.body(case, metal, depth=64, roundness=44, gloss=0.7, metal=1)
    canvas.texture(case, brushed(), 0.35)
    return case


def _polar(mask: Mask, canvas: Canvas) -> tuple[Plane, Plane]:
    """Radius (design units) and angle of each pixel of a mask about the center."""
    rows, cols = mask.area
    y, x = np.mgrid[rows, cols].astype(np.float32)
    y, x = y / canvas.scale - _C, x / canvas.scale - _C
    return np.hypot(x, y), np.arctan2(y, x)


def _front(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    metal: Color,
    radius: float,
    case: Mask,
) -> None:
    rng = design.rng(2)
    dial_r = radius * rng.uniform(0.76, 0.86)
    _bezel(canvas, palette, metal, radius, dial_r, rng)
    dial = canvas.fill(ellipse(_C, _C, dial_r, steps=120))
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
            rectangle(_C - dial_r, _C - dial_r, _C + dial_r, _C + dial_r),
            canvas.fill(ellipse(_C, _C, dial_r * 0.72)),
        )
    face = _dial_print(design, palette, ground, ink, rng)
    box = rectangle(_C - dial_r, _C - dial_r, _C + dial_r, _C + dial_r)
    canvas.picture(face, box, dial)
    _indices(canvas, metal, palette, dial_r, int(rng.integers(0, 4)))
    _hands(canvas, metal, palette, dial_r, rng)
    glare = canvas.fill(
        np.array([(_C - dial_r, 330), (_C + 60, _C - dial_r), (_C + 190, _C - dial_r),
                  (_C - dial_r, 560)])
    )  # fmt: skip
    canvas.ink(glare & dial, (255, 255, 255), 0.10)
    rim = canvas.stroke(
        np.vstack([e := ellipse(_C, _C, dial_r, steps=120), e[:1]]), width=5
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
    disc = canvas.fill(ellipse(_C, _C, outer, steps=140))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        cog = canvas.fill(star(_C, _C, outer + 10, outer, 60))
        canvas.body(cog, metal, depth=20, base=56, roundness=26, gloss=0.8, metal=1)
    else:
        canvas.body(disc, metal, depth=22, base=56, roundness=26, gloss=0.8, metal=1)
    if kind in (0, 1):
        insert = canvas.fill(ellipse(_C, _C, outer - 8, steps=140))
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
        box = rectangle(_C - outer, _C - outer, _C + outer, _C + outer)
        canvas.picture(image.reduce(2), box, insert)
    elif kind == 2:
        flutes = [
            np.array(
                [(_C + r * np.cos(a), _C + r * np.sin(a)) for r in (dial_r, outer - 4)]
            )
            for a in 2 * np.pi * np.arange(90) / 90
        ]
        canvas.emboss(canvas.stroke(*flutes, width=4), -5, 1.0)


def _dial_pattern(canvas: Canvas, dial: Mask, dial_r: float, kind: int) -> Plane:
    r, a = _polar(dial, canvas)
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


def _indices(
    canvas: Canvas, metal: Color, palette: Palette, dial_r: float, kind: int
) -> None:
    marks = []
    for i in range(12):
        turn = 2 * np.pi * i / 12
        if kind == 0:
            shape = rectangle(-6, -dial_r * 0.90, 6, -dial_r * 0.80)
        elif kind == 1:
            shape = ellipse(0, -dial_r * 0.845, dial_r * 0.052)
        elif kind == 2:
            shape = np.array(
                [(-9, -dial_r * 0.9), (9, -dial_r * 0.9), (0, -dial_r * 0.78)]
            )
        else:
            shape = rectangle(-3.5, -dial_r * 0.92, 3.5, -dial_r * 0.82)
        marks.append(moved(shape, turn=turn, by=(_C, _C)))
    mask = canvas.fill(*marks)
    canvas.panel(mask, metal, rise=6, soften=1.2, metal=0.8, gloss=0.7)
    if kind == 1:
        inner = [
            ellipse(
                _C + dial_r * 0.845 * np.sin(t),
                _C - dial_r * 0.845 * np.cos(t),
                dial_r * 0.036,
            )
            for t in np.arange(12) * np.pi / 6
        ]
        lume = canvas.fill(*inner)
        canvas.ink(lume, (226, 240, 214))
        canvas.finish(lume, 0.1, 0)


def _hands(
    canvas: Canvas,
    metal: Color,
    palette: Palette,
    dial_r: float,
    rng: np.random.Generator,
) -> None:
    minutes = float(rng.integers(0, 60))
    hours = (rng.integers(0, 12) + minutes / 60) / 12
    style = int(rng.integers(0, 3))
    for turn, length, width in ((hours, 0.54, 15.0), (minutes / 60, 0.80, 11.0)):
        long = dial_r * length
        if style == 0:
            shape = np.array(
                [
                    (-width, 0),
                    (-width * 0.6, -long * 0.9),
                    (0, -long),
                    (width * 0.6, -long * 0.9),
                    (width, 0),
                    (0, 30),
                ]
            )
        elif style == 1:
            shape = rectangle(-width * 0.7, -long, width * 0.7, 26, radius=6)
        else:
            shape = spline(
                [
                    (0, 20),
                    (-width * 0.5, -long * 0.2),
                    (-width, -long * 0.6),
                    (0, -long),
                    (width, -long * 0.6),
                    (width * 0.5, -long * 0.2),
                ]
            )
        placed = moved(shape, turn=2 * np.pi * turn, by=(_C, _C))
        canvas.body(
            canvas.fill(placed),
            metal,
            depth=7,
            base=50,
            roundness=9,
            gloss=0.7,
            metal=0.85,
        )
        lume = moved(
            rectangle(-width * 0.3, -long * 0.8, width * 0.3, -long * 0.35),
            turn=2 * np.pi * turn,
            by=(_C, _C),
        )
        canvas.ink(canvas.fill(lume), (236, 244, 226))
    turn = float(rng.uniform(0, 2 * np.pi))
    needle = moved(
        np.array(
            [(-3.2, 50), (-1.6, -dial_r * 0.86), (1.6, -dial_r * 0.86), (3.2, 50)]
        ),
        turn=turn,
        by=(_C, _C),
    )
    canvas.body(canvas.fill(needle), palette.accent, depth=3, base=62, roundness=4)
    canvas.body(
        canvas.fill(ellipse(_C, _C, 15)),
        metal,
        depth=9,
        base=62,
        roundness=12,
        gloss=0.8,
        metal=0.9,
    )


def _back(canvas: Canvas, design: Design, metal: Color, radius: float) -> None:
    rng = design.rng(3)
    disc = canvas.fill(ellipse(_C, _C, radius * 0.93, steps=140))
    canvas.body(disc, metal, depth=12, base=66, roundness=14, gloss=0.7, metal=1)
    r, a = _polar(disc, canvas)
    shade = 1 + 0.07 * np.sin(r * 1.4) + 0.13 * np.cos(2 * a + 0.7)
    rows, cols = disc.area
    canvas.color[rows, cols] *= shade[..., None].astype(np.float32)
    num_notches = int(rng.integers(4, 9))
    for i in range(num_notches):
        notch = moved(
            rectangle(-16, -radius * 0.93, 16, -radius * 0.87, radius=4),
            turn=2 * np.pi * i / num_notches,
            by=(_C, _C),
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
    box = rectangle(_C - radius, _C - radius, _C + radius, _C + radius)
    ink = canvas.picture(engraved, box)
    canvas.emboss(ink, -2.5, 0.6)
    if rng.random() < 0.5:
        inked, cut = design.brand.mark.placed(_C, _C, window * 0.7)
        mark = canvas.fill(*inked, holes=cut)
        canvas.emboss(mark, -8, 1.5)
        canvas.darken(mark, 0.35)
        for q in (0.92, 1.0):
            ring = ellipse(_C, _C, window * q, steps=120)
            canvas.emboss(canvas.stroke(np.vstack([ring, ring[:1]]), width=4), -4)
        return
    glass = canvas.fill(ellipse(_C, _C, window, steps=120))
    canvas.surface(glass, (58, 56, 60), np.full_like(glass.coverage, 46.0), gloss=0.3)
    for i in range(int(rng.integers(5, 8))):
        a = rng.uniform(0, 6.3)
        q = rng.uniform(0.1, 0.75) * window
        size = rng.uniform(0.16, 0.36) * window
        x, y = _C + q * np.cos(a), _C + q * np.sin(a)
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
        by=(_C, _C),
    )
    mask = canvas.fill(rotor) & glass
    canvas.panel(mask, metal, rise=8, metal=0.95, gloss=0.6)
    canvas.texture(mask, brushed(), 0.6)

"""Shirts laid flat: cloth with folds, ribs, seams and a print."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Color, Mask
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import Palette, luminance, mixed
from scripts.demo.shapes import (
    Outline,
    ellipse,
    mirrored,
    rectangle,
    spline,
)
from scripts.demo.textures import knit, noise, weave

_C = 500.0


def draw(canvas: Canvas, design: Design, palette: Palette, view: str) -> None:
    """Draw the shirt: view `front` or `back`."""
    rng = design.rng()
    kind = ("tee", "tee", "polo", "long")[int(rng.integers(0, 4))]
    fit = rng.uniform(-14, 14, 4)
    chest, hem, shoulder = 236 + fit[0], 232 + fit[1], 214 + fit[2]
    length = 930 + fit[3] * 2
    cloth = knit(6) if kind != "polo" else weave(4)
    torso = _torso(chest, hem, shoulder, length)
    body = canvas.fill(torso)
    sleeve_color = palette.second if rng.random() < 0.3 else palette.main
    sleeves = _sleeves(canvas, kind, chest, shoulder, sleeve_color, rng)
    canvas.body(body, palette.main, depth=26, roundness=60, gloss=0.04)
    pattern = int(rng.integers(0, 6))
    for piece in (body, *sleeves):
        _pattern(canvas, design, palette, piece, pattern)
    _folds(canvas, [body, *sleeves], rng)
    for piece in (body, *sleeves):
        canvas.texture(piece, cloth, 0.7, shade=0.05)
    _seams(canvas, palette, body, torso, length, chest, shoulder)
    _neck(canvas, design, palette, body, kind, view)
    if view == "front":
        _front_print(canvas, design, palette, body, pattern, kind)
    else:
        _back_print(canvas, design, palette, body)


def _torso(chest: float, hem: float, shoulder: float, length: float) -> Outline:
    right = [
        (_C + 92, 108), (_C + shoulder * 0.8, 132), (_C + shoulder, 158),
        (_C + shoulder - 14, 250), (_C + chest - 18, 330), (_C + chest, 390),
        (_C + chest - 6, 600), (_C + hem, 840), (_C + hem + 4, length),
        (_C + hem * 0.5, length + 12),
    ]  # fmt: skip
    left = [(2 * _C - x, y) for x, y in right[::-1]]
    neck = [(_C - 46, 122.0), (_C, 126.0), (_C + 46, 122.0)]
    return spline([*right, *left, *neck], steps=10)


def _sleeves(
    canvas: Canvas,
    kind: str,
    chest: float,
    shoulder: float,
    color: Color,
    rng: np.random.Generator,
) -> list[Mask]:
    if kind == "long":
        right = [(_C + shoulder - 30, 142), (_C + shoulder + 60, 210),
                 (_C + shoulder + 140, 430), (_C + shoulder + 196, 760),
                 (_C + shoulder + 204, 800), (_C + shoulder + 132, 816),
                 (_C + shoulder + 96, 640), (_C + chest - 10, 400),
                 (_C + chest - 40, 330)]  # fmt: skip
    else:
        drop = rng.uniform(-20, 30)
        right = [(_C + shoulder - 30, 142), (_C + shoulder + 70, 196),
                 (_C + shoulder + 190, 330 + drop), (_C + shoulder + 196, 350 + drop),
                 (_C + shoulder + 104, 424 + drop), (_C + shoulder + 92, 420 + drop),
                 (_C + chest - 16, 352), (_C + chest - 44, 300)]  # fmt: skip
    masks = []
    for outline in (spline(right, steps=10), mirrored(spline(right, steps=10))):
        mask = canvas.fill(outline)
        canvas.body(mask, color, depth=22, roundness=46, gloss=0.04)
        masks.append(mask)
        end = (
            np.array([right[3], right[4]])
            if kind != "long"
            else np.array([right[4], right[5]])
        )
        inward = np.array(right[2 if kind == "long" else 1]) - end[0]
        inward = inward / np.linalg.norm(inward)
        for step in (22.0, 30.0):
            path = end + inward * step
            path = path + (path[1] - path[0]) * np.array([[-0.3], [0.3]])
            path = path if len(masks) == 1 else mirrored(path)
            canvas.seam(path, color=mixed(color, (255, 255, 255), 0.3), within=mask,
                        width=2.2)  # fmt: skip
    return masks


def _pattern(
    canvas: Canvas, design: Design, palette: Palette, piece: Mask, kind: int
) -> None:
    rng = design.rng(20)
    if kind == 1:
        pitch, width = rng.uniform(46, 90), rng.uniform(10, 34)
        rows = [rectangle(0, y, 1000, y + width) for y in np.arange(120, 960, pitch)]
        canvas.ink(canvas.fill(*rows) & piece, palette.second)
        thin = [rectangle(0, y + width + 6, 1000, y + width + 10)
                for y in np.arange(120, 960, pitch)]  # fmt: skip
        canvas.ink(canvas.fill(*thin) & piece, palette.accent)
    elif kind == 2:
        pitch = rng.uniform(70, 120)
        for color, share, shift in (
            (palette.second, 0.42, 0.0), (palette.accent, 0.06, 0.7),
            (palette.light, 0.05, 0.25),
        ):  # fmt: skip
            for flip in (False, True):
                bars = []
                for at in np.arange(0, 1000, pitch):
                    low = at + pitch * shift
                    bar = (rectangle(low, 0, low + pitch * share, 1000) if flip else
                           rectangle(0, low, 1000, low + pitch * share))  # fmt: skip
                    bars.append(bar)
                canvas.ink(canvas.fill(*bars) & piece, color, 0.55)
    elif kind == 3:
        cut = rng.uniform(330, 560)
        tilt = rng.uniform(-160, 160)
        block = np.array([(0, cut - tilt), (1000, cut + tilt), (1000, 1000), (0, 1000)])
        canvas.ink(canvas.fill(block) & piece, palette.second)
        stripe = np.array([(0, cut - tilt), (1000, cut + tilt)])
        canvas.ink(canvas.stroke(stripe, width=26) & piece, palette.accent)
    elif kind == 4:
        art = artwork(design.seed + 7, palette, 500, 500, ground=palette.main)
        tile = round(380 * canvas.scale)
        small = np.asarray(art.resize((tile, tile)).convert("RGB"), np.float32) / 255
        rows, cols = piece.area
        y, x = np.arange(rows.start, rows.stop), np.arange(cols.start, cols.stop)
        fold_y = np.abs((y + tile) % (2 * tile) - tile + 0.5).astype(int) % tile
        fold_x = np.abs((x + tile) % (2 * tile) - tile + 0.5).astype(int) % tile
        canvas.ink(piece, small[fold_y][:, fold_x] ** 2, 0.9)


def _folds(canvas: Canvas, pieces: list[Mask], rng: np.random.Generator) -> None:
    size = (canvas.size_px, canvas.size_px)
    broad = noise(rng, size, 190 * canvas.scale)
    ridges = 1 - np.abs(noise(rng, size, 150 * canvas.scale)) * 2.2
    field = broad * 13 + np.clip(ridges, -0.4, 1) * 5
    paths = []
    for side in (-1, 1):
        for _ in range(3):
            x, y = _C + side * rng.uniform(190, 225), rng.uniform(300, 420)
            to = (_C + side * rng.uniform(40, 130), y + rng.uniform(80, 260))
            mid = ((x + to[0]) / 2 + rng.uniform(-20, 20), (y + to[1]) / 2)
            paths.append(spline([(x, y), mid, to], closed=False))
    creases = canvas.stroke(*paths, width=12)
    for piece in pieces:
        rows, cols = piece.area
        canvas.height[rows, cols] += field[rows, cols] * piece.coverage * canvas.scale
        canvas.emboss(creases & piece, 5, 9)


def _seams(
    canvas: Canvas,
    palette: Palette,
    body: Mask,
    torso: Outline,
    length: float,
    chest: float,
    shoulder: float,
) -> None:
    thread = mixed(palette.main, palette.print_color, 0.3)
    hems = [
        spline(
            [
                (0, length - up),
                (_C - 110, length + 10 - up),
                (_C + 110, length + 10 - up),
                (1000, length - up),
            ],
            closed=False,
        )  # fmt: skip
        for up in (26, 34)
    ]
    canvas.seam(*hems, color=thread, within=body, width=2.2)
    arm = spline([(_C + shoulder - 6, 150), (_C + shoulder - 26, 240),
                  (_C + chest - 14, 350)], closed=False)  # fmt: skip
    groove = canvas.stroke(arm, mirrored(arm), width=5)
    canvas.emboss(groove & body, -6, 3)
    inner = [arm - (9, 0), mirrored(arm - (9, 0))]
    canvas.seam(*inner, color=thread, within=body, width=2.0)


def _neck(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    body: Mask,
    kind: str,
    view: str,
) -> None:
    rng = design.rng(21)
    rib = (
        palette.accent
        if rng.random() < 0.35
        else mixed(palette.main, palette.dark, 0.2)
    )
    deep = (200.0 if rng.random() < 0.6 else 236.0) if view == "front" else 140.0
    inside = spline([(_C - 92, 106), (_C - 40, 118), (_C + 40, 118), (_C + 92, 106),
                     (_C + 62, deep - 30), (_C, deep), (_C - 62,
                     deep - 30)])  # fmt: skip
    hole = canvas.fill(inside)
    if view == "front":
        canvas.surface(hole, mixed(palette.main, palette.dark, 0.55),
                       np.full_like(hole.coverage, 6.0), gloss=0)  # fmt: skip
        canvas.texture(hole, knit(6), 0.7, shade=0.05)
        label = rectangle(_C - 44, 124, _C + 44, 168)
        tag = Image.new("RGBA", (264, 132), (*palette.light, 255))
        _tag_text(tag, design, palette)
        mask = canvas.picture(tag, label, hole)
        canvas.emboss(mask, 3)
    front_edge = spline([(_C + 96, 104), (_C + 66, deep - 28), (_C, deep + 4),
                         (_C - 66, deep - 28), (_C - 96, 104)],
                         closed=False)  # fmt: skip
    collar = canvas.stroke(front_edge, width=26, is_round=False) & body
    canvas.panel(collar, rib, rise=8, soften=5, gloss=0.04)
    along_ribs = [front_edge + (0, d) for d in (-6, 0, 6)]
    canvas.emboss(canvas.stroke(*along_ribs, width=2) & collar, -2, 0.8)
    canvas.seam(front_edge + (0, 17), color=mixed(rib, palette.light, 0.4), within=body,
                width=2.0)  # fmt: skip
    if kind == "polo":
        _polo(canvas, palette, rib, deep, view)


def _polo(canvas: Canvas, palette: Palette, rib: Color, deep: float, view: str) -> None:
    if view == "front":
        strip = canvas.fill(rectangle(_C - 26, deep - 10, _C + 26, 420, radius=4))
        canvas.panel(strip, rib, rise=4, soften=2)
        canvas.seam(rectangle(_C - 20, deep, _C + 20, 414), color=palette.light,
                    within=strip, width=2)  # fmt: skip
        for y in (deep + 34, deep + 96, deep + 158):
            button = canvas.fill(ellipse(_C, y, 11))
            canvas.body(button, palette.light, depth=6, base=50, roundness=8, gloss=0.7)
            canvas.ink(canvas.fill(*(ellipse(_C + dx, y + dy, 1.8)
                                     for dx in (-4, 4) for dy in (-4, 4))),
                       palette.dark)  # fmt: skip
    wing = np.array([(_C + 98, 96), (_C + 128, 150), (_C + 66, deep + 62),
                     (_C + 4, deep + 4), (_C + 58, deep - 40)])  # fmt: skip
    if view == "back":
        wing = np.array([(_C, 96), (_C + 98, 98), (_C + 128, 160), (_C, 178)])
    for outline in (wing, mirrored(wing)):
        piece = canvas.fill(outline)
        canvas.panel(piece, rib, rise=10, soften=4)
        canvas.texture(piece, weave(4), 0.7, shade=0.05)
        middle = outline.mean(axis=0)
        inner = middle + (np.vstack([outline, outline[:1]]) - middle) * 0.86
        canvas.seam(inner, color=mixed(rib, palette.light, 0.5), within=piece, width=2)


def _tag_text(tag: Image.Image, design: Design, palette: Palette) -> None:
    pen = ImageDraw.Draw(tag)
    name = design.brand.name.upper() or "100% COTTON"
    design.brand.mark.draw(tag, 132, 32, 24, palette.dark)
    write(
        pen,
        (132, 80),
        name,
        fitted(name, 38, 230, 0.08),
        palette.dark,
        spacing=0.08,
        weight=0.05,
    )
    write(pen, (132, 114), f"{design.model} M", 22, palette.dark)


def _front_print(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    body: Mask,
    pattern: int,
    kind: str,
) -> None:
    rng = design.rng(22)
    ink = palette.print_color
    if kind == "polo" or pattern in (1, 2, 4):
        inked, cut = design.brand.mark.placed(_C + 118, 330, 40)
        patch = canvas.fill(ellipse(_C + 118, 330, 56)) & body
        canvas.panel(patch, palette.light, rise=2)
        canvas.panel(canvas.fill(*inked, holes=cut), palette.dark, rise=2)
        return
    style = int(rng.integers(0, 4))
    wide = float(rng.uniform(300, 370))
    top = float(rng.uniform(290, 320))
    picture = Image.new("RGBA", (700, 840))
    pen = ImageDraw.Draw(picture)
    art = artwork(design.seed, palette, 640, 560,
                  ground=palette.second if style != 2 else None)  # fmt: skip
    if style == 0:
        picture.paste(art, (30, 120))
        text_y = (60, 740)
    elif style == 1:
        stencil = Image.new("L", (560, 560))
        ImageDraw.Draw(stencil).ellipse((0, 0, 560, 560), fill=255)
        picture.paste(art.crop((40, 0, 600, 560)), (70, 120), stencil)
        text_y = (60, 740)
    elif style == 2:
        picture.paste(art, (30, 40))
        text_y = (660, 770)
    else:
        design.brand.mark.draw(picture, 350, 250, 220, ink)
        band = artwork(design.seed + 2, palette, 680, 150, ground=palette.accent)
        picture.paste(band, (10, 500))
        text_y = (590, 730)
        ink = ink if luminance(palette.main) < 0.55 else palette.dark
    words = (
        design.brand.name.upper() or design.model.upper(),
        f"{design.model.upper()} CLUB {1900 + int(rng.integers(20, 99))}",
    )
    if style == 3:
        write(
            pen,
            (350, 700),
            words[0],
            fitted(words[0], 110, 680, 0.1),
            ink,
            spacing=0.1,
            weight=0.09,
        )
        write(
            pen, (350, 790), words[1], fitted(words[1], 54, 640, 0.2), ink, spacing=0.2
        )
    else:
        write(
            pen,
            (350, text_y[0]),
            words[0],
            fitted(words[0], 100, 660, 0.12),
            ink,
            spacing=0.12,
            weight=0.09,
        )
        write(
            pen,
            (350, text_y[1]),
            words[1],
            fitted(words[1], 60, 640, 0.18),
            ink,
            spacing=0.18,
            weight=0.03,
        )
    quad = rectangle(_C - wide / 2, top, _C + wide / 2, top + wide * 1.2)
    mask = canvas.picture(picture, quad, body)
    canvas.texture(mask, knit(6), 0.3, shade=0.06)


def _back_print(canvas: Canvas, design: Design, palette: Palette, body: Mask) -> None:
    rng = design.rng(23)
    picture = Image.new("RGBA", (800, 700))
    pen = ImageDraw.Draw(picture)
    ink = palette.print_color
    name = design.brand.name.upper() or design.model.upper()
    write(
        pen, (400, 70), name, fitted(name, 110, 760, 0.1), ink, spacing=0.1, weight=0.1
    )
    number = str(rng.integers(10, 99))
    if rng.random() < 0.5:
        write(pen, (400, 340), number, 440, palette.accent, weight=0.12)
        write(pen, (400, 340), number, 440, ink, weight=0.02)
    else:
        design.brand.mark.draw(picture, 400, 330, 190, palette.accent)
    for i, line in enumerate(
        (f"{design.model} series {design.code}", design.brand.motto or "since 1991")
    ):
        write(
            pen, (400, 590 + 60 * i), line, fitted(line, 48, 760, 0.1), ink, spacing=0.1
        )
    quad = rectangle(_C - 190, 240, _C + 190, 572)
    mask = canvas.picture(picture, quad, body)
    canvas.texture(mask, knit(6), 0.3, shade=0.06)

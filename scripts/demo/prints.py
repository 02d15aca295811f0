"""What is printed on shirts: cloth patterns, chest, back, neck label."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork
from scripts.demo.canvas import Canvas, Mask
from scripts.demo.design import Design
from scripts.demo.lettering import fitted, write
from scripts.demo.palettes import Palette, luminance
from scripts.demo.shapes import (
    ellipse,
    rectangle,
)
from scripts.demo.textures import knit

MID = 500.0


def print_cloth(
    canvas: Canvas, design: Design, palette: Palette, piece: Mask, kind: int
) -> None:
    """Dye the pattern in: plain, stripes, checks, blocks or all over."""
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
        at_rows, at_cols = piece.area
        y = np.arange(at_rows.start, at_rows.stop)
        x = np.arange(at_cols.start, at_cols.stop)
        fold_y = np.abs((y + tile) % (2 * tile) - tile + 0.5).astype(int) % tile
        fold_x = np.abs((x + tile) % (2 * tile) - tile + 0.5).astype(int) % tile
        canvas.ink(piece, small[fold_y][:, fold_x] ** 2, 0.9)


def print_tag(tag: Image.Image, design: Design, palette: Palette) -> None:
    """Print the label in the neck."""
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


def print_chest(
    canvas: Canvas,
    design: Design,
    palette: Palette,
    body: Mask,
    pattern: int,
    kind: str,
) -> None:
    """Print the chest: a picture with words, or a small mark on patterned cloth."""
    rng = design.rng(22)
    ink = palette.print_color
    if kind == "polo" or pattern in (1, 2, 4):
        inked, cut = design.brand.mark.placed(MID + 118, 330, 40)
        patch = canvas.fill(ellipse(MID + 118, 330, 56)) & body
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
    quad = rectangle(MID - wide / 2, top, MID + wide / 2, top + wide * 1.2)
    mask = canvas.picture(picture, quad, body)
    canvas.texture(mask, knit(6), 0.3, shade=0.06)


def print_back(canvas: Canvas, design: Design, palette: Palette, body: Mask) -> None:
    """Print the back: name, number or mark, and two small lines."""
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
    quad = rectangle(MID - 190, 240, MID + 190, 572)
    mask = canvas.picture(picture, quad, body)
    canvas.texture(mask, knit(6), 0.3, shade=0.06)

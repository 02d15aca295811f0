"""Printed faces: labels of bottles and the six sides of cartons."""

import numpy as np
from PIL import Image, ImageDraw

from scripts.demo.art import artwork, barcode
from scripts.demo.brands import SENTENCES
from scripts.demo.design import Design
from scripts.demo.goods import goods
from scripts.demo.lettering import fitted, paragraph, write
from scripts.demo.palettes import Palette, luminance, mixed
from scripts.demo.planes import Color
from scripts.demo.shapes import ellipse, rectangle, star
from scripts.demo.sheet import Sheet


def front(
    design: Design, palette: Palette, width_px: int, height_px: int
) -> Image.Image:
    """Lay out the main face: mark, name, picture, claims; the seed picks the layout."""
    rng = design.rng(10)
    layout = int(rng.integers(0, 5))
    ground = (palette.main, palette.light, palette.second, palette.main, palette.light)[
        layout
    ]
    image = Image.new("RGBA", (width_px * 2, height_px * 2), (*ground, 255))
    w, h = image.size
    ink = palette.dark if luminance(ground) > 0.55 else palette.light
    below = int(h * 0.1 + min(w, h * 0.7) * 0.38)
    art_box = (
        (0, int(h * 0.42), w, h),
        (int(w * 0.1), below, int(w * 0.9), int(h * 0.74)),
        (0, 0, w, int(h * 0.5)),
        (0, 0, w, h),
        (int(w * 0.12), below, int(w * 0.88), int(h * 0.72)),
    )[layout]
    aw, ah = art_box[2] - art_box[0], art_box[3] - art_box[1]
    art_ground = mixed(palette.main, palette.second, 0.6 if layout != 3 else 0.0)
    art = artwork(design.seed, palette, aw // 2, ah // 2, ground=art_ground)
    art = art.resize((aw, ah), Image.Resampling.BICUBIC)
    if layout == 4:
        stencil = Image.new("L", (aw, ah))
        ImageDraw.Draw(stencil).ellipse((0, 0, aw, ah), fill=255)
        image.paste(art, art_box[:2], stencil)
    else:
        image.paste(art, art_box[:2])
    pen = ImageDraw.Draw(image)
    name_y = (0.12, 0.1, 0.6, 0.36, 0.09)[layout]
    if layout == 3:
        plate = (int(w * 0.1), int(h * 0.22), int(w * 0.9), int(h * 0.66))
        pen.rounded_rectangle(plate, w // 24, fill=palette.light)
        pen.rounded_rectangle(
            (plate[0] + 10, plate[1] + 10, plate[2] - 10, plate[3] - 10),
            w // 28, outline=palette.accent, width=4,
        )  # fmt: skip
        ink = palette.dark
    _title(image, design, palette, ink, name_y)
    _claims(image, design, palette, ink, layout, rng)
    return image.reduce(2)


def _title(
    image: Image.Image, design: Design, palette: Palette, ink: Color, top: float
) -> None:
    w, h = image.size
    pen = ImageDraw.Draw(image)
    unit = min(w, h * 0.7)
    brand = design.brand.name.upper()
    y = h * top
    design.brand.mark.draw(image, w * 0.5, y, unit * 0.075, ink)
    y += unit * 0.13
    if brand:
        size = fitted(brand, int(unit * 0.12), w * 0.74, 0.16)
        write(pen, (w / 2, y), brand, size, ink, spacing=0.16, weight=0.07)
        y += unit * 0.11
    name = goods(design)
    size = fitted(name, int(unit * 0.1), w * 0.74, 0.02)
    write(pen, (w / 2, y), name, size, ink, spacing=0.02)
    y += unit * 0.075
    text = f"{design.model} \u00b7 {design.brand.motto}" if brand else design.model
    write(
        pen,
        (w / 2, y),
        text,
        fitted(text, int(unit * 0.05), w * 0.66, 0.06),
        ink,
        spacing=0.06,
    )


def _claims(
    image: Image.Image,
    design: Design,
    palette: Palette,
    ink: Color,
    layout: int,
    rng: np.random.Generator,
) -> None:
    w, h = image.size
    pen = ImageDraw.Draw(image)
    unit = min(w, h * 0.7)
    claims = [
        "100% natural",
        "small batch",
        "no added sugar",
        "dermatologist tested",
        "vegan",
        "since 1924",
        "new recipe",
        "plant based",
        "fair trade",
    ]
    chosen = [claims[i] for i in rng.permutation(len(claims))[:3]]
    y = h * (0.93, 0.82, 0.93, 0.93, 0.81)[layout]
    if layout in (1, 4):
        for i, claim in enumerate(chosen):
            at = (w / 2, y + (i - 1) * unit * 0.068)
            write(pen, at, claim.upper(), int(unit * 0.045), ink, spacing=0.14)
        y = h * 0.955
    amount = f"{rng.integers(1, 20) * 25} {'ml' if design.kind == 'bottles' else 'g'}"
    code = f"Net {amount}  \u00b7  {design.code}"
    band = unit * 0.05
    pen.rectangle((0, y - band, w, y + band), fill=palette.accent)
    on = palette.dark if luminance(palette.accent) > 0.5 else palette.light
    write(
        pen,
        (w * 0.07, y),
        code,
        fitted(code, int(unit * 0.055), w * 0.5),
        on,
        align="left",
    )
    write(
        pen,
        (w * 0.93, y),
        chosen[0],
        fitted(chosen[0], int(unit * 0.05), w * 0.36),
        on,
        align="right",
    )
    if rng.random() < 0.7:
        x, y = w * rng.uniform(0.74, 0.86), h * rng.uniform(-0.04, 0.04)
        y += h * (0.5, 0.68, 0.44, 0.78, 0.66)[layout]
        r = unit * 0.105
        burst = star(x, y, r, r * 0.88, int(rng.integers(12, 26)))
        pen.polygon([(float(px), float(py)) for px, py in burst], fill=palette.accent)
        pen.ellipse(
            (x - r * 0.76, y - r * 0.76, x + r * 0.76, y + r * 0.76),
            outline=on,
            width=4,
        )
        first, _, second = chosen[1].partition(" ")
        size = fitted(max(first, second, key=len), int(r * 0.42), r * 1.2)
        write(pen, (x, y - r * 0.2), first, size, on, weight=0.04)
        write(pen, (x, y + r * 0.28), second, size, on, weight=0.04)


def back(
    design: Design, palette: Palette, width_px: int, height_px: int
) -> Image.Image:
    """Lay out the face that nobody reads: text, a table, a barcode."""
    rng = design.rng(11)
    ground = mixed(palette.light, palette.second, 0.12)
    image = Image.new("RGBA", (width_px * 2, height_px * 2), (*ground, 255))
    pen = ImageDraw.Draw(image)
    w, h = image.size
    unit = min(w, h * 0.7)
    ink = palette.dark
    pen.rectangle((0, 0, w, h * 0.13), fill=palette.main)
    on = palette.print_color
    design.brand.mark.draw(image, w * 0.13, h * 0.065, unit * 0.06, on)
    title = f"{goods(design)} {design.model}"
    write(
        pen,
        (w * 0.24, h * 0.065),
        title,
        fitted(title, int(unit * 0.07), w * 0.68),
        on,
        align="left",
        weight=0.04,
    )
    y = h * 0.16
    order = rng.permutation(len(SENTENCES))
    size = int(unit * 0.05)
    for i in order[: int(rng.integers(3, 5))]:
        y = paragraph(pen, (w * 0.07, y), SENTENCES[i], size, ink, width_px=w * 0.86)
        y += size * 0.5
    rows = ["Energy", "Fat", "Sugars", "Fibre", "Protein", "Salt", "Zinc", "Vitamin C"]
    top = y + size * 0.4
    wide = w * rng.uniform(0.5, 0.62)
    for i, k in enumerate(rng.permutation(len(rows))[: int(rng.integers(4, 7))]):
        y = top + i * size * 1.5
        if y > h * 0.74:
            break
        box = (w * 0.07, y, wide, y + size * 1.5)
        pen.rectangle(
            box,
            fill=mixed(ground, palette.accent, 0.3) if i % 2 else None,
            outline=ink,
            width=2,
        )
        write(pen, (w * 0.09, y + size * 0.75), rows[k], size, ink, align="left")
        write(
            pen,
            (wide - w * 0.02, y + size * 0.75),
            f"{rng.uniform(0, 90):.1f} g",
            size,
            ink,
            align="right",
        )
    for i in range(3):
        x, ty = (
            w * 0.72 + (i % 2) * w * 0.14,
            top + (i // 2) * unit * 0.14 + unit * 0.05,
        )
        ring = ellipse(x, ty, unit * 0.05)
        pen.polygon([(float(a), float(b)) for a, b in ring], outline=ink, width=4)
        write(pen, (x, ty), "RXKE"[int(rng.integers(0, 4))], int(unit * 0.055), ink)
    room = (int(w * 0.69), int(top + unit * 0.27), int(w * 0.93), int(h * 0.79))
    if room[3] - room[1] > 40:
        art_size = ((room[2] - room[0]) // 2, (room[3] - room[1]) // 2)
        art = artwork(design.seed, palette, *art_size, ground=palette.main)
        image.paste(art.resize((art_size[0] * 2, art_size[1] * 2)), room[:2])
    bars = barcode(design.seed, int(w * 0.42), int(h * 0.14))
    image.paste(bars, (int(w * 0.52), int(h * 0.83)))
    foot = design.brand.name or "Distributed for stores"
    write(
        pen, (w * 0.07, h * 0.87), foot, int(size * 1.1), ink, align="left", weight=0.05
    )
    write(pen, (w * 0.07, h * 0.91), design.code, size, ink, align="left")
    write(
        pen,
        (w * 0.07, h * 0.945),
        f"Lot {rng.integers(10000, 99999)}",
        size,
        ink,
        align="left",
    )
    return image.reduce(2)


def side(
    design: Design, palette: Palette, width_px: int, height_px: int
) -> Image.Image:
    """Lay out a narrow face: pattern, name along the edge, small print."""
    rng = design.rng(12)
    ground = palette.second if rng.random() < 0.5 else palette.main
    art = artwork(design.seed + 1, palette, width_px, height_px // 3, ground=ground)
    sheet = Sheet(width_px, height_px, ground)
    image = sheet.image
    w, h = image.size
    at_top = rng.random() < 0.5
    image.paste(art.resize((w, h // 3)), (0, 0 if at_top else h - h // 3))
    ink = palette.dark if luminance(ground) > 0.55 else palette.light
    pen = ImageDraw.Draw(image)
    y = h * (0.42 if at_top else 0.1)
    design.brand.mark.draw(image, w / 2, y, w * 0.14, ink)
    text = design.brand.name.upper() or goods(design).upper()
    write(
        pen,
        (w / 2, y + w * 0.26),
        text,
        fitted(text, int(w * 0.13), w * 0.8, 0.1),
        ink,
        spacing=0.1,
        weight=0.06,
    )
    y += w * 0.4
    for i in rng.permutation(len(SENTENCES))[:2]:
        y = paragraph(
            pen,
            (w * 0.1, y),
            SENTENCES[i],
            max(10, int(w * 0.06)),
            ink,
            width_px=w * 0.8,
            max_lines=5,
        )
        y += w * 0.04
    return sheet.done()


def lid(design: Design, palette: Palette, width_px: int, height_px: int) -> Image.Image:
    """Lay out the top of a carton."""
    sheet = Sheet(width_px, height_px, mixed(palette.main, palette.light, 0.12))
    w, h = sheet.image.size
    ink = palette.print_color
    tab = rectangle(0.36, sheet.tall * 0.78, 0.64, sheet.tall, radius=0.03)
    sheet.shape(tab, mixed(palette.main, palette.dark, 0.25))
    text = design.brand.name or goods(design)
    write(
        sheet.pen,
        (w / 2, h * 0.45),
        text,
        fitted(text, int(min(w * 0.12, h * 0.4)), w * 0.6, 0.1),
        ink,
        spacing=0.1,
        weight=0.05,
    )
    return sheet.done()


def signature(
    image: Image.Image, design: Design, ink: Color, x: float, y: float
) -> None:
    """Write brand, model and number in three lines, from (x, y) on."""
    pen = ImageDraw.Draw(image)
    room = image.width - x - 4
    name = design.brand.name.upper() or goods(design).upper()
    size = fitted(name, int(image.width * 0.12), room, 0.08)
    write(pen, (x, y), name, size, ink, align="left", spacing=0.08, weight=0.07)
    for i, text in enumerate((goods(design), f"{design.model} {design.code}")):
        small = fitted(text, int(size * 0.7), room)
        write(pen, (x, y + size * (1.1 + 0.9 * i)), text, small, ink, align="left")

"""A shop page drawn around a picture."""

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from scripts.demo.inks import bright, ink_on
from scripts.demo.lettering import write
from scripts.demo.planes import Color
from scripts.demo.shapes import star


def screenshot(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Show the photo in a shop's page."""
    theme = bright(rng)
    is_dark = rng.random() < 0.3
    paper: Color = (28, 29, 34) if is_dark else (250, 250, 250)
    ink: Color = (230, 230, 232) if is_dark else (34, 36, 42)
    soft: Color = (110, 112, 120) if is_dark else (170, 172, 178)
    is_phone = rng.random() < 0.5
    page = Image.new("RGB", (560, 980) if is_phone else (1080, 760), paper)
    pen = ImageDraw.Draw(page)
    w = page.width
    pen.rectangle((0, 0, w, 54), fill=theme)
    write(
        pen,
        (20, 27),
        ("bazaaro", "Marktly", "shopling")[int(rng.integers(0, 3))],
        26,
        ink_on(theme),
        align="left",
        weight=0.08,
    )
    pen.rounded_rectangle((w * 0.32, 12, w * 0.8, 42), 15, fill=paper)
    write(pen, (w * 0.34, 27), "search products", 15, soft, align="left")
    for i in range(3):
        pen.ellipse((w - 90 + 28 * i, 18, w - 72 + 28 * i, 36), outline=ink_on(theme),
                    width=2)  # fmt: skip
    room = (w - 40, 500) if is_phone else (540, 560)
    shown = ImageOps.contain(image, room)
    left = (w - shown.width) // 2 if is_phone else 40
    top = 74 if is_phone else 100
    page.paste(shown, (left, top))
    x = 24 if is_phone else 620
    y = top + shown.height + 30 if is_phone else 120
    title = f"Designer item {rng.integers(100, 999)}, brand new"
    write(pen, (x, y), title, 24, ink, align="left", weight=0.05)
    write(
        pen,
        (x, y + 46),
        f"$ {rng.integers(9, 199)}.99",
        34,
        theme,
        align="left",
        weight=0.08,
    )
    stars = int(rng.integers(3, 6))
    for i in range(5):
        points = star(x + 14 + 28 * i, y + 88, 11, 5, 5)
        pen.polygon([(float(a), float(b)) for a, b in points],
                    fill=(246, 180, 40) if i < stars else soft)  # fmt: skip
    write(
        pen,
        (x + 160, y + 88),
        f"({rng.integers(2, 900)} reviews)",
        15,
        soft,
        align="left",
    )
    wide = w - x - 40
    for i in range(4):
        long = wide * rng.uniform(0.6, 1.0)
        pen.rounded_rectangle((x, y + 116 + 22 * i, x + long, y + 126 + 22 * i), 5,
                              fill=soft)  # fmt: skip
    pen.rounded_rectangle((x, y + 214, x + wide * 0.7, y + 262), 24, fill=theme)
    write(
        pen, (x + wide * 0.35, y + 238), "Add to cart", 20, ink_on(theme), weight=0.05
    )
    if not is_phone:
        for i in range(4):
            thumb = ImageOps.fit(image, (70, 70))
            page.paste(ImageEnhance.Color(thumb).enhance(0.4 * i), (620 + 84 * i, 560))
    return page

"""What a seller draws onto a photo: captions, marks, stripes, application windows."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]
LETTERS = tuple("ABCDEFGHIJKLMNOPRSTUWabcdefghijklmnoprstuw0123456789%!.:-")


def random_color(rng: np.random.Generator) -> Color:
    """Draw a color; black and white are as likely as all others together."""
    kind = rng.random()
    if kind < 0.25:
        return (255, 255, 255)
    if kind < 0.5:
        return (0, 0, 0)
    red, green, blue = rng.integers(0, 256, 3)
    return int(red), int(green), int(blue)


@lru_cache(maxsize=64)
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def random_words(rng: np.random.Generator) -> str:
    """Draw one to four words of random letters."""
    lengths = rng.integers(2, 9, size=int(rng.integers(1, 5)))
    return " ".join("".join(rng.choice(LETTERS, size=n)) for n in lengths)


def draw_text(picture: Image.Image, rng: np.random.Generator) -> None:
    """Write up to three lines at random places of the picture."""
    pen = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 4))):
        size_px = max(6, int(picture.height * rng.uniform(0.06, 0.22)))
        corner = (
            rng.uniform(-0.1, 0.7) * picture.width,
            rng.uniform(0, 0.9) * picture.height,
        )
        pen.text(corner, random_words(rng), fill=random_color(rng), font=_font(size_px))


def draw_mark(picture: Image.Image, rng: np.random.Generator) -> None:
    """Draw an emoji-like mark: a face, a star, a badge or an arrow."""
    pen = ImageDraw.Draw(picture)
    size = rng.uniform(0.15, 0.5) * min(picture.size)
    x = rng.uniform(-0.1, 0.9) * picture.width
    y = rng.uniform(-0.1, 0.9) * picture.height
    box = (x, y, x + size, y + size)
    fill = random_color(rng)
    kind = int(rng.integers(4))
    if kind == 0:
        pen.ellipse(box, fill=(255, 205, 60))
        for shift in (0.25, 0.6):
            eye = (x + shift * size, y + 0.25 * size)
            pen.ellipse((*eye, eye[0] + 0.15 * size, eye[1] + 0.2 * size), fill=fill)
        pen.arc(
            (x + 0.2 * size, y + 0.3 * size, x + 0.8 * size, y + 0.8 * size),
            20,
            160,
            fill=fill,
            width=max(1, int(0.06 * size)),
        )
    elif kind == 1:
        turns = np.arange(10) * np.pi / 5 + rng.uniform(0, 1)
        radius = np.where(np.arange(10) % 2, 0.2, 0.5) * size
        across = x + size / 2 + radius * np.cos(turns)
        down = y + size / 2 + radius * np.sin(turns)
        pen.polygon(list(zip(across.tolist(), down.tolist(), strict=True)), fill=fill)
    elif kind == 2:
        pen.ellipse(box, fill=fill)
        pen.text(
            (x + 0.15 * size, y + 0.3 * size),
            f"-{int(rng.integers(5, 95))}%",
            fill=random_color(rng),
            font=_font(max(6, int(0.35 * size))),
        )
    else:
        pen.rectangle(box, outline=fill, width=max(2, int(0.08 * size)))


def draw_stripes(picture: Image.Image, rng: np.random.Generator) -> None:
    """Draw one to four half-transparent or solid lines across the picture."""
    layer = Image.new("RGB", picture.size, random_color(rng))
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    opacity = int(rng.uniform(110, 256))
    for _ in range(int(rng.integers(1, 5))):
        ends = rng.uniform(-0.2, 1.2, 4) * np.tile(picture.size, 2)
        width = max(1, int(rng.uniform(0.02, 0.14) * min(picture.size)))
        pen.line([tuple(ends[:2]), tuple(ends[2:])], fill=opacity, width=width)
    picture.paste(layer, mask=mask)


def draw_window(
    size: tuple[int, int], rng: np.random.Generator
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Draw an application's window with a place for a picture.

    Returns:
        The window, and the box (left, top, right, bottom) that the picture fills.
    """
    width, height = size
    is_dark = rng.random() < 0.3
    back, ink = ((24, 24, 28), (90, 90, 98)) if is_dark else ((255,) * 3, (205,) * 3)
    window = Image.new("RGB", size, back)
    pen = ImageDraw.Draw(window)
    bar = int(height * rng.uniform(0.04, 0.15))
    pen.rectangle((0, 0, width, bar), fill=random_color(rng))
    left = int(width * rng.uniform(0.0, 0.35))
    right = int(width * rng.uniform(0.65, 1.0))
    top = bar + int(height * rng.uniform(0.0, 0.2))
    bottom = int(height * rng.uniform(0.7, 1.0))
    for _ in range(int(rng.integers(4, 16))):
        x, y = rng.uniform(0, width), rng.uniform(bar, height)
        length = rng.uniform(0.05, 0.3) * width
        thickness = rng.uniform(0.01, 0.04) * height
        if rng.random() < 0.3:
            pen.ellipse((x, y, x + 3 * thickness, y + 3 * thickness), fill=ink)
        else:
            pen.rectangle((x, y, x + length, y + thickness), fill=ink)
    if rng.random() < 0.4:
        pen.rectangle((left, top, right, bottom), fill=(0, 0, 0))
    return window, (left, top, right, bottom)

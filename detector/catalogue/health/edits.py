"""What sellers do to a brand's photo, drawn: one function for each family of edits.

Milder than the edits of `models.training`, which are there to be hard: these are what a
listing looks like. A change here changes every brand's figures.
"""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from models.training.drawing import (
    draw_mark,
    draw_stripes,
    draw_text,
    draw_window,
    random_color,
)

Edit = Callable[[Image.Image, np.random.Generator], Image.Image]

QUALITY = 85
"""Of the JPEG that an edited picture is saved as."""


def crop(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Keep 45 to 75 % of the area, somewhere about the middle."""
    share = np.sqrt(rng.uniform(0.45, 0.75))
    width, height = (max(8, round(side * share)) for side in photo.size)
    left = round((photo.width - width) * rng.uniform(0.2, 0.8))
    top = round((photo.height - height) * rng.uniform(0.2, 0.8))
    return photo.crop((left, top, left + width, top + height))


def frame(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put the photo on a colored ground, often with words below."""
    border = max(2, round(min(photo.size) * rng.uniform(0.04, 0.18)))
    framed = ImageOps.expand(photo, border, random_color(rng))
    if rng.random() < 0.5:
        bar = Image.new("RGB", (framed.width, framed.height // 6), random_color(rng))
        draw_text(bar, rng)
        sheet = Image.new("RGB", (framed.width, framed.height + bar.height))
        sheet.paste(framed)
        sheet.paste(bar, (0, framed.height))
        return sheet
    return framed


def recompress(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Shrink to 45 to 90 % and save badly."""
    photo = _scaled(photo, rng.uniform(0.45, 0.9))
    return _reread(photo, int(rng.integers(20, 60)))


def rotate(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Turn by 5 to 25 degrees either way on a plain ground."""
    angle = rng.uniform(5, 25) * rng.choice([-1, 1])
    resample = Image.Resampling.BICUBIC
    return photo.rotate(angle, resample, expand=True, fillcolor=random_color(rng))


def text(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Write captions onto the photo."""
    photo = photo.copy()
    draw_text(photo, rng)
    return photo


def stickers(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Put one or two badges, faces or stars onto the photo, or lines across it."""
    photo = photo.copy()
    for _ in range(int(rng.integers(1, 3))):
        draw_mark(photo, rng)
    if rng.random() < 0.3:
        draw_stripes(photo, rng)
    return photo


def collage(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Set the photo beside one, two or three drawn pictures."""
    columns, rows = ((2, 1), (1, 2), (2, 2))[int(rng.integers(3))]
    side = max(160, max(photo.size) // 2)
    gap = int(rng.integers(0, 16))
    step = side + gap
    sheet = Image.new("RGB", (columns * step, rows * step), random_color(rng))
    own = int(rng.integers(columns * rows))
    for cell in range(columns * rows):
        picture = photo if cell == own else _filler(rng)
        inner = ImageOps.contain(picture, (side, side))
        corner = (cell % columns * step, cell // columns * step)
        sheet.paste(inner, corner)
    return sheet


def mirror(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Flip left to right, the rim trimmed a little."""
    return ImageOps.crop(
        ImageOps.mirror(photo), int(min(photo.size) * rng.uniform(0.0, 0.05))
    )


def occlude(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cover 8 to 25 % of the photo with a plain patch or another picture."""
    photo = photo.copy()
    share = np.sqrt(rng.uniform(0.08, 0.25))
    size = (max(2, round(photo.width * share)), max(2, round(photo.height * share)))
    is_plain = rng.random() < 0.5
    cover = Image.new("RGB", size, random_color(rng)) if is_plain else _filler(rng)
    x = round((photo.width - size[0]) * rng.uniform(0.1, 0.9))
    y = round((photo.height - size[1]) * rng.uniform(0.1, 0.9))
    photo.paste(cover.resize(size), (x, y))
    return photo


def degrade(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it small, blurred and grainy."""
    target_px = int(rng.integers(220, 340))
    photo = _scaled(photo, min(1.0, target_px / max(photo.size)))
    photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
    noise = rng.normal(0, rng.uniform(2, 10), (photo.height, photo.width, 1))
    grainy = np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(grainy)


def screenshot(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Show the photo in the window of a shop, on a telephone or a computer."""
    width, height = ((560, 980), (1080, 760))[int(rng.integers(2))]
    window, (left, top, right, bottom) = draw_window((width, height), rng)
    inner = ImageOps.contain(photo, (right - left, bottom - top))
    x = left + (right - left - inner.width) // 2
    y = top + (bottom - top - inner.height) // 2
    window.paste(inner, (x, y))
    return window


def combo(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make two or three edits, one after the other."""
    for name in _CHAINS[int(rng.integers(len(_CHAINS)))]:
        photo = EDITS[name](photo, rng)
    return photo


EDITS: dict[str, Edit] = {
    "crop": crop,
    "frame": frame,
    "recompress": recompress,
    "rotate": rotate,
    "text": text,
    "stickers": stickers,
    "collage": collage,
    "mirror": mirror,
    "occlude": occlude,
    "degrade": degrade,
    "screenshot": screenshot,
    "combo": combo,
}
"""By family, in the order of the report."""

_CHAINS = (
    ("crop", "text"),
    ("mirror", "stickers"),
    ("frame", "degrade"),
    ("mirror", "crop", "recompress"),
    ("text", "screenshot"),
    ("rotate", "recompress"),
    ("occlude", "mirror"),
    ("crop", "frame"),
)


def edited_file(photo: Image.Image, family: str, *, name: str, seed: int) -> bytes:
    """Edit a photo; the same name and seed always give the same file.

    Args:
        photo: RGB.
        family: one of `EDITS`.
        name: of the photo, so that each goes its own way.
        seed: of the whole test.
    """
    digest = sha256(f"{name}\0{family}".encode()).digest()
    rng = np.random.default_rng([seed, int.from_bytes(digest[:8])])
    file = BytesIO()
    EDITS[family](photo, rng).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _filler(rng: np.random.Generator) -> Image.Image:
    """Draw a picture of nothing: soft colors and a few shapes."""
    coarse = Image.fromarray(rng.integers(40, 216, (4, 4, 3), np.uint8))
    picture = coarse.resize((240, 240), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y, width, height = rng.integers(10, 160, 4).tolist()
        shape = pen.ellipse if rng.random() < 0.5 else pen.rectangle
        shape((x, y, x + width, y + height), fill=random_color(rng))
    return picture


def _scaled(photo: Image.Image, scale: float) -> Image.Image:
    size = (max(8, round(photo.width * scale)), max(8, round(photo.height * scale)))
    return photo.resize(size, Image.Resampling.LANCZOS)


def _reread(photo: Image.Image, quality: int) -> Image.Image:
    file = BytesIO()
    photo.save(file, "JPEG", quality=quality)
    with Image.open(file) as reread:
        return reread.convert("RGB")

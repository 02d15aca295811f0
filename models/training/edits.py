"""Edits that a copied photo goes through, drawn at random: one photo in, a copy out.

Every edit is a function of the photo, a random generator and a source of other photos,
so that the same seed gives the same copy.
"""

from collections.abc import Callable
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from models.training.drawing import (
    draw_mark,
    draw_stripes,
    draw_text,
    draw_window,
    random_color,
)

Others = Callable[[], Image.Image]
"""Gives some other photo, for collages and covers."""
Edit = Callable[[Image.Image, np.random.Generator, Others], Image.Image]


def crop(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Keep a rectangle of 20 to 80 % of the area."""
    area = rng.uniform(0.2, 0.8)
    stretch = np.exp(rng.uniform(-0.4, 0.4))
    width = int(min(1.0, np.sqrt(area) * stretch) * photo.width)
    height = int(min(1.0, np.sqrt(area) / stretch) * photo.height)
    width, height = max(8, width), max(8, height)
    left = int(rng.uniform(0, max(0, photo.width - width)))
    top = int(rng.uniform(0, max(0, photo.height - height)))
    return photo.crop((left, top, left + width, top + height))


def mirror(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Flip left to right; rarely turn by 90, 180 or 270 degrees."""
    if rng.random() < 0.85:
        return photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turns = (
        Image.Transpose.ROTATE_90,
        Image.Transpose.ROTATE_180,
        Image.Transpose.ROTATE_270,
    )
    return photo.transpose(turns[int(rng.integers(3))])


def recolor(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Change brightness, contrast, saturation and, slightly, hue; or drop color."""
    photo = ImageEnhance.Brightness(photo).enhance(rng.uniform(0.5, 1.6))
    photo = ImageEnhance.Contrast(photo).enhance(rng.uniform(0.45, 1.6))
    kind = rng.random()
    if kind < 0.12:
        return photo.convert("L").convert("RGB")
    if kind < 0.4:
        return shift_hue(photo, rng.uniform(-0.05, 0.05))
    return ImageEnhance.Color(photo).enhance(rng.uniform(0.2, 1.8))


def degrade(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Lose quality: blur, JPEG, fewer pixels or noise; often color as well."""
    if rng.random() < 0.35:
        photo = photo.convert("L").convert("RGB")
    kind = int(rng.integers(4))
    if kind == 0:
        return photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.8, 3.0)))
    if kind == 1:
        return compress(photo, int(rng.integers(5, 40)))
    if kind == 2:
        share = rng.uniform(0.15, 0.5)
        small = _resized(photo, photo.width * share, photo.height * share)
        return small.resize(photo.size, Image.Resampling.BILINEAR)
    num_channels = int(rng.choice([1, 3]))  # of film, and of a sensor
    shape = (photo.height, photo.width, num_channels)
    noise = rng.normal(0, rng.uniform(5, 40), shape)
    return Image.fromarray(np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8))


def compress(photo: Image.Image, quality: int) -> Image.Image:
    """Write as JPEG and read back."""
    file = BytesIO()
    photo.save(file, "JPEG", quality=quality)
    with Image.open(file) as reread:
        return reread.convert("RGB")


def write_text(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Write captions onto the photo."""
    photo = photo.copy()
    draw_text(photo, rng)
    return photo


def mark(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Put emoji-like marks, stripes or both onto the photo."""
    photo = photo.copy()
    kind = rng.random()
    if kind < 0.7:
        for _ in range(int(rng.integers(1, 4))):
            draw_mark(photo, rng)
    if kind > 0.4:
        draw_stripes(photo, rng)
    return photo


def frame(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Put the photo on a plain ground, often with a caption above or below it."""
    left, top, right, bottom = rng.uniform(0.02, 0.45, 4)
    if rng.random() < 0.5:
        top, right, bottom = left, left, left
    size = (
        int(photo.width * (1 + left + right)),
        int(photo.height * (1 + top + bottom)),
    )
    ground = Image.new("RGB", size, random_color(rng))
    if rng.random() < 0.6:
        draw_text(ground, rng)
    ground.paste(photo, (int(photo.width * left), int(photo.height * top)))
    return ground


def screenshot(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Show the photo inside a drawn application window."""
    width = int(rng.integers(150, 240))
    height = int(width * rng.choice([0.5625, 0.65, 1.0, 1.6]))
    window, (left, top, right, bottom) = draw_window((width, height), rng)
    if rng.random() < 0.5:
        thumbnail = _resized(others(), 0.25 * width, 0.25 * height)
        corner = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        window.paste(thumbnail, corner)
    share = min((right - left) / photo.width, (bottom - top) / photo.height)
    inner = _resized(photo, photo.width * share, photo.height * share)
    x = left + (right - left - inner.width) // 2
    y = top + (bottom - top - inner.height) // 2
    window.paste(inner, (x, y))
    return window


def paste(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Paste the photo onto another one, somewhere, at 15 to 60 % of its area."""
    ground = others().copy()
    share = np.sqrt(rng.uniform(0.15, 0.6))
    width, height = share * ground.width, share * ground.height
    if rng.random() < 0.7:
        scale = min(width / photo.width, height / photo.height)
        width, height = scale * photo.width, scale * photo.height
    inner = _resized(photo, width, height)
    x = int(rng.uniform(0, max(1, ground.width - inner.width)))
    y = int(rng.uniform(0, max(1, ground.height - inner.height)))
    ground.paste(inner, (x, y))
    return ground


def collage(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Set the photo beside one or three others."""
    num_columns, num_rows = ((2, 1), (1, 2), (2, 2))[int(rng.integers(3))]
    cell = (int(rng.integers(80, 140)), int(rng.integers(80, 140)))
    gap = int(rng.integers(0, 8))
    size = (num_columns * (cell[0] + gap), num_rows * (cell[1] + gap))
    sheet = Image.new("RGB", size, random_color(rng))
    own = int(rng.integers(num_columns * num_rows))
    for i in range(num_columns * num_rows):
        picture = photo if i == own else others()
        corner = (i % num_columns * (cell[0] + gap), i // num_columns * (cell[1] + gap))
        sheet.paste(_resized(picture, *cell), corner)
    return sheet


def occlude(
    photo: Image.Image, rng: np.random.Generator, others: Others
) -> Image.Image:
    """Cover 5 to 40 % of the photo with another photo or a plain patch."""
    photo = photo.copy()
    share = np.sqrt(rng.uniform(0.05, 0.4))
    stretch = np.exp(rng.uniform(-0.5, 0.5))
    width = min(0.9, share * stretch) * photo.width
    height = min(0.9, share / stretch) * photo.height
    if rng.random() < 0.6:
        cover = _resized(others(), width, height)
    else:
        size = (max(1, int(width)), max(1, int(height)))
        cover = Image.new("RGB", size, random_color(rng))
    x = int(rng.uniform(-0.1, 0.9) * photo.width)
    y = int(rng.uniform(-0.1, 0.9) * photo.height)
    photo.paste(cover, (x, y))
    return photo


def rotate(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Turn by up to 35 degrees, the corners filled or cut off."""
    return photo.rotate(
        rng.uniform(-35, 35),
        Image.Resampling.BILINEAR,
        expand=bool(rng.random() < 0.5),
        fillcolor=random_color(rng),
    )


def tilt(photo: Image.Image, rng: np.random.Generator, others: Others) -> Image.Image:
    """Look at the photo from the side: each corner moves by up to 25 %."""
    width, height = photo.size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    moved = corners + rng.uniform(-0.25, 0.25, (4, 2)) * (width, height)
    return photo.transform(
        photo.size,
        Image.Transform.PERSPECTIVE,
        _perspective(moved, corners),
        Image.Resampling.BILINEAR,
        fillcolor=random_color(rng),
    )


EDITS: dict[str, Edit] = {
    "crop": crop,
    "mirror": mirror,
    "recolor": recolor,
    "degrade": degrade,
    "text": write_text,
    "mark": mark,
    "frame": frame,
    "screenshot": screenshot,
    "paste": paste,
    "collage": collage,
    "occlude": occlude,
    "rotate": rotate,
    "tilt": tilt,
}


def shift_hue(photo: Image.Image, turn: float) -> Image.Image:
    """Turn every hue by a share of the color circle."""
    hue, saturation, value = photo.convert("HSV").split()
    turned = (np.asarray(hue).astype(int) + int(turn * 256)) % 256
    parts = (Image.fromarray(turned.astype(np.uint8)), saturation, value)
    return Image.merge("HSV", parts).convert("RGB")


def _resized(photo: Image.Image, width: float, height: float) -> Image.Image:
    size = (max(4, int(width)), max(4, int(height)))
    return photo.resize(size, Image.Resampling.BILINEAR)


def _perspective(
    points0: NDArray[np.float64], points1: NDArray[np.float64]
) -> tuple[float, ...]:
    """Solve for Pillow's eight coefficients that take `points0` to `points1`."""
    rows: list[list[float]] = []
    for (x0, y0), (x1, y1) in zip(points0, points1, strict=True):
        rows.append([x0, y0, 1, 0, 0, 0, -x1 * x0, -x1 * y0])
        rows.append([0, 0, 0, x0, y0, 1, -y1 * x0, -y1 * y0])
    solution = np.linalg.solve(np.array(rows), points1.ravel())
    return tuple(float(value) for value in solution)

"""Text with the one typeface that Pillow carries: spaced, weighted, fitted."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scripts.demo.planes import Color


@lru_cache(maxsize=256)
def font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Load the built-in typeface at a size."""
    return ImageFont.load_default(size=max(4, size_px))


def measure(text: str, size_px: int, spacing: float = 0.0) -> float:
    """Width of a line in pixels; `spacing` is a share of the size per letter."""
    face = font(size_px)
    return sum(face.getlength(c) for c in text) + spacing * size_px * (len(text) - 1)


def fitted(text: str, size_px: int, width_px: float, spacing: float = 0.0) -> int:
    """Shrink the size until the line fits the width."""
    wide = measure(text, size_px, spacing)
    return size_px if wide <= width_px else max(4, int(size_px * width_px / wide))


def write(
    draw: ImageDraw.ImageDraw,
    xy: tuple[float, float],
    text: str,
    size_px: int,
    color: Color | int,
    *,
    spacing: float = 0.0,
    weight: float = 0.0,
    align: str = "center",
) -> float:
    """Write a line; xy is its vertical middle and its left, center or right.

    Args:
        draw: where to.
        xy: the anchor point.
        text: one line.
        size_px: size of the type.
        color: ink.
        spacing: extra room between letters, as a share of the size.
        weight: 0 regular, up to 0.1 heavy, as a share of the size.
        align: left, center or right.

    Returns:
        The width of the line.
    """
    wide = measure(text, size_px, spacing)
    x = xy[0] - {"left": 0.0, "center": wide / 2, "right": wide}[align]
    face = font(size_px)
    stroke = weight * size_px / 2
    for letter in text:
        draw.text(
            (x, xy[1]), letter, font=face, fill=color, anchor="lm", stroke_width=stroke
        )
        x += face.getlength(letter) + spacing * size_px
    return wide


def paragraph(
    draw: ImageDraw.ImageDraw,
    xy: tuple[float, float],
    text: str,
    size_px: int,
    color: Color | int,
    *,
    width_px: float,
    max_lines: int = 12,
) -> float:
    """Set a text in lines from the top left; returns the y below the last."""
    x, y = xy
    line, num_lines = "", 0
    for word in [*text.split(), "\n"]:
        trial = f"{line} {word}".strip()
        if word != "\n" and measure(trial, size_px) <= width_px:
            line = trial
            continue
        write(draw, (x, y + size_px * 0.6), line, size_px, color, align="left")
        y += size_px * 1.3
        line = word
        num_lines += 1
        if num_lines >= max_lines:
            break
    return y


def round_text(
    draw_on: Image.Image,
    center: tuple[float, float],
    radius_px: float,
    text: str,
    size_px: int,
    color: tuple[int, int, int, int],
    *,
    start_deg: float = -90.0,
    spacing: float = 0.12,
    is_spread: bool = False,
    weight: float = 0.03,
) -> None:
    """Write around a circle, feet inwards, centered on `start_deg` (0 is right)."""
    face = font(size_px)
    wide = measure(text, size_px, spacing) + spacing * size_px
    degrees = 360.0 / (2 * np.pi * radius_px)
    stretch = 360.0 / (wide * degrees) if is_spread else 1.0
    at = start_deg - (0 if is_spread else wide * degrees / 2)
    for letter in text:
        step = (face.getlength(letter) + spacing * size_px) * degrees * stretch
        box = size_px * 2
        glyph = Image.new("L", (box, box))
        ImageDraw.Draw(glyph).text(
            (box / 2, box / 2),
            letter,
            font=face,
            fill=255,
            anchor="mm",
            stroke_width=weight * size_px,
        )
        middle = at + step / 2
        glyph = glyph.rotate(-(middle + 90), Image.Resampling.BICUBIC)
        x = center[0] + radius_px * np.cos(np.radians(middle)) - box / 2
        y = center[1] + radius_px * np.sin(np.radians(middle)) - box / 2
        draw_on.paste(color, (round(x), round(y)), glyph)
        at += step

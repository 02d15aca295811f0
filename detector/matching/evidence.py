"""A match as one picture that a person can check at a glance."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from detector.matching.comparison import (
    AlignedPair,
    align,
    color_difference,
    half_pixel,
    structure_difference,
)
from detector.matching.geometry import Matrix
from detector.matching.match import Match, Quad, Relation

RGB = NDArray[np.uint8]
Mask = NDArray[np.bool_]

_PANEL_PX = 360
_GAP_PX = 16
_CAPTION_PX = 26
_INK = (28, 30, 38)
_PAPER = (250, 250, 248)
_OUTLINE = (224, 36, 94)
_STRUCTURE = (224, 36, 94)
_COLOR = (255, 150, 0)
_LABELS = {
    Relation.SAME_PHOTO: "same photo",
    Relation.EDITED_PHOTO: "edited photo",
    Relation.SAME_PRODUCT: "same product, another photo",
    Relation.LOOKALIKE: "look-alike",
}


def draw_evidence(
    query: RGB,
    query_size: tuple[int, int],
    reference: RGB,
    reference_size: tuple[int, int],
    match: Match,
) -> RGB:
    """Draw the evidence of a match.

    Above, both pictures with the matched region outlined. Below, if the match was
    placed: the query's region straightened, the reference aligned with it, and their
    difference, in one colour where the structure differs and in another where only
    the colours do.

    Args:
        query: (h, w, 3) at any scale.
        query_size: width and height of the original, whose pixels regions refer to.
        reference: (h, w, 3) at any scale.
        reference_size: likewise.
        match: of the reference to the query.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    mirrored = " (mirrored)" if match.mirrored else ""
    rows = [
        [
            ("Listing picture", _outlined(query, query_size, match.query_region)),
            ("Reference", _outlined(reference, reference_size, match.reference_region)),
        ]
    ]
    pair = None
    if match.homography is not None:
        pair = align(
            query,
            query_size,
            reference,
            reference_size,
            match.homography,
            max_px=_PANEL_PX,
        )
    if pair is not None:
        rows.append(
            [
                (f"Listing, matched part{mirrored}", _masked(pair)),
                ("Reference, aligned", pair.reference),
                ("What differs", draw_difference(pair)),
            ]
        )
    title = (
        f"{_LABELS[match.relation]}{mirrored} · similarity {match.similarity:.2f} · "
        f"{match.num_inliers} matching points"
    )
    note = (
        "pink: structure differs · orange: colour differs · "
        "a similar picture is never by itself a verdict"
    )
    return _lay_out(title, rows, note)


def draw_difference(pair: AlignedPair) -> RGB:
    """Paint over the reference what differs on the query."""
    gray = cv2.cvtColor(pair.reference, cv2.COLOR_RGB2GRAY)
    pale = 150 + 0.4 * np.repeat(gray[..., None].astype(np.float32), 3, axis=2)
    pale[~pair.visible] = 235
    for mask, ink in (
        (color_difference(pair), _COLOR),
        (structure_difference(pair), _STRUCTURE),
    ):
        pale[mask] = 0.35 * pale[mask] + 0.65 * np.array(ink)
    return np.asarray(np.clip(pale, 0, 255), dtype=np.uint8)


def lay_over(
    query_size: tuple[int, int],
    reference: RGB,
    reference_size: tuple[int, int],
    homography: Matrix,
    *,
    max_px: int,
) -> RGB:
    """Move a reference, or a drawing of its size, to where the query shows it.

    Args:
        query_size: width and height of the query, in pixels.
        reference: (h, w, 3) at any scale.
        reference_size: width and height of the original, in pixels.
        homography: (3, 3) reference to query.
        max_px: long side of the result at most.

    Returns:
        (h, w, 4) uint8 RGBA, a frame of the query's shape: transparent where the
        reference does not lie.
    """
    scale = min(1.0, max_px / max(query_size))
    size = (max(1, round(query_size[0] * scale)), max(1, round(query_size[1] * scale)))
    height, width = reference.shape[:2]
    to_original = np.diag([reference_size[0] / width, reference_size[1] / height, 1.0])
    to_frame = np.diag([size[0] / query_size[0], size[1] / query_size[1], 1.0])
    # Scales hold between edges of pixels, the homography between their centres.
    to_edge, to_centre = half_pixel(0.5), half_pixel(-0.5)
    placed = to_centre @ to_frame @ to_edge @ homography
    placed = placed @ to_centre @ to_original @ to_edge
    opaque = np.dstack([reference, np.full((height, width), 255, np.uint8)])
    moved = cv2.warpPerspective(opaque, placed, size, flags=cv2.INTER_AREA)
    return np.asarray(moved, dtype=np.uint8)


def _masked(pair: AlignedPair) -> RGB:
    shown = pair.query.copy()
    shown[~pair.visible] = 235
    return shown


def _outlined(image: RGB, size: tuple[int, int], region: Quad | None) -> RGB:
    picture = Image.fromarray(image)
    scale = _PANEL_PX / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    if region is not None:
        factor = width / size[0]
        corners = [
            ((x + 0.5) * factor - 0.5, (y + 0.5) * factor - 0.5) for x, y in region
        ]
        last = np.array([width - 2, height - 2])
        kept = [tuple(np.clip(corner, 1, last).tolist()) for corner in corners]
        draw = ImageDraw.Draw(picture)
        draw.line([*kept, *kept[:2]], (255, 255, 255), width=6, joint="curve")
        draw.line([*kept, *kept[:2]], _OUTLINE, width=3, joint="curve")
    return np.asarray(picture)


def _fit(image: RGB) -> Image.Image:
    """Scale a panel to its cell, enlarging small ones without inventing detail."""
    picture = Image.fromarray(image)
    scale = _PANEL_PX / max(picture.size)
    size = (
        max(1, round(picture.width * scale)),
        max(1, round(picture.height * scale)),
    )
    return picture.resize(size, Image.Resampling.BICUBIC)


def _lay_out(title: str, rows: list[list[tuple[str, RGB]]], note: str) -> RGB:
    num_columns = max(len(row) for row in rows)
    panels = [[(caption, _fit(image)) for caption, image in row] for row in rows]
    heights = [max(image.height for _, image in row) + _CAPTION_PX for row in panels]
    width = num_columns * (_PANEL_PX + _GAP_PX) + _GAP_PX
    height = sum(heights) + (len(rows) + 1) * _GAP_PX + 2 * _CAPTION_PX + _GAP_PX
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    large = ImageFont.load_default(size=19)
    small = ImageFont.load_default(size=14)
    draw.text((_GAP_PX, _GAP_PX), title, fill=_INK, font=large)
    top = _GAP_PX * 2 + _CAPTION_PX
    for row, row_height in zip(panels, heights, strict=True):
        for column, (caption, image) in enumerate(row):
            left = _GAP_PX + column * (_PANEL_PX + _GAP_PX)
            draw.text((left, top), caption, fill=_INK, font=small)
            sheet.paste(image, (left, top + _CAPTION_PX))
        top += row_height + _GAP_PX
    if len(rows) > 1:
        draw.text((_GAP_PX, top), note, fill=_INK, font=small)
    return np.asarray(sheet)

"""Small pictures for a report: the matched part outlined, and the evidence."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from detector.matching.match import Quad
from models.embedder import RGB

THUMBNAIL_PX = 360
EVIDENCE_PX = 1200
QUALITY = 72
OUTLINE = (224, 36, 94)


@dataclass(frozen=True, slots=True)
class MatchPictures:
    """A match as pictures, each a WebP file."""

    query: bytes
    reference: bytes
    evidence: bytes


def outlined(pixels: RGB, width: int, region: Quad | None) -> bytes:
    """Shrink a picture and outline a region on it.

    Args:
        pixels: (h, w, 3), perhaps reduced.
        width: of the original, whose pixels the region is given in.
        region: four corners; None draws none.
    """
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    if region is not None:
        scale = image.width / width
        corners = [
            ((x + 0.5) * scale - 0.5, (y + 0.5) * scale - 0.5) for x, y in region
        ]
        line = [*corners, *corners[:2]]
        draw = ImageDraw.Draw(image)
        draw.line(line, (255, 255, 255), width=7, joint="curve")
        draw.line(line, OUTLINE, width=4, joint="curve")
    return as_webp(np.asarray(image), THUMBNAIL_PX)


def as_webp(pixels: RGB, long_side: int) -> bytes:
    """Write a picture as a small file."""
    image = Image.fromarray(pixels)
    image.thumbnail((long_side, long_side))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=2)
    return file.getvalue()

"""Pictures as browsers show them: decoded under limits, reduced, encoded anew."""

import io
from typing import Annotated

from fastapi import Query
from PIL import Image
from starlette.responses import Response

from detector.images import ImageLimits, decode_image

QUALITY = 88
KEEP_S = 24 * 3600
MIN_WIDTH, MAX_WIDTH = 64, 2048

Width = Annotated[
    int | None,
    Query(
        ge=MIN_WIDTH,
        le=MAX_WIDTH,
        description="Pixels of the longer side at most, as a JPEG; a smaller picture "
        "keeps its size.",
    ),
]


def reduced(data: bytes, *, limits: ImageLimits, width: int) -> bytes:
    """Make a JPEG of a picture, as a browser shows it.

    Nothing of the file itself is left: no metadata, and nothing that a browser could
    take for another type.

    Args:
        data: a whole file.
        limits: checked before anything is decoded.
        width: pixels of the longer side at most.

    Raises:
        UnreadableImage: it is damaged.
    """
    decoded = decode_image(data, limits=limits, target_px=width)
    picture = Image.fromarray(decoded.pixels)
    picture.thumbnail((width, width))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def picture_response(data: bytes, media_type: str) -> Response:
    """Send a picture; what has the same address is the same, so that it is kept.

    But not for whoever uses the browser next, nor after signing out.
    """
    kept = {
        "Cache-Control": f"private, max-age={KEEP_S}",
        "Vary": "Authorization, Cookie",
    }
    return Response(data, media_type=media_type, headers=kept)

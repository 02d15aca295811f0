"""Small pictures of a brand's own references, for the page."""

import io
from collections.abc import Sequence

from PIL import Image

from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.errors import DetectorError

MAX_THUMBNAILS = 300
"""About 3 KB each, so that a page stays under a megabyte or so."""

SIDE_PX = 144
QUALITY = 65


def draw_thumbnails(
    descriptions: StoredDescriptions, reference_ids: Sequence[str]
) -> dict[str, bytes]:
    """Draw the first few references as WebP files, by id; lost ones are left out."""
    drawn = {}
    for name in reference_ids[:MAX_THUMBNAILS]:
        try:
            description = descriptions.descriptions([name]).get(name)
        except DetectorError:
            continue
        if description is None:
            continue
        image = Image.fromarray(description.small)
        image.thumbnail((SIDE_PX, SIDE_PX))
        file = io.BytesIO()
        image.save(file, "WEBP", quality=QUALITY, method=2)
        drawn[name] = file.getvalue()
    return drawn

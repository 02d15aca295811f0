"""Drawn products for the matching tests: photos, a catalogue in memory."""

import io
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from detector.images import DecodedImage, decode_image
from detector.matching.describe import WORKING_PX, Description, describe
from detector.matching.match import Match, MatchResult, Quad
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Candidate, Channel
from detector.matching.scoring import Scoring
from detector.matching.verify import Verification
from index.local_index import LocalIndex
from scripts.demo.photos import KINDS, Photo, cutout, designs
from scripts.demo.scenes import place, studio

SIDE_PX = 480
CATALOGUE = (
    *((kind, 0) for kind in KINDS),
    ("shoes", 1),
    ("boxes", 1),
    ("boxes", 2),
)

SCORING = Scoring.load()


@lru_cache(maxsize=64)
def draw_product(kind: str, number: int = 0, colorway: int = 0) -> Image.Image:
    """A studio photo of one of the demo's products; do not change it in place."""
    design = [d for d in designs(7) if d.kind == kind][number]
    photo = Photo(design, colorway, KINDS[kind][1][0])
    ground = studio((SIDE_PX, SIDE_PX), (246, 246, 244), is_standing=photo.is_standing)
    side = int(SIDE_PX * 0.94)
    at = ((SIDE_PX - side) // 2, (SIDE_PX - side) // 2)
    place(ground, cutout(photo, side), at, is_standing=photo.is_standing)
    return ground


def name_of(kind: str, number: int = 0) -> str:
    return f"{kind}-{number}"


def decoded(
    image: Image.Image, *, format: str = "PNG", quality: int = 90
) -> DecodedImage:
    """Take a picture through its file, as a scan does."""
    stream = io.BytesIO()
    options = {} if format == "PNG" else {"quality": quality}
    image.save(stream, format, **options)
    return decode_image(stream.getvalue(), target_px=WORKING_PX)


def described(image: Image.Image) -> Description:
    picture = decoded(image, format="JPEG")
    return describe(picture.pixels, picture.width, picture.height)


class InMemory:
    """References that lie in memory."""

    def __init__(self, known: Mapping[str, Description]) -> None:
        self.known = dict(known)

    def descriptions(self, reference_ids: Sequence[str]) -> dict[str, Description]:
        return {name: self.known[name] for name in reference_ids if name in self.known}

    def codes(self, reference_ids: Sequence[str]) -> dict[str, NDArray[np.uint8]]:
        found = self.descriptions(reference_ids)
        return {name: description.votes for name, description in found.items()}


def build_matcher(
    references: Mapping[str, Description],
    *,
    source: InMemory | None = None,
    channels: Sequence[Channel] = (),
    scoring: Scoring = SCORING,
) -> Matcher:
    index = LocalIndex()
    index.add(list(references), [each.votes for each in references.values()])
    return Matcher(
        references=source or InMemory(references),
        local_index=index,
        channels=channels,
        scoring=scoring,
    )


def unplaced(name: str = "r") -> Verification:
    """What is left of a candidate on which nothing could be placed."""
    return Verification(Candidate(name, votes=1.0), False, 3, None, None, None, (9, 9))


def white(width: int = 300, height: int = 200) -> Image.Image:
    return Image.new("RGB", (width, height), "white")


def quad_mask(quad: Quad, size: tuple[int, int]) -> np.ndarray:
    """Pixels of a picture that lie inside a quadrilateral: (h, w)."""
    image = Image.new("1", size)
    ImageDraw.Draw(image).polygon([tuple(corner) for corner in quad], fill=1)
    return np.asarray(image)


def iou(quad0: Quad | None, quad1: Quad, size: tuple[int, int]) -> float:
    """Area of the intersection over that of the union."""
    assert quad0 is not None
    mask0, mask1 = quad_mask(quad0, size), quad_mask(quad1, size)
    return float((mask0 & mask1).sum() / max((mask0 | mask1).sum(), 1))


def box_quad(left: float, top: float, right: float, bottom: float) -> Quad:
    """Corners of a box, clockwise from the top left."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def match(matcher: Matcher, image: Image.Image, *, quality: int = 82) -> MatchResult:
    return matcher.match(decoded(image, format="JPEG", quality=quality))


def find(result: MatchResult, name: str) -> Match | None:
    return next((m for m in result.matches if m.reference_id == name), None)

"""The evidence of a flag: a listing's picture beside the reference that it matches."""

import io
from dataclasses import dataclass

from PIL import Image
from sqlalchemy.orm import Session

from detector.catalogue.features import Extractor
from detector.catalogue.references import Reference
from detector.errors import Unknown
from detector.images import DecodedImage
from detector.listings.flags.flag_list import FlagView
from detector.listings.pictures.result import read_results
from detector.matching.evidence import draw_evidence
from detector.matching.match import Match
from detector.store.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A match that can be drawn.

    Attributes:
        sha256: of the listing's picture.
        reference: that it matches.
        match: of the one to the other.
    """

    sha256: str
    reference: Reference
    match: Match

    def draw(self, blobs: Blobs, extractor: Extractor) -> bytes:
        """Draw it, as a PNG.

        Raises:
            Unknown: the listing's picture is no longer kept.
            StoreFault: a picture cannot be read.
        """
        if blobs.size(self.sha256) is None:
            raise _not_kept(self.sha256)
        query = extractor.decode(blobs.read(self.sha256))
        reference = extractor.decode(blobs.read(self.reference.image_sha256))
        return draw_png(query, reference, self.match)


def draw_png(query: DecodedImage, reference: DecodedImage, match: Match) -> bytes:
    """Draw a match of a reference to a query, as a PNG."""
    pixels = draw_evidence(
        query.pixels,
        (query.width, query.height),
        reference.pixels,
        (reference.width, reference.height),
        match,
    )
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def find_exhibit(
    session: Session,
    view: FlagView,
    *,
    position: int,
    reference_id: str | None,
    review_threshold: float,
) -> Exhibit:
    """Find a match of a flag.

    Args:
        session: to read with.
        view: the flag.
        position: of the picture in the listing.
        reference_id: one of the flag's brand; the one that the flag names if None.
        review_threshold: similarity below which a match is none to be shown.

    Raises:
        Unknown: the flag has no such picture, the picture is no longer kept, or it has
            no such match.
    """
    image = next((i for i in view.row.images if i["position"] == position), None)
    if image is None:
        raise Unknown(
            f"The flag has no picture at position {position}.",
            remedy="Its `images` list the positions.",
        )
    digest = str(image["sha256"])
    result = read_results(session, [digest]).get(digest)
    if result is None or not result.is_kept:
        raise _not_kept(digest)
    wanted = image["reference_id"] if reference_id is None else reference_id
    for match in result.matches:
        reference = result.references.get(match.reference_id)
        if (
            reference is not None
            and reference.id == wanted
            and reference.brand_id == view.row.brand_id
            and match.similarity >= review_threshold
        ):
            return Exhibit(digest, reference, match)
    raise Unknown(
        f"The picture at position {position} has no match with the reference "
        f"{str(wanted)[:100]!r}.",
        remedy="Leave `reference_id` out for the best one; a reference that is no "
        "longer searched, or a picture that is only watched, shows nothing.",
    )


def _not_kept(digest: str) -> Unknown:
    return Unknown(
        f"The picture {digest} is no longer kept.",
        remedy="Send a new version of the listing, with the picture's bytes or its "
        "URL: its hash alone does not bring it back.",
    )

"""The pictures of a case's listings, and what they have in common with references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.references import Reference
from detector.errors import Unknown
from detector.listings.pictures.result import PictureResult, read_results
from detector.matching.match import Match
from detector.review.queue.case_list import CaseView
from detector.store.case_tables import CaseListingRow
from detector.store.listing_tables import ListingImageRow
from detector.store.tables import ImageRow


@dataclass(frozen=True, slots=True)
class CasePicture:
    """A picture that a listing of a case shows.

    Attributes:
        listing_id: ours, of the listing.
        position: in the listing.
        sha256: of its bytes.
        result: what was found; None if it was never looked at, or is forgotten.
        matches: those with the case's brand, the most similar first.
        sizes: width and height of references, by the hash of their pictures.
    """

    listing_id: str
    position: int
    sha256: str
    result: PictureResult | None
    matches: Sequence[tuple[Reference, Match]]
    sizes: Mapping[str, tuple[int, int]]


def list_case_pictures(
    session: Session, view: CaseView, *, least_similarity: float
) -> list[CasePicture]:
    """List the pictures of a case, those of its first listing first.

    They are those that the listings showed when they came in, and what the first one
    shows now.

    Args:
        session: to read with.
        view: the case.
        least_similarity: of a match, below which it is left out.
    """
    shown = _shown(session, view)
    results = read_results(session, {digest for _, _, digest in shown})
    matches = {
        digest: _matches(result, view.row.brand_id, least_similarity)
        for digest, result in results.items()
    }
    used = {ref.image_sha256 for found in matches.values() for ref, _ in found}
    image = ImageRow
    rows = session.execute(
        select(image.sha256, image.width, image.height).where(image.sha256.in_(used))
    )
    sizes = {digest: (width, height) for digest, width, height in rows}
    return [
        CasePicture(
            listing_id,
            position,
            digest,
            results.get(digest),
            matches.get(digest, []),
            sizes,
        )
        for listing_id, position, digest in shown
    ]


def find_case_picture(
    session: Session, view: CaseView, sha256: str, *, least_similarity: float
) -> CasePicture:
    """Find a picture of a case whose bytes are kept.

    Raises:
        Unknown: the case has no such picture, or it is no longer kept.
    """
    pictures = list_case_pictures(session, view, least_similarity=least_similarity)
    for picture in pictures:
        if picture.sha256 == sha256:
            if picture.result is not None and picture.result.is_kept:
                return picture
            raise Unknown(
                f"The picture {sha256} is no longer kept.",
                remedy="Pictures go when a case's time of retention is over; a legal "
                "hold keeps them.",
            )
    raise Unknown(
        f"The case {view.row.id} has no picture {sha256[:64]!r}.",
        remedy=f"GET /v1/cases/{view.row.id}/pictures lists them.",
    )


def find_placed_match(
    picture: CasePicture, reference_id: str | None
) -> tuple[Reference, Match]:
    """Find a match of a picture that was placed on it; the best one if None is named.

    Raises:
        Unknown: there is no such match, or it was not placed.
    """
    for reference, match in picture.matches:
        is_wanted = reference_id in (None, reference.id)
        if is_wanted and match.homography is not None:
            return reference, match
    raise Unknown(
        f"The reference {(reference_id or 'any')[:100]!r} was not placed on it.",
        remedy="The case's pictures list what was: `is_placed`.",
    )


def _shown(session: Session, view: CaseView) -> list[tuple[str, int, str]]:
    part = CaseListingRow
    rows = session.execute(
        select(part.listing_id, part.snapshot)
        .where(part.case_id == view.row.id)
        .order_by(part.added_at, part.listing_id)
    ).all()
    first = view.row.listing_id
    found: dict[tuple[str, str], tuple[str, int, str]] = {}
    for listing_id, snapshot in sorted(rows, key=lambda row: row[0] != first):
        for position, image in enumerate(_images(snapshot)):
            digest = image.get("sha256")
            if isinstance(digest, str):
                place = image.get("position", position)
                at = place if isinstance(place, int) else position
                found.setdefault((listing_id, digest), (listing_id, at, digest))
    now = select(ListingImageRow.position, ListingImageRow.sha256).where(
        ListingImageRow.listing_id == first, ListingImageRow.sha256.is_not(None)
    )
    for position, digest in session.execute(now.order_by(ListingImageRow.position)):
        found.setdefault((first, str(digest)), (first, position, str(digest)))
    return sorted(found.values(), key=lambda each: each[0] != first)


def _images(snapshot: Mapping[str, object]) -> list[Mapping[str, object]]:
    images = snapshot.get("images")
    return (
        [i for i in images if isinstance(i, dict)] if isinstance(images, list) else []
    )


def _matches(
    result: PictureResult, brand_id: str, least_similarity: float
) -> list[tuple[Reference, Match]]:
    found = [
        (result.references[match.reference_id], match)
        for match in result.matches
        if match.reference_id in result.references
        and match.similarity >= least_similarity
    ]
    return [(ref, match) for ref, match in found if ref.brand_id == brand_id]

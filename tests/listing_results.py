"""Scan results made by hand, for what is written from them."""

from pathlib import Path

import numpy as np

from detector.catalogue.references import Reference
from detector.listings.report_pictures import MatchPictures, as_webp
from detector.listings.scan import ScannedImage
from detector.matching.match import Match, MatchResult, Relation, Verdict

SQUARE = ((0.0, 0.0), (40.25, 0.0), (40.25, 30.0), (0.0, 30.0))


def make_match(reference_id: str = "ref_1", similarity: float = 0.9) -> Match:
    return Match(
        reference_id=reference_id,
        similarity=similarity,
        likelihood=None,
        relation=Relation.EDITED_PHOTO,
        mirrored=True,
        num_inliers=74,
        query_region=SQUARE,
        reference_region=SQUARE,
        query_overlap=0.36,
        reference_overlap=0.81,
        homography=np.eye(3),
        signals={"structure": 0.7},
    )


def make_reference(reference_id: str = "ref_1", name: str = "a/1.png") -> Reference:
    return Reference(reference_id, name, "Acme", None, "5" * 64)


def make_pictures() -> MatchPictures:
    picture = as_webp(np.full((20, 30, 3), 120, np.uint8), 30)
    return MatchPictures(picture, picture, picture)


def flagged(
    image: str = "listings/1.png",
    verdict: Verdict = Verdict.MATCH,
    similarities: tuple[float, ...] = (0.9,),
) -> ScannedImage:
    """A picture with matches against ref_0, ref_1, …, the first with pictures."""
    ids = [f"ref_{i}" for i in range(len(similarities))]
    matches = tuple(map(make_match, ids, similarities))
    return ScannedImage(
        image,
        Path(image),
        "a" * 64,
        MatchResult(matches, verdict),
        {name: make_reference(name, f"{name}.png") for name in ids},
        {"ref_0": make_pictures()},
    )


def unflagged(image: str = "listings/2.png") -> ScannedImage:
    result = MatchResult((), Verdict.NO_MATCH)
    return ScannedImage(image, Path(image), "b" * 64, result)


def unreadable(image: str = "listings/3.png") -> ScannedImage:
    return ScannedImage(image, Path(image), error="It is damaged. Fetch it again.")

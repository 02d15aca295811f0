"""Two pictures against each other, with no index between."""

from detector.images import DecodedImage
from detector.matching.describe import Query, describe
from detector.matching.match import Match
from detector.matching.matcher import judge
from detector.matching.retrieve import Candidate
from detector.matching.scoring import Scoring
from detector.matching.verify import Inspection


def compare(
    query_image: DecodedImage, reference_image: DecodedImage, scoring: Scoring
) -> Match | None:
    """Say whether and where a query shows a reference.

    Both orientations are tried.

    Args:
        query_image: decoded to `WORKING_PX`.
        reference_image: likewise.
        scoring: turns signals into a similarity.

    Returns:
        The match, or None if nothing of the one could be placed on the other.
    """
    query = Query(query_image.pixels, query_image.width, query_image.height)
    reference = describe(
        reference_image.pixels, reference_image.width, reference_image.height
    )
    inspection = Inspection(query, Candidate("reference"), reference)
    look = inspection.look(thorough=True, flips=(False, True))
    return judge(query, look, scoring) if look.placement else None

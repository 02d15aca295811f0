"""Two pictures against each other, with no index between."""

from detector.images import DecodedImage
from detector.matching.describe import Query, describe
from detector.matching.match import Match
from detector.matching.matcher import judge
from detector.matching.retrieve import Candidate
from detector.matching.scoring import Scoring
from detector.matching.verify import verify
from index.local_index import LocalIndex


def compare(
    query_image: DecodedImage, reference_image: DecodedImage, scoring: Scoring
) -> Match | None:
    """Say whether and where a query shows a reference.

    The reference is indexed alone, so votes count as they would in a catalogue of
    one; both orientations are tried.

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
    index = LocalIndex()
    name = "reference"
    index.add([name], [reference.votes])
    codes = [query.orb.descriptors, query.mirrored_orb.descriptors]
    votes = [hits[0].score if hits else 0.0 for hits in index.search(codes, 1)]
    looks = [
        verify(query, candidate, reference, thorough=True)
        for candidate in (
            Candidate(name, votes=votes[0]),
            Candidate(name, mirrored_votes=votes[1]),
        )
        if candidate.best_votes > 0
    ]
    matches = [judge(query, look, scoring) for look in looks if look.placement]
    return max(matches, key=lambda match: match.similarity, default=None)

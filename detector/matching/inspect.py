"""Whom to look at, and how closely: most candidates are not worth the full cost."""

from collections.abc import Sequence
from statistics import median

from detector.matching.describe import Query
from detector.matching.verify import Inspection, Verification
from index.local_votes import vote_among

_NUM_FIRST = 6
_NUM_VERIFIED = 16
_NUM_DOUBTFUL = 10
_NUM_ALWAYS = 3
# Nearly all retrieved references are unrelated, so the median of their SIFT pairs is
# what chance gives. Measured on photos of products: the right one has 7 times as much.
_ABOVE_NOISE = 1.8
_WORTH_OF_SURE = 0.15
_NUM_HOPEFUL = 3
_ENOUGH_INLIERS = 25  # from here on SIFT finds the same placement
_POINT_STRIDE = 4  # a quarter of the points ranks few candidates well enough
# Measured on edited packshots, best votes of 50 in multiples of the median: the right
# one has 8 in all but a fiftieth, pictures of anything else have 4 in all but a tenth.
_ABOVE_CHANCE = 3.0
_FAR_ABOVE_CHANCE = 6.0
_NUM_FOR_CHANCE = 12


def inspect_voted(pool: Sequence[Inspection]) -> list[Verification]:
    """Look at candidates that points voted for, the best voted first.

    The cheap look, by ORB, goes to the first of the list. If one of them is sure,
    only those with a fair part of its votes are looked at besides: siblings, and
    other products in the same photo. If none is, SIFT pairs choose among all
    that were retrieved, and the best of these get the thorough look.
    """
    looks = {i: i.look(thorough=False) for i in pool[:_NUM_FIRST]}
    best_sure = max(
        (i.candidate.best_votes for i, look in looks.items() if look.is_sure), default=0
    )
    if best_sure:
        enough = _WORTH_OF_SURE * best_sure
        looks |= {
            i: i.look(thorough=False)
            for i in pool[_NUM_FIRST:_NUM_VERIFIED]
            if i.candidate.best_votes >= enough
        }
        doubtful = [
            i
            for i, look in looks.items()
            if not look.is_sure and i.candidate.best_votes >= enough
        ]
    else:
        tally = {i: i.sift_quality() for i in pool}
        ranked = sorted(pool, key=lambda i: -tally[i])
        noise = median(tally.values()) if tally else 0.0
        doubtful = [
            i
            for rank, i in enumerate(ranked[:_NUM_DOUBTFUL])
            if rank < _NUM_ALWAYS or tally[i] >= _ABOVE_NOISE * noise
        ]
        doubtful += [i for i, look in looks.items() if look.is_hopeful]
    looks |= {i: i.look(thorough=True) for i in dict.fromkeys(doubtful)}
    return list(looks.values())


def let_vote(query: Query, pool: Sequence[Inspection]) -> None:
    """Let some of the query's points vote for the candidates of an embedding.

    It ranks them, and says which of them are mirrored.
    """
    codes = [inspection.codes for inspection in pool]
    upright, mirrored = (
        vote_among(orb.descriptors[::_POINT_STRIDE], codes)
        for orb in (query.orb, query.mirrored_orb)
    )
    for inspection, votes, mirrored_votes in zip(pool, upright, mirrored, strict=True):
        inspection.candidate.votes = votes
        inspection.candidate.mirrored_votes = mirrored_votes


def inspect_gated(pool: Sequence[Inspection]) -> list[Verification]:
    """Look at candidates that an embedding let through and then points voted for.

    The cheap look goes to the best voted, and to others only where their votes stand
    out: none do where a picture has nothing to do with the catalogue. The thorough look
    follows where nothing is sure, and votes or a placement say that it might be.
    """
    voted = sorted(pool, key=lambda i: -i.candidate.best_votes)
    chance = _chance(pool)
    looks = {
        i: i.look(thorough=False)
        for rank, i in enumerate(voted[:_NUM_FIRST])
        if rank == 0 or i.candidate.best_votes >= _ABOVE_CHANCE * chance
    }
    if not any(look.is_sure for look in looks.values()):
        doubtful = [
            i
            for i, look in looks.items()
            if look.num_inliers < _ENOUGH_INLIERS
            and (
                look.is_hopeful
                or i.candidate.best_votes >= _FAR_ABOVE_CHANCE * chance > 0
            )
        ][:_NUM_HOPEFUL]
        looks |= {i: i.look(thorough=True) for i in doubtful}
    return list(looks.values())


def _chance(pool: Sequence[Inspection]) -> float:
    """Votes that chance gives: what the wrong orientation gets, in the median."""
    weaker = [min(i.candidate.votes, i.candidate.mirrored_votes) for i in pool]
    return median(weaker) if len(pool) >= _NUM_FOR_CHANCE else 0.0

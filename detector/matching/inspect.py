"""Whom to look at, and how closely: most candidates are not worth the full cost."""

from collections.abc import Sequence
from statistics import median

from detector.matching.verify import Inspection, Verification, strength

_NUM_FIRST = 6
_NUM_VERIFIED = 16
_NUM_DOUBTFUL = 10
_NUM_ALWAYS = 3
# Nearly all retrieved references are unrelated, so the median of their SIFT pairs is
# what chance gives. Measured on photos of products: the right one has 7 times as much.
_ABOVE_NOISE = 1.8
_WORTH_OF_SURE = 0.15
_NUM_HOPEFUL = 3


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


def inspect_gated(pool: Sequence[Inspection]) -> list[Verification]:
    """Look at candidates that an embedding let through, the most alike first.

    Upright first; flipped left to right only while nothing is sure.
    """
    looks = {i: i.look(thorough=False, flips=[False]) for i in pool}
    if not any(look.is_sure for look in looks.values()):
        for i in pool:
            flipped = i.look(thorough=False, flips=[True])
            looks[i] = max(looks[i], flipped, key=strength)
    if not any(look.is_sure for look in looks.values()):
        hopeful = [i for i, look in looks.items() if look.is_hopeful]
        doubtful = sorted(hopeful, key=lambda i: -strength(looks[i]))[:_NUM_HOPEFUL]
        looks |= {i: i.look(thorough=True) for i in doubtful}
    return list(looks.values())

"""Whom to look at, and how closely: most candidates are not worth the full cost."""

from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np
from numpy.typing import NDArray

from detector.matching.describe import Query
from detector.matching.retrieve import Candidate, Kind
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
# Measured among 981 references: ninety points of the query, held against every second
# code, vote 0.99 of the edited copies among the first twelve of fifty, the weakest with
# 0.020; pictures of anything else have two candidates with 0.014 as a rule. What
# agrees with the right one is 2.5 or more for all of these, for 0.6 of the packshots of
# other products by the same makers, and for 0.06 of photos of anything else.
_NUM_GLANCED = 90
_CODE_STRIDE = 2
_NUM_VOTED = 12
_LEAST_VOTES = 0.014
_NUM_NEAREST = 1
_AGREES = 2.5
_AGREES_WELL = 3.0


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


def glance(
    query: Query,
    candidates: Sequence[Candidate],
    codes: Mapping[str, NDArray[np.uint8]],
) -> list[Candidate]:
    """Let a few of the query's points vote for the candidates of an embedding.

    It says which of them are mirrored, too.

    Args:
        query: the picture in question.
        candidates: that the gate let through; their votes are set.
        codes: (p, 32) of the points of each, by reference id; without them a
            candidate is gone.

    Returns:
        The best voted, and the nearest of each embedding whatever the votes say.
    """
    known = [each for each in candidates if each.reference_id in codes]
    pool = [codes[each.reference_id][::_CODE_STRIDE] for each in known]
    upright, mirrored = (
        vote_among(points.descriptors[:: max(1, len(points) // _NUM_GLANCED)], pool)
        for points in query.glance
    )
    for each, votes, mirrored_votes in zip(known, upright, mirrored, strict=True):
        each.votes, each.mirrored_votes = votes, mirrored_votes
    ranked = sorted(known, key=lambda c: (-c.best_votes, c.reference_id))
    chosen = [each for each in ranked[:_NUM_VOTED] if each.best_votes >= _LEAST_VOTES]
    for kind in Kind:
        nearest = sorted(known, key=lambda c: (-c.scores[kind], c.reference_id))
        chosen += [c for c in nearest[:_NUM_NEAREST] if c.scores[kind] > 0]
    return list({c.reference_id: c for c in chosen}.values())


def inspect_gated(pool: Sequence[Inspection]) -> list[Verification]:
    """Look at those of a glance whose points agree with the query's.

    None do where a picture has nothing to do with the catalogue. The thorough look
    follows where nothing is sure, and a placement or the agreement says that it might
    be.
    """
    agreement = {i: i.agreement() for i in pool}
    agreeing = sorted(
        (i for i in pool if agreement[i] >= _AGREES), key=lambda i: -agreement[i]
    )
    looks = {i: i.look(thorough=False) for i in agreeing[:_NUM_FIRST]}
    if not any(look.is_sure for look in looks.values()):
        doubtful = [
            i
            for i, look in looks.items()
            if look.num_inliers < _ENOUGH_INLIERS
            and (look.is_hopeful or agreement[i] >= _AGREES_WELL)
        ][:_NUM_HOPEFUL]
        looks |= {i: i.look(thorough=True) for i in doubtful}
    return list(looks.values())

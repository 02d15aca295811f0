"""Candidates that explain the same part of a query: the better one is the likelier."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.matching.describe import Description, Query
from detector.matching.geometry import outline
from detector.matching.siblings import advantage
from detector.matching.verify import Verification

_SAME_PART = 0.4  # of what both outlines cover together


def with_rivals(
    query: Query,
    verifications: Sequence[Verification],
    references: Mapping[str, Description],
) -> list[Verification]:
    """Hold each verification against its strongest rival.

    Rivals are placed on the same part of the query. A sibling of the right reference
    shares its logo, and so explains some of the points; two products beside each other
    in one picture, or one laid over the other, are no rivals.
    """
    outlines = [_outline(each) for each in verifications]
    placed = [
        (each, own)
        for each, own in zip(verifications, outlines, strict=True)
        if own is not None
    ]
    placed.sort(key=lambda pair: -pair[0].num_inliers)
    found = []
    for each, own in zip(verifications, outlines, strict=True):
        rival = next(
            (
                other
                for other, outline in placed
                if other is not each and own is not None and _is_same_part(own, outline)
            ),
            None,
        )
        if rival is None:
            found.append(each)
            continue
        ids = each.candidate.reference_id, rival.candidate.reference_id
        found.append(
            replace(
                each,
                rival_inliers=rival.num_inliers,
                advantage=advantage(
                    query, (each, references[ids[0]]), (rival, references[ids[1]])
                ),
            )
        )
    return found


def _outline(verification: Verification) -> NDArray[np.float32] | None:
    """Outline the reference in the query: (4, 2) pixels; None if not placed."""
    if verification.homography is None:
        return None
    corners = outline(verification.homography, verification.reference_size)
    found = np.array(corners, dtype=np.float32)
    if not np.isfinite(found).all():
        return None
    is_flipped = cv2.contourArea(found, oriented=True) < 0
    return found[::-1].copy() if is_flipped else found


def _is_same_part(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    common, _ = cv2.intersectConvexConvex(first, second)
    union = cv2.contourArea(first) + cv2.contourArea(second) - common
    return bool(common >= _SAME_PART * union > 0)

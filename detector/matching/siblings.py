"""Tells two references apart where they differ: which of them does the query show?"""

import cv2
import numpy as np

from detector.matching.colors import color_residuals
from detector.matching.comparison import AlignedPair, align, local_correlation
from detector.matching.describe import Description, Query
from detector.matching.verify import Verification

_MAX_PX = 128
_DIFFERS = 0.5  # correlation of the two references
_SHOWN = 0.6  # correlation of the query with the one that it shows
_SHOWN_COLOR = 8.0
_DIFFERENT_COLOR = 15.0  # ΔE between them
_FULL_COLOR = 20.0  # ΔE nearer that count as much as a correlation of 1
_RIM_PX = 15
_ENOUGH = 0.02  # share of the compared pixels; a smaller difference counts for less


def advantage(
    query: Query,
    first: tuple[Verification, Description],
    second: tuple[Verification, Description],
) -> float:
    """Compare a query with two references, only where these differ from each other.

    Siblings share a logo and a layout; what says which one a picture shows is the
    flavour's name, its fruit, its colour.

    Returns:
        -1..1: above 0, the query is like the first; 0 where nothing tells.
    """
    look, reference = first
    other_look, other = second
    if look.placement is None or other_look.placement is None:
        return 0.0
    if look.mirrored != other_look.mirrored:
        return 0.0
    size = (reference.width, reference.height)
    small = reference.small
    seen = align(
        query.mirrored_small if look.mirrored else query.small,
        (query.width, query.height),
        small,
        size,
        look.placement.homography,
        max_px=_MAX_PX,
    )
    if seen is None:
        return 0.0
    to_other = (
        np.linalg.inv(other_look.placement.homography) @ look.placement.homography
    )
    rival = align(
        other.small,
        (other.width, other.height),
        small,
        size,
        np.asarray(to_other / to_other[2, 2], dtype=np.float64),
        max_px=max(seen.reference.shape[:2]),
    )
    if rival is None or rival.reference.shape != seen.reference.shape:
        return 0.0
    return _compare(seen, rival)


def _compare(seen: AlignedPair, rival: AlignedPair) -> float:
    # The rim of a warped picture is black, and two rims correlate: windows that reach
    # over it, by their half and their slack, say nothing.
    both = np.pad((seen.visible & rival.visible).astype(np.uint8), 1)
    kernel = np.ones((_RIM_PX, _RIM_PX), np.uint8)
    visible = cv2.erode(both, kernel)[1:-1, 1:-1] > 0
    num = int(visible.sum())
    if num < 64:
        return 0.0
    picture, own, other = (
        cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / np.float32(255)
        for image in (seen.query, seen.reference, rival.query)
    )
    between, textured = local_correlation(own, other, visible)
    differs = textured & (between < _DIFFERS)
    total = 0.0
    weight = 0.0
    near_own, textured_own = local_correlation(picture, own, visible)
    near_other, textured_other = local_correlation(picture, other, visible)
    # What shows neither says nothing: a patch laid over the product.
    shown = differs & textured_own & textured_other
    shown &= np.maximum(near_own, near_other) > _SHOWN
    if shown.any():
        share = min(1.0, float(shown.sum()) / (_ENOUGH * num))
        total += share * float((near_own - near_other)[shown].mean())
        weight += 1
    same = visible & textured & ~differs
    apart = color_residuals(rival.query, seen.reference, same)
    colored = visible & (apart > _DIFFERENT_COLOR)
    to_own = color_residuals(seen.query, seen.reference, same)
    to_other = color_residuals(seen.query, rival.query, same)
    colored &= np.minimum(to_own, to_other) < _SHOWN_COLOR
    if colored.any():
        share = min(1.0, float(colored.sum()) / (_ENOUGH * num))
        nearer = np.clip((to_other - to_own) / _FULL_COLOR, -1, 1)
        total += share * float(nearer[colored].mean())
        weight += 1
    return total / weight if weight else 0.0

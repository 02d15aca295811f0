"""How alike the pixels are where a reference was placed on a query."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.matching.colors import color_residuals, compare_colors
from detector.matching.geometry import Matrix, outline

RGB = NDArray[np.uint8]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_WINDOW_PX = 11
_MIN_COMPARED_PX = 24
_MAX_COMPARED_PX = 176
_FLAT_STD = 0.02  # of luminance 0..1: below it there is nothing to correlate
_MIN_PROVEN = 0.08
_RIM_PX = 7
_SLACK_PX = 2
_SLACK_STEPS = (
    0,
    _SLACK_PX,
    2 * _SLACK_PX,
)  # from the corner of a plane widened by the slack


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the aligned pixels say; shares are of the visible part, 0..1.

    Attributes:
        query_overlap: share of the query that the reference covers.
        reference_overlap: share of the reference that the query shows.
        structure: mean local correlation of luminance where either has texture.
        agreement: share of the textured part that correlates well.
        core_agreement: the same, weighted towards the middle of the part that has
            texture, where a product's own print lies and captions do not.
        mismatch_blob: largest connected disagreeing part.
        detail: mean correlation of fine detail only.
        kept_detail: the same where the coarse structure agrees, so that a sticker does
            not count: what another photo or another printing does not reproduce.
        color_shift: how far most colours moved at most, in CIELAB ΔE.
        color_residual: what is left after a whole-picture change of brightness,
            contrast, saturation and tint is taken off, in ΔE.
        hue_turn: share of the coloured, agreeing part whose hue turned by more than
            what a tint explains.
        sharpness_px: side of the compared picture; small means little evidence.
        textured: share of the visible part that has texture.
    """

    query_overlap: float
    reference_overlap: float
    structure: float
    agreement: float
    core_agreement: float
    mismatch_blob: float
    detail: float
    kept_detail: float
    color_shift: float
    color_residual: float
    hue_turn: float
    sharpness_px: float
    textured: float


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """Query and reference in one frame (the reference's, scaled).

    Attributes:
        query: (h, w, 3) uint8 RGB, the query's pixels moved into the frame.
        reference: (h, w, 3) uint8 RGB.
        visible: (h, w) where the query has pixels.
        scale: frame pixels per original reference pixel.
    """

    query: RGB
    reference: RGB
    visible: Mask
    scale: float


def align(
    query: RGB,
    query_size: tuple[int, int],
    reference: RGB,
    reference_size: tuple[int, int],
    homography: Matrix,
    *,
    max_px: int = _MAX_COMPARED_PX,
) -> AlignedPair | None:
    """Bring both pictures into the reference's frame, at the coarser one's detail.

    Args:
        query: (h, w, 3) the query at any scale.
        query_size: width and height that `homography` maps into, in pixels.
        reference: (h, w, 3) the reference at any scale.
        reference_size: width and height that `homography` maps from, in pixels.
        homography: (3, 3) reference to query.
        max_px: long side of the frame at most.

    Returns:
        The pair, or None where too little is left to compare.
    """
    corners = np.array(outline(homography, reference_size))
    if not np.isfinite(corners).all():
        return None
    edges = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    query_scale = query.shape[1] / query_size[0]
    reference_px = max(reference.shape[:2])
    shown_px = float(edges.max()) * query_scale
    side = min(max_px, reference_px, shown_px)
    if side < _MIN_COMPARED_PX:
        return None
    scale = side / max(reference_size)
    size = (
        max(4, round(reference_size[0] * scale)),
        max(4, round(reference_size[1] * scale)),
    )
    small = cv2.resize(reference, size, interpolation=cv2.INTER_AREA)
    shrunk, ratio = _shrink_for(query, shown_px / side)
    to_frame = np.array(
        [
            [size[0] / reference_size[0], 0, 0],
            [0, size[1] / reference_size[1], 0],
            [0, 0, 1.0],
        ]
    )
    to_shrunk = np.diag([query_scale * ratio[0], query_scale * ratio[1], 1.0])
    frame_to_query = (
        half_pixel(-0.5)
        @ to_shrunk
        @ half_pixel(0.5)
        @ homography
        @ half_pixel(-0.5)
        @ np.linalg.inv(to_frame)
        @ half_pixel(0.5)
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpPerspective(shrunk, frame_to_query, size, flags=flags)
    inside = np.full(shrunk.shape[:2], 255, dtype=np.uint8)
    visible = cv2.warpPerspective(inside, frame_to_query, size, flags=flags) > 250
    if visible.sum() < _MIN_COMPARED_PX**2 / 4:
        return None
    return AlignedPair(
        np.asarray(moved, dtype=np.uint8),
        np.asarray(small, dtype=np.uint8),
        visible,
        scale,
    )


def compare_aligned(
    pair: AlignedPair,
    *,
    query_overlap: float,
    reference_overlap: float,
) -> Comparison:
    """Measure structure and colour of two aligned pictures."""
    first = _luminance(pair.query)
    second = _luminance(pair.reference)
    correlation, textured = local_correlation(first, second, pair.visible)
    agrees = correlation > 0.6
    num_textured = max(int(textured.sum()), 1)
    core = _core_weights(textured)
    disagrees = (textured & (correlation < 0.35)).astype(np.uint8)
    blobs = cv2.connectedComponentsWithStats(disagrees, connectivity=4)[2][1:, 4]
    fine, fine_textured = local_correlation(
        first - cv2.GaussianBlur(first, (0, 0), 1.6),
        second - cv2.GaussianBlur(second, (0, 0), 1.6),
        pair.visible,
        flat_std=_FLAT_STD * 0.5,
    )
    same = _same_places(pair, correlation, textured)
    colors = compare_colors(pair.query, pair.reference, same)
    num_visible = max(int(pair.visible.sum()), 1)
    return Comparison(
        query_overlap=query_overlap,
        reference_overlap=reference_overlap,
        structure=_mean(np.clip(correlation, 0, 1), textured),
        agreement=_mean(agrees.astype(np.float32), textured),
        core_agreement=float((agrees * core).sum() / max(core.sum(), 1e-6)),
        mismatch_blob=float(blobs.max(initial=0)) / num_textured,
        detail=_mean(fine, fine_textured),
        kept_detail=_mean(fine, fine_textured & agrees),
        color_shift=colors.shift,
        color_residual=colors.residual,
        hue_turn=colors.hue_turn,
        sharpness_px=float(max(pair.reference.shape[:2])),
        textured=num_textured / num_visible,
    )


def structure_difference(pair: AlignedPair) -> Mask:
    """Where the structure of two aligned pictures differs: (h, w)."""
    correlation, textured = local_correlation(
        _luminance(pair.query), _luminance(pair.reference), pair.visible
    )
    return textured & (correlation < 0.35)


def color_difference(pair: AlignedPair) -> Mask:
    """Where colours differ more than one change of the whole picture explains."""
    correlation, textured = local_correlation(
        _luminance(pair.query), _luminance(pair.reference), pair.visible
    )
    same = _same_places(pair, correlation, textured)
    residual = color_residuals(pair.query, pair.reference, same)
    return pair.visible & (residual > 18)


def local_correlation(
    first: Plane, second: Plane, visible: Mask, *, flat_std: float = _FLAT_STD
) -> tuple[Plane, Mask]:
    """Correlate two luminance planes window by window.

    Brightness and contrast cancel. The query may sit a few pixels off (a placement
    from few points, a bent package), so each window takes its best small shift.

    Args:
        first: (h, w) float32, 0..1.
        second: (h, w) likewise.
        visible: (h, w) where `first` is defined.
        flat_std: standard deviation below which a window is flat.

    Returns:
        (h, w) correlation -1..1, 0 where one window is flat and the other is not, and
        the mask of windows where at least one has texture.
    """
    half = _WINDOW_PX // 2
    height, width = first.shape[0] + 2 * half, first.shape[1] + 2 * half
    wide1 = np.pad(first, half + _SLACK_PX, mode="edge")
    wide2 = np.pad(second, half, mode="edge")
    mean1, std1 = _moments(wide1)
    mean2, std2 = _moments(wide2)
    floor = np.float32(flat_std * 0.5)
    divisor1, factor2 = np.maximum(std1, floor), 1 / np.maximum(std2, floor)
    best = np.full(wide2.shape, -1.0, dtype=np.float32)
    for top in _SLACK_STEPS:
        for left in _SLACK_STEPS:
            at = (slice(top, top + height), slice(left, left + width))
            product = cv2.blur(wide1[at] * wide2, (_WINDOW_PX, _WINDOW_PX))
            covariance = product - mean1[at] * mean2
            np.maximum(best, covariance * factor2 / divisor1[at], out=best)
    inner = (slice(half, height - half), slice(half, width - half))
    middle = (slice(_SLACK_PX, _SLACK_PX + height), slice(_SLACK_PX, _SLACK_PX + width))
    best, std1, std2 = best[inner], std1[middle][inner], std2[inner]
    # A window that reaches over the rim compares with what is not there.
    rim = cv2.copyMakeBorder(
        visible.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0.0
    )
    kernel = np.ones((_WINDOW_PX - 4, _WINDOW_PX - 4), dtype=np.uint8)
    near = cv2.erode(rim, kernel)[1:-1, 1:-1] > 0
    textured = near & (np.maximum(std1, std2) > flat_std)
    return np.clip(best, -1.0, 1.0), textured


def _same_places(pair: AlignedPair, correlation: Plane, textured: Mask) -> Mask:
    """Where both pictures show the same thing, so that colours may be compared.

    Agreeing texture proves it, except beside texture that disagrees: windows on the rim
    of a sticker still see some of the picture. A flat place may be a banner laid over
    the picture, and counts only where there is too little texture.
    """
    differs = (textured & (correlation <= 0.5)).astype(np.uint8)
    beside = cv2.dilate(differs, np.ones((_RIM_PX, _RIM_PX), dtype=np.uint8)) > 0
    proven = textured & ~beside
    if proven.sum() >= _MIN_PROVEN * pair.visible.sum():
        return proven
    return pair.visible & (proven | ~textured)


def _core_weights(textured: Mask) -> Plane:
    """Weights that fall from the middle of the textured part to its border."""
    if not textured.any():
        return textured.astype(np.float32)
    rows, columns = np.nonzero(textured)
    height, width = textured.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    spread_y = max(float(rows.std()), 1.0)
    spread_x = max(float(columns.std()), 1.0)
    far = ((y - rows.mean()) / spread_y) ** 2 + ((x - columns.mean()) / spread_x) ** 2
    return np.asarray(np.exp(-far / 2) * textured, dtype=np.float32)


def _moments(plane: Plane) -> tuple[Plane, Plane]:
    window = (_WINDOW_PX, _WINDOW_PX)
    mean = cv2.blur(plane, window)
    square = cv2.blur(plane * plane, window)
    std = np.sqrt(np.maximum(square - mean * mean, 0))
    return np.asarray(mean, np.float32), np.asarray(std, np.float32)


def _luminance(image: RGB) -> Plane:
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, dtype=np.float32) / np.float32(255)


def _mean(values: Plane, mask: Mask) -> float:
    return float(values[mask].mean()) if mask.any() else 0.0


def _shrink_for(query: RGB, factor: float) -> tuple[RGB, tuple[float, float]]:
    """Reduce the query first where the frame is much coarser, against aliasing."""
    height, width = query.shape[:2]
    if factor <= 1.2:
        return query, (1.0, 1.0)
    size = (max(4, round(width / factor)), max(4, round(height / factor)))
    shrunk = cv2.resize(query, size, interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.uint8), (size[0] / width, size[1] / height)


def half_pixel(offset: float) -> Matrix:
    """Shift by half a pixel: scaling keeps corners in place, not centres."""
    return np.array([[1, 0, offset], [0, 1, offset], [0, 0, 1.0]])

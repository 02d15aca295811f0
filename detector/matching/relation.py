"""What kind of likeness the measurements show."""

from detector.matching.match import Relation
from detector.matching.verify import Verification

# Measured on edited packshots and on phone photos of products, medians: detail kept
# 0.87 and 0.73, colour residual 3 and 9 ΔE.
_MIN_INLIERS = 12
_MIN_STRUCTURE = 0.6  # enough by itself where a small copy has few points
_SAME_DETAIL = 0.70
_SAME_RESIDUAL = 6.5
_COLORWAY_HUE_TURN = 0.35
_COLORWAY_RESIDUAL = 11.0
_VARIANT_HUE_TURN = 0.6  # light alone turns hues on another photo
_WHOLE = 0.96
_SMOOTH_AGREEMENT = 0.93  # enough by itself where there is little detail
# The very same file reaches 0.90 and 0.066: soft shadows correlate by their noise.
_UNTOUCHED_AGREEMENT = 0.89
_UNTOUCHED_DETAIL = 0.85
_UNTOUCHED_BLOB = 0.07
_UNTOUCHED_SHIFT = 4.0
_UNTOUCHED_RESIDUAL = 3.0  # a darker colourway keeps hues: 6 ΔE; small and blurred: 2


def relate(verification: Verification) -> Relation:
    """Name the relation of a query to a candidate.

    - `same_photo`: the whole of one picture is the whole of the other, unchanged but
      for size and compression.
    - `edited_photo`: the very photo, told by its fine detail, with something done to
      it: cut, mirrored, recoloured as a whole, covered, pasted.
    - `same_product`: placed, but fine detail or light are another photo's.
    - `lookalike`: not placed, or the product's own colours differ: another colourway
      or another variant.
    """
    placement, comparison = verification.placement, verification.comparison
    if placement is None or comparison is None:
        return Relation.LOOKALIKE
    if placement.num_inliers < _MIN_INLIERS and comparison.structure < _MIN_STRUCTURE:
        return Relation.LOOKALIKE
    # A smooth picture has little detail to keep but its own noise.
    is_same_detail = (
        comparison.kept_detail >= _SAME_DETAIL
        or comparison.agreement > _SMOOTH_AGREEMENT
    )
    if not is_same_detail:
        is_variant = comparison.hue_turn > _VARIANT_HUE_TURN
        return Relation.LOOKALIKE if is_variant else Relation.SAME_PRODUCT
    if (
        comparison.hue_turn > _COLORWAY_HUE_TURN
        or comparison.color_residual > _COLORWAY_RESIDUAL
    ):
        return Relation.LOOKALIKE
    if comparison.color_residual > _SAME_RESIDUAL:
        return Relation.SAME_PRODUCT
    is_untouched = (
        not verification.mirrored
        and comparison.query_overlap > _WHOLE
        and comparison.reference_overlap > _WHOLE
        and comparison.agreement > _UNTOUCHED_AGREEMENT
        and (
            comparison.kept_detail > _UNTOUCHED_DETAIL
            or comparison.agreement > _SMOOTH_AGREEMENT
        )
        and comparison.mismatch_blob < _UNTOUCHED_BLOB
        and comparison.color_shift < _UNTOUCHED_SHIFT
        and comparison.color_residual < _UNTOUCHED_RESIDUAL
    )
    return Relation.SAME_PHOTO if is_untouched else Relation.EDITED_PHOTO

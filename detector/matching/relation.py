"""What kind of likeness the measurements show."""

from detector.matching.match import Relation
from detector.matching.verify import Verification

_MIN_INLIERS = 12
_SAME_DETAIL = 0.42
_MAX_RESIDUAL = 8.0
_MAX_HUE_TURN = 0.35
_WHOLE = 0.96
_UNTOUCHED_AGREEMENT = 0.93
_UNTOUCHED_BLOB = 0.03
_UNTOUCHED_SHIFT = 4.0


def relate(verification: Verification) -> Relation:
    """Name the relation of a query to a candidate.

    - `same_photo`: the whole of one picture is the whole of the other, unchanged but
      for size and compression.
    - `edited_photo`: the very photo, told by its fine detail, with something done to
      it: cut, mirrored, recoloured as a whole, covered, pasted.
    - `same_product`: placed, colours of its own kept, but the fine detail is another
      photo's.
    - `lookalike`: not placed, or the product's own colours differ: another colourway
      or another variant.
    """
    placement, comparison = verification.placement, verification.comparison
    if placement is None or comparison is None:
        return Relation.LOOKALIKE
    if placement.num_inliers < _MIN_INLIERS and comparison.structure < 0.6:
        return Relation.LOOKALIKE
    is_recolored = (
        comparison.hue_turn > _MAX_HUE_TURN or comparison.color_residual > _MAX_RESIDUAL
    )
    if comparison.detail < _SAME_DETAIL:
        return Relation.LOOKALIKE if is_recolored else Relation.SAME_PRODUCT
    if is_recolored:
        return Relation.LOOKALIKE
    is_untouched = (
        not verification.mirrored
        and comparison.query_overlap > _WHOLE
        and comparison.reference_overlap > _WHOLE
        and comparison.agreement > _UNTOUCHED_AGREEMENT
        and comparison.mismatch_blob < _UNTOUCHED_BLOB
        and comparison.color_shift < _UNTOUCHED_SHIFT
    )
    return Relation.SAME_PHOTO if is_untouched else Relation.EDITED_PHOTO

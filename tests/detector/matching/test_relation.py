"""Relations: what each needs, and what rules it out."""

from dataclasses import replace

import numpy as np
import pytest

from detector.matching.comparison import AlignedPair, compare_aligned
from detector.matching.geometry import Placement
from detector.matching.match import Relation
from detector.matching.relation import relate
from detector.matching.retrieve import Candidate
from detector.matching.verify import Verification
from tests.detector.matching.products import draw_product, unplaced

PIXELS = np.asarray(draw_product("boxes"))
ITSELF = AlignedPair(PIXELS, PIXELS, np.ones(PIXELS.shape[:2], bool), 1.0)
UNTOUCHED = compare_aligned(ITSELF, query_overlap=1.0, reference_overlap=1.0)
PHOTOS = {Relation.SAME_PHOTO, Relation.EDITED_PHOTO}


def seen(
    *, num_inliers: int = 100, mirrored: bool = False, **changes: float
) -> Verification:
    if "detail" in changes:
        changes["kept_detail"] = changes["detail"]
    return Verification(
        Candidate("r", votes=1.0),
        mirrored,
        150,
        Placement(np.eye(3), num_inliers, 0.8, 40.0),
        replace(UNTOUCHED, **changes),
        np.eye(3),
        (400, 400),
    )


def test_the_untouched_photo_is_the_same_photo():
    assert relate(seen()) is Relation.SAME_PHOTO


@pytest.mark.parametrize(
    "changes",
    [
        {"query_overlap": 0.5},
        {"reference_overlap": 0.5},
        {"agreement": 0.6},
        {"mismatch_blob": 0.3},
        {"color_shift": 25.0},
        {"color_residual": 5.0},
    ],
    ids=str,
)
def test_a_photo_with_something_done_to_it_is_edited(changes):
    assert relate(seen(**changes)) is Relation.EDITED_PHOTO


def test_a_mirrored_photo_is_edited_however_clean():
    assert relate(seen(mirrored=True)) is Relation.EDITED_PHOTO


@pytest.mark.parametrize("detail", [0.0, 0.5, 1.0])
def test_other_hues_make_a_lookalike(detail):
    assert relate(seen(detail=detail, hue_turn=1.0)) is Relation.LOOKALIKE


def test_other_colors_are_no_edit():
    assert relate(seen(color_residual=30.0)) is Relation.LOOKALIKE
    for detail in (0.0, 0.5):
        assert relate(seen(detail=detail, color_residual=30.0)) not in PHOTOS


def test_another_photo_in_the_same_colors_shows_the_same_product():
    found = seen(detail=0.1, agreement=0.6, query_overlap=0.4)
    assert relate(found) is Relation.SAME_PRODUCT


def test_what_was_not_placed_or_not_compared_is_a_lookalike():
    assert relate(unplaced()) is Relation.LOOKALIKE
    assert relate(replace(seen(), comparison=None)) is Relation.LOOKALIKE


def test_a_few_points_and_little_structure_are_a_lookalike():
    assert relate(seen(num_inliers=4, structure=0.2)) is Relation.LOOKALIKE


def test_every_measurement_has_a_relation_and_the_strict_ones_imply_the_loose():
    rng = np.random.default_rng(0)
    for _ in range(500):
        changes = dict(
            zip(
                ("query_overlap", "reference_overlap", "structure", "agreement"),
                rng.uniform(0, 1, 4).tolist(),
                strict=True,
            )
        )
        changes |= {
            "detail": float(rng.uniform(-0.2, 1)),
            "hue_turn": float(rng.uniform(0, 1) ** 3),
            "color_residual": float(rng.uniform(0, 20)),
        }
        found = relate(seen(num_inliers=int(rng.integers(4, 80)), **changes))
        assert found in Relation
        if found in PHOTOS:
            # More of what a copy keeps never turns a photo into less.
            better = changes | {"detail": 1.0, "hue_turn": 0.0, "color_residual": 0.0}
            assert relate(seen(num_inliers=100, **better)) in PHOTOS

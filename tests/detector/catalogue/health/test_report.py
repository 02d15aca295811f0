from dataclasses import asdict

import numpy as np
import pytest

from detector.catalogue.health.duplicates import duplicate_groups, right_answers
from detector.catalogue.health.own import OwnPicture
from detector.catalogue.health.report import Z_95, FamilyResult, rate


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (5, 5), (3, 7), (90, 100), (1, 1)])
def test_the_interval_is_wilsons(part, whole):
    """Its ends p solve (part/whole - p)² = z² p (1 - p) / whole."""
    share = part / whole
    spread = Z_95**2 / whole
    ends = np.sort(np.roots([1 + spread, -(2 * share + spread), share**2]).real)
    found = rate(part, whole)
    assert found.value == pytest.approx(share, abs=1e-4)
    assert (found.low, found.high) == pytest.approx(ends.clip(0, 1), abs=1e-4)


def test_nothing_has_no_rate():
    empty = FamilyResult("crop", 0, 0, 0, 0, 4).to_json()
    assert empty["num_tested"] == 0
    assert empty["recall"] == {"value": None, "low": None, "high": None}


def test_found_counts_what_is_to_be_reviewed_and_recall_does_not():
    told = FamilyResult("crop", 6, 2, 1, 1, 3).to_json()
    assert told["recall"] == asdict(rate(6, 10))
    assert told["found"] == asdict(rate(8, 10))


def own(name: str, digest: str, product: str | None = None) -> OwnPicture:
    return OwnPicture(f"ref_{name}", name, product, digest, 10, 10, 1)


def test_groups_tell_whether_products_share_a_picture():
    pictures = [
        own("a", "1", "shirt"),
        own("b", "1", "shirt"),
        own("c", "2", "mug"),
        own("d", "2", "cup"),
        own("e", "3", "mug"),
        own("f", "3"),
        own("g", "4"),
    ]
    groups = list(duplicate_groups(pictures, [frozenset({"1", "4"})]))
    told = {
        "".join(r.external_id for r in g.references): (
            g.code.value,
            g.is_across_products,
            g.severity.value,
        )
        for g in groups
    }
    assert told == {
        "ab": ("duplicate", False, "notice"),
        "cd": ("duplicate", True, "warning"),
        "ef": ("duplicate", None, "notice"),
        "abg": ("near_duplicate", None, "notice"),
    }
    right = right_answers(groups)
    assert right["ref_a"] == {"ref_a", "ref_b", "ref_g"}
    assert right["ref_c"] == {"ref_c", "ref_d"}

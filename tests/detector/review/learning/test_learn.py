from typing import Any

import pytest
from sqlalchemy import select

from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import remove_references
from detector.catalogue.references import reference_id
from detector.errors import Conflict, Unknown
from detector.matching.match import Relation
from detector.review.actions.dispatch import dispatch
from detector.review.decisions.decide import Kind, Opinion
from detector.review.learning.reference_record import (
    quarantine_reference,
    release_reference,
)
from detector.store.standing_tables import DismissedLikenessRow, ReferenceRecordRow
from tests.detector.review.decisions.deciding import NOTHING, settle
from tests.detector.review.review_world import LEA, Cases


def dismiss(cases: Cases, case_id: str, opinion: Opinion = NOTHING) -> None:
    """Dismiss a case, and let the time for undoing it pass."""
    settle(cases, case_id, opinion)
    with cases.database.write() as session:
        dispatch(session, case_id, cases.later(minutes=1))


def reference(cases: Cases) -> str:
    return reference_id(cases.world.brand_id("acme"), "acme.png")


def record(cases: Cases) -> ReferenceRecordRow:
    id = reference(cases)
    with cases.database.read() as session:
        return session.get_one(ReferenceRecordRow, id)


def pairs(cases: Cases) -> list[tuple[str, str | None]]:
    with cases.database.read() as session:
        rows = session.scalars(select(DismissedLikenessRow))
        return [(row.reason_code, row.cluster_id) for row in rows]


def is_flagged(cases: Cases, name: str, picture: str) -> bool:
    """Show a picture in another listing, and see whether that is flagged."""
    listing = cases.world.put_listing(name, [picture])
    cases.world.place(picture, f"cluster of {picture}", listing)
    like = (reference(cases), 0.9, Relation.EDITED_PHOTO)
    cases.world.raise_for(listing, {picture: [like]})
    return any(flag.listing_id == listing for flag in cases.world.flags())


def test_a_dismissed_likeness_raises_no_flag_again(cases):
    dismiss(cases, cases.open("l1", picture="bag"))
    assert pairs(cases) == [("different_product", "cluster of bag")]
    assert not is_flagged(cases, "l2", "bag")
    assert is_flagged(cases, "l3", "shoe")


def test_the_same_picture_recompressed_raises_none_either(cases):
    dismiss(cases, cases.open("l1", picture="bag"))
    listing = cases.world.put_listing("l2", ["bag again"])
    cases.world.place("bag again", "cluster of bag", listing)
    like = (reference(cases), 0.9, Relation.EDITED_PHOTO)
    cases.world.raise_for(listing, {"bag again": [like]})
    assert [flag.listing_id for flag in cases.world.flags()] == ["lst_market_l1"]


def test_a_flag_whose_likeness_was_dismissed_is_withdrawn(cases):
    dismiss(cases, cases.open("l1", picture="bag"))
    like = (reference(cases), 0.9, Relation.EDITED_PHOTO)
    cases.world.raise_for("lst_market_l1", {"bag": [like]})
    assert cases.world.flag().state == "withdrawn"


def test_other_references_still_match(cases):
    dismiss(cases, cases.open("l1", picture="bag"))
    other = cases.world.add_reference("acme", "other.png")
    listing = cases.world.put_listing("l2", ["bag"])
    likes = [(id, 0.9, Relation.EDITED_PHOTO) for id in (reference(cases), other)]
    cases.world.raise_for(listing, {"bag": likes})
    (flag,) = [f for f in cases.world.flags() if f.listing_id == listing]
    assert [image["reference_id"] for image in flag.images] == [other]


@pytest.mark.parametrize("reason", ["insufficient_evidence", "genuine_second_hand"])
def test_other_reasons_say_nothing_of_the_picture(cases, reason):
    dismiss(cases, cases.open("l1", picture="bag"), Opinion(Kind.NO_ACTION, reason))
    assert pairs(cases) == []
    assert is_flagged(cases, "l2", "bag")


def test_what_can_still_be_undone_teaches_nothing(cases):
    settle(cases, cases.open("l1", picture="bag"), NOTHING)
    assert pairs(cases) == []


def test_what_was_taught_is_forgotten_when_the_case_ends_otherwise(cases):
    case_id = cases.open("l1", picture="bag")
    dismiss(cases, case_id)
    cases.step(case_id, "reopen", LEA, note="The brand sent a test buy.")
    cases.step(case_id, "gone")
    assert pairs(cases) == []


def test_a_reference_that_floods_the_queue_is_held_back(cases):
    for number in range(24):
        dismiss(cases, cases.open(f"l{number}"))
    assert (record(cases).num_dismissed, record(cases).is_quarantined) == (24, False)
    dismiss(cases, cases.open("l24"))
    row = record(cases)
    assert (row.num_confirmed, row.num_dismissed) == (0, 25)
    assert row.is_quarantined
    assert "Of 25 decided cases 0 were confirmed" in (row.quarantine_reason or "")
    assert not is_flagged(cases, "l25", "new")

    change(cases, release_reference)
    assert is_flagged(cases, "l26", "newer")
    dismiss(cases, cases.open("l27"))
    assert (record(cases).num_dismissed, record(cases).is_quarantined) == (26, False)


def change(cases: Cases, verb: Any, *args: str, id: str | None = None) -> None:
    id = id or reference(cases)
    with cases.database.write() as session:
        verb(session, id, *args, actor=LEA, at=cases.now)


def test_people_hold_references_back_and_release_them(cases):
    cases.open("l1")
    change(cases, quarantine_reference, "A plain box.")
    assert not is_flagged(cases, "l2", "bag")
    with pytest.raises(Conflict, match="held back already"):
        change(cases, quarantine_reference, "Again.")
    change(cases, release_reference)
    with pytest.raises(Conflict, match="is not held back"):
        change(cases, release_reference)
    with pytest.raises(Unknown, match="no reference 'ref_none'"):
        change(cases, release_reference, id="ref_none")


def test_a_reference_with_a_record_can_be_removed(cases):
    dismiss(cases, cases.open("l1", picture="bag"))
    id = reference(cases)
    with cases.database.write() as session:
        assert remove_references(session, ChangeLog(session), [id]) == 1
    assert pairs(cases) == []

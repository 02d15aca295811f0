"""Decisions on many cases at once, and taking them back; on both databases."""

from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import select

from detector.errors import InvalidInput, Unknown
from detector.review.actor import Actor
from detector.review.decisions.bulk import Batch, Outcome, decide_bulk, undo_bulk
from detector.review.decisions.bulk_preview import Reach, preview_bulk
from detector.review.decisions.decide import Opinion
from detector.store.case_tables import CaseListingRow, CaseRow
from detector.store.takedown_tables import NoticeItemRow, NoticeRow
from tests.detector.review.decisions.deciding import NOTHING, counterfeit, speak_for
from tests.detector.review.review_world import ANN, BOB, LEA, MARKET, Cases


def look(
    cases: Cases, case_id: str, by: Reach = Reach.CLUSTER, actor: Actor = ANN
) -> tuple[dict[str, str | None], dict[str, int]]:
    """Preview; return why each case would be left, and its version."""
    with cases.database.read() as session:
        found = preview_bulk(session, case_id, by=by, actor=actor, at=cases.now)
        return (
            {each.case.id: each.why_not for each in found},
            {each.case.id: each.case.version for each in found},
        )


def apply(
    cases: Cases,
    case_id: str,
    opinion: Opinion,
    *,
    seen: Mapping[str, int] | None = None,
    exceptions: Sequence[str] = (),
) -> Batch:
    shown = look(cases, case_id)[1] if seen is None else seen
    return decide_bulk(
        cases.database,
        case_id,
        opinion,
        by=Reach.CLUSTER,
        seen=shown,
        exceptions=exceptions,
        actor=ANN,
        clock=lambda: cases.now,
    )


def undo(cases: Cases, batch: Batch, actor: Actor = ANN) -> list[Outcome]:
    return undo_bulk(cases.database, batch.id, actor=actor, clock=lambda: cases.now)


def left(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {each.case_id: each.why_not for each in outcomes if each.why_not}


def listings(cases: Cases, case_id: str) -> set[str]:
    with cases.database.read() as session:
        query = select(CaseListingRow.listing_id).where(
            CaseListingRow.case_id == case_id, CaseListingRow.is_open
        )
        return set(session.scalars(query))


def test_a_preview_shows_all_and_says_why_some_are_left(cases):
    first, held, other = (
        cases.open(name, picture="same", seller_id=name) for name in ("l1", "l2", "l3")
    )
    cases.open("l4", seller_id="l1")
    cases.open("lz", brand="zeta", picture="same", seller_id="l1")
    cases.claim(held, BOB)
    why_not, _ = look(cases, first)
    assert why_not == {first: None, held: "Somebody else works on it.", other: None}
    assert len(look(cases, first, Reach.SELLER)[0]) == 2
    with pytest.raises(Unknown):
        look(cases, "case_none")
    alone = cases.open("l9", seller_id=None)
    with pytest.raises(InvalidInput, match="seller of the case is not known"):
        look(cases, alone, Reach.SELLER)


def test_a_batch_leaves_one_record_each_and_one_undo(cases):
    ids = [cases.open(f"l{n}", picture="same", seller_id=f"s{n}") for n in range(4)]
    speak_for(cases, *ids[:3])
    cases.claim(ids[0])
    batch = apply(cases, ids[0], counterfeit(cases), exceptions=[ids[1]])
    assert left(batch.outcomes) == {
        ids[1]: "It was excepted.",
        ids[3]: "Only likeness, or what is as weak, speaks for it; that restricts "
        "nothing.",
    }
    assert cases.case(ids[3]).state == "open"
    assert cases.case(ids[3]).lease_token is None
    for case_id in (ids[0], ids[2]):
        (row,) = cases.decisions(case_id)
        assert (row.batch_id, row.state) == (batch.id, "effective")
        assert cases.case(case_id).state == "action_pending"
    assert set(left(undo(cases, batch, BOB))) == {ids[0], ids[2]}
    assert left(undo(cases, batch)) == {}
    assert {cases.case(id).state for id in ids} == {"open"}
    assert set(left(undo(cases, batch)).values()) == {"The decision is undone already."}
    with pytest.raises(Unknown):
        undo(cases, Batch("bat_none", False, []))


def test_an_excepted_listing_gets_a_case_of_its_own_with_its_notice(cases):
    case_id = cases.open("l1", picture="same")
    for name in ("l2", "l3"):
        assert cases.open(name, picture="same") == case_id
    with cases.database.write() as session:
        session.add(
            NoticeRow(
                id="ntc_1",
                brand_id=session.get_one(CaseRow, case_id).brand_id,
                marketplace=MARKET,
                notifier={},
                claim_type="trademark",
                reason_code="counterfeit_mark",
                explanation="It is.",
                created_by="user:acme",
            )
        )
        session.flush()
        for position, name in enumerate(("l1", "l2")):
            session.add(
                NoticeItemRow(
                    notice_id="ntc_1",
                    position=position,
                    external_id=name,
                    listing_id=f"lst_{MARKET}_{name}",
                    case_id=case_id,
                )
            )
    batch = apply(cases, case_id, NOTHING, exceptions=["lst_market_l1"])
    assert left(batch.outcomes) == {}
    case = cases.case(case_id)
    assert (case.state, case.listing_id) == ("closed", "lst_market_l2")
    with cases.database.read() as session:
        items = session.query(NoticeItemRow).order_by(NoticeItemRow.position)
        own, kept = (item.case_id for item in items)
    assert kept == case_id
    assert listings(cases, own) == {"lst_market_l1"}
    fresh = cases.case(own)
    assert (fresh.state, fresh.source) == ("open", "notice")
    assert fresh.previous_id == case_id


def test_what_changed_since_it_was_shown_or_was_not_shown_is_left(cases):
    ids = [cases.open(f"l{n}", picture="same", seller_id=f"s{n}") for n in range(3)]
    _, seen = look(cases, ids[0])
    token = cases.claim(ids[1], BOB)
    cases.step(ids[1], "release", BOB, lease_token=token)
    del seen[ids[2]]
    stranger = cases.open("stranger")
    batch = apply(cases, ids[0], NOTHING, seen={**seen, stranger: 1})
    assert left(batch.outcomes) == {
        ids[1]: "It was changed since it was shown.",
        stranger: "It is not among those that have that in common.",
    }
    assert cases.case(ids[0]).closure == "no_action"
    assert cases.case(ids[2]).state == "open"


def test_a_large_batch_of_restrictions_needs_a_second_opinion(cases):
    cases.set_policy(
        second_review_share=0, second_review_tiers=[], second_review_listings=2
    )
    ids = [cases.open(f"l{n}", picture="same", seller_id=f"s{n}") for n in range(3)]
    speak_for(cases, *ids)
    batch = apply(cases, ids[0], counterfeit(cases))
    assert batch.is_large
    assert {cases.case(id).state for id in ids} == {"awaiting_second"}
    assert left(undo(cases, batch, LEA)) == {}


def test_no_more_than_the_policy_allows_are_decided_at_once(cases):
    cases.set_policy(bulk_max=2)
    ids = [cases.open(f"l{n}", picture="same", seller_id=f"s{n}") for n in range(4)]
    why_not, _ = look(cases, ids[3])
    assert len(why_not) == 2
    assert ids[3] in why_not

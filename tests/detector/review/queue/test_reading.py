"""Who sees which cases, and how they stand; what waits; on both databases."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from detector.errors import Unknown
from detector.review.decisions.comments import add_comment
from detector.review.decisions.orders import Order, apply_order
from detector.review.queue.audit_list import AuditFilter, list_audit
from detector.review.queue.case_list import CaseFilter, find_case, list_cases
from detector.review.queue.case_story import tell_story
from detector.review.queue.counts import count_queues
from detector.review.queue.explanation import explain
from detector.review.queue.scope import Scope
from detector.store.case_tables import CaseRow, DecisionRow
from detector.store.table import Table
from detector.store.takedown_tables import AppealRow, NoticeItemRow, NoticeRow
from tests.detector.review.decisions.deciding import (
    NOTHING,
    counterfeit,
    settle,
    speak_for,
)
from tests.detector.review.review_world import ANN, BOB, LEX, MARKET, Cases


def add(cases: Cases, *rows: Table) -> None:
    with cases.database.write() as session:
        for row in rows:
            session.add(row)
            session.flush()


def seen(cases: Cases, scope: Scope, state: str | None = None) -> dict[str, str]:
    """List what somebody sees: case → its state."""
    with cases.database.read() as session:
        views, _ = list_cases(
            session, CaseFilter(state=state), scope=scope, cursor=None, limit=50
        )
        return {view.row.id: view.state for view in views}


def notice(cases: Cases, case_id: str, brand: str) -> tuple[Table, Table]:
    row = NoticeRow(
        id=f"ntc_{brand}",
        brand_id=cases.world.brand_id(brand),
        marketplace=MARKET,
        notifier={},
        claim_type="trademark",
        reason_code="counterfeit_mark",
        explanation="It is.",
        created_by=f"user:{brand}",
    )
    return row, NoticeItemRow(
        notice_id=row.id, position=0, external_id="l1", case_id=case_id
    )


def appeal(cases: Cases, case_id: str) -> Table:
    return AppealRow(
        id=f"apl_{case_id}",
        case_id=case_id,
        kind="counter_notice",
        grounds="other",
        explanation="It is mine.",
        created_by="key:mkt",
        forwarded_at=cases.now,
    )


def test_a_brand_sees_a_case_once_it_has_a_part_in_it(cases):
    noticed, appealed, neither = (cases.open(name) for name in ("l1", "l2", "l3"))
    scope = Scope(brand_id=cases.world.brand_id("acme"))
    assert seen(cases, scope) == {}
    add(cases, *notice(cases, noticed, "acme"), appeal(cases, appealed))
    add(cases, *notice(cases, neither, "zeta"))
    assert seen(cases, scope) == {noticed: "open", appealed: "open"}
    assert seen(cases, Scope(brand_id=cases.world.brand_id("zeta"))) == {}
    with cases.database.read() as session, pytest.raises(Unknown):
        find_case(session, neither, scope=scope)


def decide_untold(cases: Cases, case_id: str) -> None:
    settle(cases, case_id, NOTHING)


def claim(cases: Cases, case_id: str) -> None:
    cases.claim(case_id)


def wait_for_second(cases: Cases, case_id: str) -> None:
    speak_for(cases, case_id)
    settle(cases, case_id, counterfeit(cases))


def restrict_by_order(cases: Cases, case_id: str) -> None:
    order(cases, case_id, Order.RESTRICTION)


def order(cases: Cases, case_id: str, what: Order) -> None:
    with cases.database.write() as session:
        apply_order(session, case_id, what, actor=LEX, at=cases.now, document="7 O 1")


@pytest.mark.parametrize(
    "happen", [decide_untold, claim, wait_for_second, restrict_by_order]
)
def test_outside_nothing_has_happened_before_it_is_told(
    cases, happen: Callable[[Cases, str], None]
):
    case_id = cases.open()
    happen(cases, case_id)
    state = cases.case(case_id).state
    assert state != "open"
    outside = Scope(marketplace=MARKET)
    assert seen(cases, outside) == {case_id: "open"}
    assert seen(cases, outside, state="open") == {case_id: "open"}
    assert seen(cases, outside, state=state) == {}
    assert seen(cases, Scope(), state=state) == {case_id: state}


def test_what_was_told_has_happened(cases):
    case_id = cases.open()
    settle(cases, case_id, NOTHING)
    with cases.database.write() as session:
        session.query(DecisionRow).update({"told_at": cases.now})
    assert seen(cases, Scope(marketplace=MARKET)) == {case_id: "closed"}
    ordered = cases.open("l2")
    order(cases, ordered, Order.CLOSE)
    assert seen(cases, Scope(marketplace=MARKET))[ordered] == "closed"


def test_whoever_may_give_the_second_opinion_sees_no_first_one(cases):
    case_id = cases.open()
    with cases.database.write() as session:
        for actor, text in ((ANN, "Odd seam."), (BOB, "Nice bag.")):
            add_comment(session, case_id, text, actor=actor, at=cases.now)
    wait_for_second(cases, case_id)
    for scope, decisions, comments, events in (
        (Scope(person=BOB.id, is_blind=True), 0, ["Nice bag."], 2),
        (Scope(person=ANN.id, is_blind=True), 1, ["Odd seam.", "Nice bag."], 5),
        (Scope(person="user:aud"), 1, ["Odd seam.", "Nice bag."], 5),
    ):
        with cases.database.read() as session:
            view = find_case(session, case_id, scope=scope)
            story = tell_story(session, view, scope=scope)
            audit, _ = list_audit(
                session,
                AuditFilter(case_id=case_id),
                scope=scope,
                cursor=None,
                limit=50,
            )
        assert len(view.decisions) == decisions
        assert sorted(row.text for row in story.comments) == sorted(comments)
        assert len(story.history) == len(audit) == events


def test_what_is_due_soonest_comes_first(cases):
    late, soonest, soon, never, closed = (cases.open(f"l{n}") for n in range(5))
    settle(cases, closed, NOTHING)
    with cases.database.write() as session:
        for days, case_id in enumerate((soonest, soon)):
            session.get_one(CaseRow, case_id).due_at = cases.now + timedelta(days=days)
        session.get_one(CaseRow, never).due_at = None
    found: list[str] = []
    cursor = None
    with cases.database.read() as session:
        for _ in range(2):
            views, cursor = list_cases(
                session,
                CaseFilter(by_deadline=True),
                scope=Scope(),
                cursor=cursor,
                limit=2,
            )
            found += [view.row.id for view in views]
    assert (found, cursor) == ([soonest, soon, late], None)


def test_what_waits_is_counted_by_queue(cases):
    waiting, held, second = (cases.open(name) for name in ("l1", "l2", "l3"))
    cases.claim(held)
    wait_for_second(cases, second)
    with cases.database.read() as session:
        counts = {each.queue: each for each in count_queues(session, at=cases.now)}
        later = {
            each.queue: each for each in count_queues(session, at=cases.later(days=365))
        }
    assert (counts["review"].num_waiting, counts["review"].num_claimed) == (1, 1)
    assert (counts["second"].num_waiting, counts["leads"].num_waiting) == (1, 0)
    assert counts["review"].oldest_opened_at == cases.case(waiting).opened_at
    assert counts["review"].next_due_at == cases.case(waiting).due_at
    assert (counts["review"].num_overdue, later["review"].num_overdue) == (0, 1)


def test_a_reason_has_four_parts(cases):
    case = cases.case(cases.open(title="A bag"))
    reason = explain(case.images, case.signals)
    (matched,) = reason.matched
    assert matched == (
        "Picture 0 is an edited photo of the reference acme.png (similarity 0.90)."
    )
    assert any("edited reference photo" in text for text in reason.supports)
    assert any("price" in text for text in reason.unknown)
    assert "do not by themselves" in reason.caveat
    watched = [{"position": 1, "reference_id": None}]
    assert "taken down before" in explain(watched, {}).matched[0]

"""The invariants of cases (I1 to I7), held against random sequences of events.

What the test expects is computed here from what it did itself, not by the guards. 150
sequences; `--full` runs 10,000.
"""

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.review.actor import SYSTEM, Actor
from detector.review.audit import FIRST, seal
from detector.review.move import Move
from detector.review.workflow import WORKFLOW, Party
from detector.store.audit_tables import AuditRow
from detector.store.case_tables import CaseListingRow, DecisionRow
from detector.store.takedown_tables import ActionRow
from tests.detector.review.random_walk import Face, Walk
from tests.detector.review.review_world import ANN, APP, BOB, LEA, LEX, MKT

NUM_SEQUENCES, NUM_FULL = 150, 10_000
RESTRICTING = {"restrict", "second_agrees", "confirm_and_act"}
OF_PEOPLE = {*RESTRICTING, "order_restriction", "take_appeal", "uphold", "overturn"}


def test_no_random_sequence_breaks_an_invariant(cases, place, request, record_property):
    brand = cases.brand()
    right_id = cases.add_right()
    cases.set_policy(second_review_tiers=["restricted"], second_review_share=0.4)
    listing_id = cases.world.put_listing("l1", ["a"], title="Acme bag")
    actors = [ANN, BOB, LEA, APP, LEX, MKT, SYSTEM, brand]
    # One person may have several roles over time; a brand may send programs.
    actors.append(Actor(ANN.id, Party.APPEALS, "Ann", is_person=True))
    actors.append(Actor("key:brand", Party.BRAND, "b", brand_id=brand.brand_id))
    actors.append(Actor("key:legal", Party.LEGAL, "l"))
    actors.append(Actor("key:appeals", Party.APPEALS, "a"))
    num = NUM_FULL if request.config.getoption("--full") else NUM_SEQUENCES
    num = max(100, num // 10) if isinstance(place, str) else num
    seen: set[str] = set()
    num_events = num_steps = 0
    for seed in range(num):
        with cases.database.write() as session:
            rng = np.random.default_rng(seed)
            walk = Walk(session, rng, actors, brand, right_id, check)
            walk.begin(listing_id)
            walk.wander()
            check_chain(session)
            session.rollback()  # so that the next one finds an empty database
        seen |= walk.seen
        num_events += walk.num_events
        num_steps += walk.num_steps
    record_property("sequences", num)
    record_property("events", num_events)
    record_property("steps", num_steps)
    assert num_steps > 3 * num
    never = {row.number for row in WORKFLOW.transitions} - seen - {"1", "2"}
    assert len(never) < 18, " ".join(sorted(never))


def check_chain(session: Session) -> None:
    last = FIRST
    for row in session.scalars(select(AuditRow).order_by(AuditRow.seq)):
        assert row.previous_sha256 == last
        assert row.sha256 == seal(row)
        last = row.sha256


def check(walk: Walk, move: Move, before: Face, num_audit: int) -> None:
    session = walk.session
    case, row = walk.case, move.transition
    assert row.leads_from(before.state, before.closure)
    assert (case.state, case.closure) == (row.state, row.closure)
    assert move.actor.party in row.who
    # I4: each transition writes one row, that says who, when, from where to where.
    assert walk.num_audit() == num_audit + 1
    last = session.scalars(
        select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)
    ).one()
    assert (last.event, last.number, last.at) == (row.event, row.number, walk.at)
    assert (last.from_state, last.case_id) == (before.state, case.id)
    # I5: all writes carry the version; while claimed, the lease.
    assert case.version == before.version + 1
    if "holds_lease" in row.guards:
        assert move.given.lease_token == before.lease_token
        assert move.actor.id == before.leased_by
        assert before.leased_until is not None
        assert before.leased_until > walk.at
    # I1, I3: people restrict, and never on likeness alone.
    if row.event in OF_PEOPLE:
        assert move.actor.is_person
    if row.event in RESTRICTING or row.number == "26b":
        assert move.actor.party is not Party.SYSTEM
        assert walk.is_corroborated
    is_decided = case.state == "action_pending" != before.state
    if is_decided and row.event != "order_restriction":
        assert deciders(session, case.id) - {SYSTEM.id}
    if row.number == "11" or row.number == "11b":
        firsts = deciders(session, case.id) - {move.actor.id}
        assert firsts
    # I2: whoever decided does not review the appeal.
    if row.event in ("take_appeal", "uphold", "overturn"):
        mine = session.scalar(
            select(func.count()).where(
                DecisionRow.case_id == case.id,
                DecisionRow.decided_by == move.actor.id,
                DecisionRow.id != move.given.decision_id,
            )
        )
        assert mine == 0
    # I6: what was restricted and is not to be any more is being lifted.
    if case.state == "reinstating":
        check_lifts(session, case.id)
    open_ones = session.scalar(
        select(func.count()).where(
            CaseListingRow.listing_id == case.listing_id, CaseListingRow.is_open
        )
    )
    assert open_ones == (0 if case.state == "closed" else 1)


def check_lifts(session: Session, case_id: str) -> None:
    actions = session.scalars(
        select(ActionRow).where(ActionRow.case_id == case_id)
    ).all()
    lifted = {action.lifts_id for action in actions if action.kind == "lift"}
    for action in actions:
        if action.kind == "restrict" and action.state in ("applied", "sent"):
            assert action.id in lifted


def deciders(session: Session, case_id: str) -> set[str]:
    query = select(DecisionRow.decided_by).where(DecisionRow.case_id == case_id)
    return set(session.scalars(query))

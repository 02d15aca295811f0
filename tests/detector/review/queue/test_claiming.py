"""Claims: order, samples, leases; many at once; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from detector.errors import LeaseHeld, WrongRole
from detector.review.actor import Actor
from detector.review.decisions.decide import Kind, Opinion, decide
from detector.review.queue.claiming import claim_next, expire_leases, heartbeat
from detector.review.workflow import WORKFLOW, Party
from detector.store.case_tables import CaseRow
from tests.detector.review.decisions.deciding import counterfeit, settle, speak_for
from tests.detector.review.review_world import ANN, BOB, LEA, MKT, Cases

NUM_THREADS, NUM_CASES = 20, 30
NEVER, ALWAYS = 1.0, -1.0
"""Lots that draw none, or one, at random."""


def take(
    cases: Cases, actor: Actor = ANN, queue: str | None = None, lot: float = NEVER
) -> str | None:
    with cases.database.write() as session:
        found = claim_next(session, actor, at=cases.now, queue=queue, lot=lot)
        return None if found is None else found.id


def change(cases: Cases, case_id: str, **values: object) -> None:
    with cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        for name, value in values.items():
            setattr(case, name, value)


def test_what_is_due_first_comes_first_and_of_that_what_is_riskiest(cases):
    late, risky, calm = (cases.open(name) for name in ("l1", "l2", "l3"))
    change(cases, late, due_at=cases.now + timedelta(days=9), risk=9.0)
    for case_id, risk in ((risky, 2.0), (calm, 1.0)):
        change(cases, case_id, due_at=cases.now + timedelta(days=1), risk=risk)
    assert [take(cases) for _ in range(4)] == [risky, calm, late, None]
    assert cases.case(risky).leased_by == ANN.id


def test_a_share_of_the_claims_takes_what_was_drawn_at_random(cases):
    cases.set_policy("", random_share=0.5)
    first, drawn, other = (cases.open(name) for name in ("l1", "l2", "l3"))
    change(cases, first, is_random=False, risk=9.0)
    change(cases, drawn, is_random=True, random_key=0.6)
    change(cases, other, is_random=True, random_key=0.7)
    assert take(cases, lot=0.49) == drawn
    assert take(cases, lot=0.5) == first
    assert take(cases, lot=0.49) == other


def test_what_was_passed_on_goes_to_others_and_at_last_to_the_leads(cases):
    cases.set_policy(skips_to_leads=2)
    case_id = cases.open()
    for actor in (ANN, BOB):
        assert take(cases, actor) == case_id
        cases.step(
            case_id,
            "skip",
            actor,
            lease_token=cases.case(case_id).lease_token,
            reason_code="policy_unclear",
        )
        assert take(cases, actor) is None
    assert take(cases, Actor("user:an", Party.REVIEWER, "An", is_person=True)) is None
    assert take(cases, LEA, "leads") == case_id


def test_queues_are_worked_one_by_one(cases):
    sample, second = cases.open("l1"), cases.open("l2")
    change(cases, sample, queue="sample")
    speak_for(cases, second)
    settle(cases, second, counterfeit(cases), BOB)
    assert cases.case(second).state == "awaiting_second"
    assert take(cases, queue="review") is None
    assert take(cases, queue="sample") == sample
    assert take(cases, BOB, "second") is None
    assert take(cases, ANN, "second") == second
    assert take(cases, LEA, "second") is None


def test_others_claim_nothing(cases):
    cases.open()
    with pytest.raises(WrongRole, match="claims no cases"):
        take(cases, MKT)


def test_whoever_is_heard_of_keeps_the_case(cases):
    case_id = cases.open()
    token = cases.claim(case_id)
    cases.later(minutes=9)
    with cases.database.write() as session:
        heartbeat(session, case_id, actor=ANN, at=cases.now, lease_token=token)
    cases.later(minutes=9)
    assert expire_leases(cases.database, cases.now) == 0
    for actor, given in ((BOB, token), (ANN, "another")):
        with pytest.raises(LeaseHeld), cases.database.write() as session:
            heartbeat(session, case_id, actor=actor, at=cases.now, lease_token=given)
    cases.later(minutes=2)
    with pytest.raises(LeaseHeld), cases.database.write() as session:
        heartbeat(session, case_id, actor=ANN, at=cases.now, lease_token=token)
    assert expire_leases(cases.database, cases.now) == 1
    assert expire_leases(cases.database, cases.now) == 0
    case = cases.case(case_id)
    assert (case.state, case.leased_by) == ("open", None)


def test_no_lease_outlives_the_state_in_which_a_case_is_held():
    held = {"claimed", "awaiting_second", "appeal_review"}
    for row in WORKFLOW.transitions:
        ends = {"end_lease", "lease"} & set(row.effects)
        assert ends or not held & set(row.sources), row.number


def test_many_at_one_queue_never_share_a_case(cases):
    ids = {cases.open(f"l{n}", seller_id=f"s{n}") for n in range(NUM_CASES)}

    def work(number: int) -> list[tuple[str, str]]:
        actor = Actor(f"user:{number}", Party.REVIEWER, f"R{number}", is_person=True)
        opinion = Opinion(Kind.NO_ACTION, "different_product")
        done: list[tuple[str, str]] = []
        while True:
            with cases.database.write() as session:
                case = claim_next(session, actor, at=cases.now)
                if case is None:
                    return done
                case_id, token = case.id, case.lease_token or ""
            with cases.database.write() as session:
                decide(
                    session,
                    case_id,
                    opinion,
                    actor=actor,
                    at=cases.now,
                    lease_token=token,
                )
            done.append((case_id, token))

    with ThreadPoolExecutor(NUM_THREADS) as pool:
        done = [pair for each in pool.map(work, range(NUM_THREADS)) for pair in each]
    assert len(done) == NUM_CASES
    assert {case_id for case_id, _ in done} == ids
    assert len({token for _, token in done}) == NUM_CASES
    for case_id in ids:
        (decision,) = cases.decisions(case_id)
        events = [(row.event, row.actor_id) for row in cases.audit(case_id)[1:]]
        assert [event for event, _ in events] == ["claim", "dismiss"]
        assert len({actor for _, actor in events}) == 1
        assert decision.state == "effective"

from datetime import timedelta

import pytest
from sqlalchemy import select

from detector.review.standing.evaluate import evaluate_standing
from detector.review.standing.tier import Subject, Tier, read_tier
from detector.store.event_tables import EventRow
from detector.store.standing_tables import StandingRow
from tests.detector.review.review_world import Cases
from tests.detector.review.standing.notices import give_notice


def tier(cases: Cases, subject: Subject, subject_id: str) -> Tier:
    with cases.database.read() as session:
        return read_tier(session, subject, subject_id)


def brand_tier(cases: Cases, brand: str = "acme") -> Tier:
    return tier(cases, Subject.BRAND, cases.world.brand_id(brand))


def told(cases: Cases) -> list[tuple[str | None, object, object]]:
    with cases.database.read() as session:
        rows = session.scalars(
            select(EventRow)
            .where(EventRow.type == "good_faith.status_changed")
            .order_by(EventRow.seq)
        )
        return [(r.brand_id, r.data["tier"], r.data["is_warning"]) for r in rows]


def test_trust_is_earned_by_figures_told_and_on_record(cases):
    give_notice(cases, "acme", accepted=25)
    give_notice(cases, "bolt", email="bo@bolt.example", accepted=24)
    assert evaluate_standing(cases.database, cases.now) == 2
    assert brand_tier(cases) is Tier.GOOD_FAITH
    assert brand_tier(cases, "bolt") is Tier.STANDARD
    acme, bolt = cases.world.brand_id("acme"), cases.world.brand_id("bolt")
    assert sorted(told(cases)) == sorted(
        [(acme, "good_faith", False), (bolt, "standard", False)]
    )
    with cases.database.read() as session:
        row = session.scalars(
            select(StandingRow).where(StandingRow.subject_id == acme)
        ).one()
    assert row.figures["total"]["takedown_rate"]["num"] == 25


def test_evaluating_again_changes_nothing(cases):
    give_notice(cases, "acme", accepted=25)
    assert evaluate_standing(cases.database, cases.now) == 1
    assert evaluate_standing(cases.database, cases.now) == 0
    assert evaluate_standing(cases.database, cases.later(days=1)) == 0
    assert len(told(cases)) == 1


def test_trust_is_lost_only_after_a_warning(cases):
    give_notice(cases, "acme", accepted=25)
    evaluate_standing(cases.database, cases.now)
    cases.later(days=1)
    give_notice(cases, "acme", withdrawn=10)
    for _ in range(15):
        evaluate_standing(cases.database, cases.now)
        cases.later(days=1)
    assert brand_tier(cases) is Tier.STANDARD
    assert [each[1:] for each in told(cases)] == [
        ("good_faith", False),
        ("good_faith", True),
        ("standard", False),
    ]


def test_what_was_decided_before_the_window_counts_no_more(cases):
    give_notice(cases, "acme", accepted=25)
    cases.later(days=90)
    assert evaluate_standing(cases.database, cases.now) == 0
    assert brand_tier(cases) is Tier.NEW


@pytest.mark.parametrize("email", ["eve@notices.example", "EVE@notices.example"])
def test_whoever_often_gives_unfounded_notice_is_restricted(cases, email):
    give_notice(cases, "acme", email=email, rejected=12)
    evaluate_standing(cases.database, cases.now)
    evaluate_standing(cases.database, cases.now + timedelta(days=14))
    assert tier(cases, Subject.NOTIFIER, "eve@notices.example") is Tier.RESTRICTED
    assert brand_tier(cases) is Tier.RESTRICTED

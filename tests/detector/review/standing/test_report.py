from datetime import timedelta

import pytest

from detector.review.decisions.decide import Kind, Opinion
from detector.review.standing.report import Metric, kappa, measure_all
from detector.review.standing.wilson import Share
from tests.detector.review.decisions.deciding import (
    NOTHING,
    counterfeit,
    second,
    settle,
    speak_for,
)
from tests.detector.review.review_world import BOB, Cases


def measure(cases: Cases) -> dict[str, Metric]:
    with cases.database.read() as session:
        since = cases.now - timedelta(days=90)
        found = measure_all(session, since=since, until=cases.now)
    named = {each.name: each for each in found}
    assert len(named) == len(found)
    return named


def test_of_nothing_there_are_no_figures(cases):
    found = measure(cases)
    assert found["precision"] == Metric("detection", "precision", None, 0)
    assert found["hours_to_decision_p90"].value is None
    assert found["appeals"].value == 0


def test_decided_cases_are_counted(cases):
    cases.set_policy(second_review_share=0, second_review_tiers=[])
    ids = [cases.open(f"l{number}") for number in range(4)]
    speak_for(cases, *ids)
    cases.later(hours=2)
    settle(cases, ids[0], counterfeit(cases))
    settle(cases, ids[1], NOTHING)
    settle(cases, ids[2], Opinion(Kind.NO_ACTION, "genuine_second_hand"))
    found = measure(cases)
    share = Share(1, 3, 1.96)
    assert found["precision"] == Metric(
        "detection", "precision", share.rate, 3, share.lower, share.upper
    )
    assert found["hours_to_decision_p50"].value == pytest.approx(2)
    assert found["proactive_share"].value == 1
    assert found["waiting_over_1_days"].value == 0
    assert found["restricted_as_illegal"].value == 1
    assert found["decided_in_time"].value == 1
    cases.later(days=2)
    assert measure(cases)["waiting_over_1_days"].value == 1


def test_two_opinions_are_compared(cases):
    cases.set_policy(second_review_share=1)
    for number, opinion in enumerate([counterfeit(cases), NOTHING]):
        case_id = cases.open(f"l{number}")
        speak_for(cases, case_id)
        settle(cases, case_id, counterfeit(cases))
        second(cases, case_id, opinion, BOB)
    found = measure(cases)
    assert (found["observed_agreement"].value, found["cohens_kappa"].num) == (0.5, 2)


def test_kappa_is_that_of_its_definition():
    pairs = [(True, True)] * 20 + [(True, False)] * 5
    pairs += [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([]) is kappa([(True, True)]) is None

import json

import pytest

from detector.store.case_tables import DecisionRow
from detector.store.store import open_store
from tests.detector.review.review_world import Cases


@pytest.fixture
def cases(data_dir):
    store = open_store(data_dir)
    yield Cases(store.database)
    store.close()


def decide_many(cases: Cases) -> None:
    """Decide cases, confirming those that are very similar."""
    for number in range(50):
        similarity = round(0.55 + 0.04 * (number % 10), 3)
        case_id = cases.open(f"l{number}", similarity=similarity)
        is_restricted = similarity > 0.72
        with cases.database.write() as session:
            session.add(
                DecisionRow(
                    id=f"dec_{number}",
                    case_id=case_id,
                    kind="restrict" if is_restricted else "no_action",
                    state="effective",
                    reason_code="counterfeit_mark"
                    if is_restricted
                    else "different_product",
                    restriction=None,
                    decided_by="user:ann",
                    role="reviewer",
                    decided_at=cases.now,
                )
            )


def test_a_calibration_is_looked_at_before_it_is_applied(detector, cases):
    decide_many(cases)
    shown = detector("calibrate", "--brand", "acme")
    assert "examples: 50, 25 confirmed" in shown.out
    assert "would change side: 10 become likely and 0 unlikely, of 50" in shown.out
    assert "came true" in shown.out
    assert "--apply ID" in shown.err
    (id,) = [
        line.removeprefix("calibration: ")
        for line in shown.out.splitlines()
        if line.startswith("calibration: ")
    ]
    (applied,) = json.loads(detector("calibrate", "--apply", id, "--json").out)
    assert (applied["calibration_id"], applied["state"]) == (id, "applied")
    again = detector("calibrate", "--apply", id)
    assert again.code == 1
    assert "is applied" in again.err


def test_without_decided_cases_it_says_how_many_it_takes(detector, data_dir):
    outcome = detector("calibrate")
    assert outcome.code == 1
    assert "at least 50 are needed" in outcome.err

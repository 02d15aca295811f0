import json

import pytest

from detector.store.store import open_store
from tests.detector.review.decisions.deciding import NOTHING, settle
from tests.detector.review.review_world import Cases


@pytest.fixture
def cases(data_dir):
    store = open_store(data_dir)
    yield Cases(store.database)
    store.close()


def test_cases_can_be_listed_and_narrowed(detector, cases):
    shoe = cases.open("shoe", title="Acme shoe")
    bag = cases.open("bag", brand="Zeta", seller_id="other")
    cases.claim(bag)
    told = json.loads(detector("cases", "list", "--json").out)
    assert {each["case_id"] for each in told} == {shoe, bag}
    for options, expected in (
        (["--state", "open"], {shoe}),
        (["--brand", "Zeta"], {bag}),
        (["--seller", "seller"], {shoe}),
        (["--marketplace", "nowhere"], set()),
        (["--queue", "review"], {shoe, bag}),
    ):
        found = json.loads(detector("cases", "list", "--json", *options).out)
        assert {each["case_id"] for each in found} == expected
    shown = detector("cases", "list", "--state", "open")
    assert shoe in shown.out
    assert "Acme shoe" in shown.out
    more = detector("cases", "list", "--limit", "1")
    assert "raise --limit" in more.err
    none = detector("cases", "list", "--state", "closed")
    assert none.out == "There are no such cases.\n"


def test_a_case_tells_its_life(detector, cases):
    case_id = cases.open("shoe", title="Acme shoe")
    settle(cases, case_id, NOTHING)
    told = json.loads(detector("cases", "show", case_id, "--json").out)
    assert (told["state"], told["closure"]) == ("closed", "no_action")
    assert [step["event"] for step in told["history"]] == ["open", "claim", "dismiss"]
    assert told["decisions"][0]["reason_code"] == "different_product"
    assert "acme.png" in told["reason"]["matched"][0]
    shown = detector("cases", "show", case_id)
    assert "state: closed: no_action" in shown.out
    assert "dismiss by Ann" in shown.out
    assert "decision: no_action, different_product, effective" in shown.out


def test_a_case_that_is_none_is_said_so(detector, cases):
    outcome = detector("cases", "show", "case_none")
    assert outcome.code == 1
    assert "There is no case 'case_none'" in outcome.err

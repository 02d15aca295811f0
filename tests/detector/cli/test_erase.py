import json

import pytest

from detector.store.case_tables import CaseRow
from detector.store.store import open_store
from tests.detector.review.review_world import MARKET, Cases


@pytest.fixture
def cases(data_dir):
    store = open_store(data_dir)
    yield Cases(store.database)
    store.close()


def test_a_seller_is_erased_once_somebody_else_approves(detector, cases):
    cases.open("shoe", title="Acme shoe")
    seller = f"{MARKET}/seller"
    asked = detector(
        *("erase", "propose", "seller", seller, "--by", "lex"),
        *("--reason", "They asked for it.", "--json"),
    )
    id = json.loads(asked.out)["id"]
    alone = detector("erase", "approve", id, "--by", "lex")
    assert alone.code == 1
    assert "two people" in alone.err
    done = detector("erase", "approve", id, "--by", "lea", "--json")
    assert done.code == 0
    told = json.loads(done.out)
    assert (told["state"], told["subject_id"]) == ("done", None)
    assert told["report"]["erased"]["listings"] == 1
    listed = detector("erase", "list")
    assert id in listed.out
    assert "seller" not in detector("listings", "list").out
    assert detector("erase", "finish").out == "Done.\n"


def test_an_erasure_can_be_rejected_and_what_is_held_stays(detector, cases):
    case_id = cases.open("shoe")
    listing = f"lst_{MARKET}_shoe"
    options = ("--by", "lex", "--reason", "They asked.", "--json")
    first = json.loads(detector("erase", "propose", "listing", listing, *options).out)
    rejected = detector("erase", "reject", first["id"], "--by", "lea")
    assert "state: rejected" in rejected.out
    with cases.database.write() as session:
        session.get_one(CaseRow, case_id).state = "actioned"
    again = json.loads(detector("erase", "propose", "listing", listing, *options).out)
    blocked = detector("erase", "approve", again["id"], "--by", "lea")
    assert blocked.code == 1
    assert "state: blocked" in blocked.out
    assert "has not ended" in blocked.out

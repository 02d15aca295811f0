import json

import pytest

from detector.store.store import open_store
from detector.store.takedown_tables import StatementRow
from tests.detector.review.actions.acting import (
    action_of,
    say,
    sent,
    statements,
)
from tests.detector.review.review_world import MARKET, Cases
from tests.detector.review.statements.records import removed


@pytest.fixture
def cases(data_dir):
    store = open_store(data_dir)
    cases = Cases(store.database)
    cases.set_policy(second_review_share=0, second_review_tiers=[])
    yield cases
    store.close()


@pytest.fixture
def case_id(cases):
    """A case of two listings, of which the sellers were told."""
    case_id = sent(cases, "l1", "l2")
    for name in ("l1", "l2"):
        say(cases, action_of(cases, case_id, name))
    return case_id


def test_records_are_exported_once_to_a_file_that_is_valid(
    detector, cases, case_id, tmp_path
):
    folder = tmp_path / "out"
    told = detector("statements", "export", "--out", folder, "--json")
    (file,) = json.loads(told.out)["files"]
    assert file["num_statements"] == 2
    exported = json.loads((folder / f"{file['export_id']}.json").read_text())
    assert exported == {"statements": [r.record for r in statements(cases, case_id)]}
    checked = detector("statements", "validate", file["file"])
    assert (checked.code, checked.out) == (0, "2 records, no faults.\n")
    again = detector("statements", "export", "--out", folder)
    assert (again.code, again.out) == (0, "")
    assert "There is nothing to export." in again.err


def test_an_export_can_be_of_one_marketplace(detector, cases, case_id, tmp_path):
    for name, count in (("bazaar", 0), (MARKET, 1)):
        options = ["--out", tmp_path / "out", "--marketplace", name, "--json"]
        told = json.loads(detector("statements", "export", *options).out)
        assert len(told["files"]) == count


def test_what_is_not_valid_is_left_out_and_told(detector, cases, case_id, tmp_path):
    first, _ = statements(cases, case_id)
    with cases.database.write() as session:
        row = session.get_one(StatementRow, first.id)
        row.record = {**(row.record or {}), "category": "FRAUD"}
    told = detector("statements", "export", "--out", tmp_path / "out")
    assert told.code == 1
    assert "1 records" in told.out
    assert f"{first.id} is left out: category:" in told.err


def test_faults_of_a_file_are_told_by_place(detector, tmp_path):
    file = tmp_path / "records.json"
    file.write_text(json.dumps([removed(), removed(puid="b", category="FRAUD")]))
    told = detector("statements", "validate", file)
    assert told.code == 1
    assert told.out.startswith("statement_1.category: 'FRAUD' is not one of")
    (fault,) = json.loads(detector("statements", "validate", file, "--json").out)
    assert (fault["index"], fault["field"]) == (1, "category")
    file.write_bytes(b"\xff")
    told = detector("statements", "validate", file)
    assert told.code == 2
    assert "It is no JSON" in told.err

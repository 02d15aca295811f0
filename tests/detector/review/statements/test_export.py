"""Batches for the transparency database, and its answers; on both databases."""

import pytest

from detector.errors import Refused, Unknown
from detector.review.statements.export import (
    Batch,
    make_batch,
    note_response,
    read_batch,
)
from detector.store.takedown_tables import StatementRow
from tests.detector.review.actions.acting import action_of, say, sent, statements
from tests.detector.review.review_world import MARKET, Cases


@pytest.fixture
def case_id(cases):
    """A case of three listings whose sellers were told, in the order of their ids."""
    case_id = sent(cases, "l1", "l2", "l3")
    for name in ("l1", "l2", "l3"):
        say(cases, action_of(cases, case_id, name))
    return case_id


def make(cases: Cases, marketplace: str | None = MARKET, **given: int) -> Batch:
    with cases.database.write() as session:
        batch = make_batch(session, marketplace=marketplace, at=cases.now, **given)
        session.expunge_all()  # to be looked at later
        return batch


def respond(
    cases: Cases,
    batch: Batch,
    status: int,
    body: dict[str, object] | None = None,
    marketplace: str | None = MARKET,
) -> list[str]:
    with cases.database.write() as session:
        rows = note_response(
            session,
            batch.id or "",
            status=status,
            body=body or {},
            marketplace=marketplace,
            at=cases.now,
        )
        return [row.state for row in rows]


def record_of(cases: Cases, id: str) -> dict[str, object]:
    with cases.database.read() as session:
        record = session.get_one(StatementRow, id).record
        assert record is not None
        return dict(record)


def test_what_was_taken_is_submitted_and_sent_once(cases, case_id):
    batch = make(cases)
    ids = [row.id for row in statements(cases, case_id)]
    with cases.database.read() as session:
        rows = read_batch(session, batch.id or "", marketplace=MARKET)
        assert [row.id for row in rows] == ids
    assert make(cases).id is None
    assert respond(cases, batch, 201) == ["submitted"] * 3
    assert respond(cases, batch, 201) == ["submitted"] * 3
    with pytest.raises(Refused, match="An answer to this export"):
        respond(cases, batch, 422)
    assert make(cases).id is None


def test_statements_that_sellers_do_not_have_are_not_sent(cases):
    sent(cases)
    assert make(cases).id is None


def test_of_a_refused_batch_the_named_ones_fail_and_the_others_wait(cases, case_id):
    batch = make(cases)
    body = {"errors": {"statement_1": {"content_date": ["It is", "no date."]}, "x": 1}}
    states = respond(cases, batch, 422, dict(body))
    assert states == ["delivered", "failed", "delivered"]
    (failed,) = [row for row in statements(cases, case_id) if row.state == "failed"]
    assert failed.error == "content_date: It is no date."
    assert cases.told().count("statement.submission_failed") == 1
    again = make(cases)
    assert [row.id for row in again.statements] == [
        row.id for row in statements(cases, case_id) if row.id != failed.id
    ]


def test_an_id_that_is_held_already_counts_if_the_record_is_the_same(cases, case_id):
    batch = make(cases)
    first, second, _ = (row.id for row in statements(cases, case_id))
    held = [
        {**record_of(cases, first), "uuid": "1", "created_at": "today"},
        {**record_of(cases, second), "content_date": "2001-01-01"},
        "nonsense",
    ]
    states = respond(cases, batch, 422, {"existing": held})
    assert states == ["submitted", "failed", "delivered"]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_after_any_other_answer_all_wait(cases, case_id, status):
    batch = make(cases, None)
    body: dict[str, object] = {"errors": {"statement_0": "x"}}
    assert respond(cases, batch, status, body) == ["delivered"] * 3
    assert len(make(cases, None).statements) == 3


def test_a_batch_is_no_larger_than_it_may_be(cases, case_id):
    assert len(make(cases, limit=2).statements) == 2
    assert len(make(cases, limit=2).statements) == 1


def test_a_record_that_is_not_valid_holds_up_no_others(cases, case_id):
    first, *_ = (row.id for row in statements(cases, case_id))
    with cases.database.write() as session:
        row = session.get_one(StatementRow, first)
        row.record = {**(row.record or {}), "decision_facts": "Ask a@b.example."}
    batch = make(cases)
    assert [row.id for row in batch.failed] == [first]
    assert len(batch.statements) == 2
    assert "looks like personal data" in (statements(cases, case_id)[0].error or "")
    assert cases.told().count("statement.submission_failed") == 1


def test_a_marketplace_sends_its_own_only(cases, case_id):
    assert make(cases, "bazaar").id is None
    batch = make(cases)
    with pytest.raises(Unknown, match="There is no export"):
        respond(cases, batch, 201, marketplace="bazaar")
    with cases.database.read() as session, pytest.raises(Unknown):
        read_batch(session, batch.id or "", marketplace="bazaar")

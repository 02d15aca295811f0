from datetime import timedelta

import pytest
from sqlalchemy import update

from detector.store.database import Database
from detector.store.given_answers import (
    KEPT,
    Claim,
    GivenAnswer,
    claim_answer,
    forget_old_answers,
    keep_answer,
    release_claim,
    renew_claim,
)
from detector.store.table import utc_now
from detector.store.work_tables import GivenAnswerRow


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "a.db")
    yield opened
    opened.close()


def claim(database: Database, answer_id: str) -> Claim:
    """Claim an answer that is free."""
    claimed = claim_answer(database, answer_id)
    assert isinstance(claimed, Claim)
    return claimed


def move_back(database, **columns) -> None:
    with database.write() as session:
        session.execute(update(GivenAnswerRow).values(**columns))


def test_a_claim_of_a_process_that_died_is_taken_over(database):
    first = claim(database, "a")
    assert claim_answer(database, "a") is None
    move_back(database, locked_until=utc_now())
    second = claim(database, "a")
    # The first was not dead after all: it neither answers nor lets others in.
    given = GivenAnswer("f", 200, {}, b"first")
    keep_answer(database, first, given)
    renew_claim(database, first)
    release_claim(database, first)
    assert claim_answer(database, "a") is None
    keep_answer(database, second, GivenAnswer("f", 201, {"a": "b"}, b"second"))
    assert claim_answer(database, "a") == GivenAnswer("f", 201, {"a": "b"}, b"second")


def test_a_claim_that_is_renewed_is_not_taken_over(database):
    held = claim(database, "a")
    move_back(database, locked_until=utc_now())
    renew_claim(database, held)
    assert claim_answer(database, "a") is None


def test_an_answer_is_forgotten_after_a_day(database):
    for name in ("a", "b"):
        answer = GivenAnswer("f", 200, {}, b"")
        keep_answer(database, claim(database, name), answer)
    assert forget_old_answers(database) == 0
    assert isinstance(claim_answer(database, "a"), GivenAnswer)
    move_back(database, created_at=utc_now() - KEPT)
    assert not isinstance(claim_answer(database, "a"), GivenAnswer)
    assert forget_old_answers(database) == 1
    move_back(database, created_at=utc_now() - KEPT + timedelta(seconds=30))
    assert forget_old_answers(database) == 0

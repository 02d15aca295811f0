import logging
import threading
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select, update

from detector.listings.sweeps.sweep_list import KIND, ask_for_full_sweep, cancel_sweep
from detector.listings.sweeps.tending import (
    PATIENCE,
    QUIET,
    ask_for_sweep,
    end_given_up_sweeps,
    was_passed_over,
)
from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.jobs import fail
from detector.store.listing_tables import SweepRow
from detector.store.table import utc_now
from detector.store.tables import CatalogueChangeRow
from tests.detector.listings.sweeps.stored import (
    add_picture,
    add_reference,
    unit,
)

RNG = np.random.default_rng(0)


def add_references(database: Database, *names: str) -> None:
    with database.write() as session:
        for name in names:
            add_reference(session, name, unit(RNG, 1)[0])


def add_pictures(database: Database, *names: str, watermark: int = 0) -> None:
    with database.write() as session:
        for name in names:
            add_picture(session, name, unit(RNG, 2), watermark=watermark)


def let_pass(database: Database, time: timedelta) -> None:
    with database.write() as session:
        session.execute(update(CatalogueChangeRow).values(at=utc_now() - time))


def ask(database: Database, days: int = 30) -> bool:
    return ask_for_sweep(database, days=days, max_looks=9)


def sweeps_of(database: Database) -> list[tuple[int, int]]:
    with database.read() as session:
        query = select(SweepRow).order_by(SweepRow.created_at)
        return [(row.from_seq, row.to_seq) for row in session.scalars(query)]


def end_all(database: Database) -> None:
    with database.write() as session:
        session.execute(update(SweepRow).values(state="done"))


def test_changes_are_swept_once_the_catalogue_is_quiet(database):
    add_pictures(database, "a")
    add_references(database, "x", "y")
    assert not ask(database)
    let_pass(database, QUIET)
    assert ask(database)
    end_all(database)
    assert not ask(database)
    assert sweeps_of(database) == [(0, 2)]


def test_a_long_import_is_swept_before_its_end(database):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, PATIENCE)
    add_references(database, "y")
    assert ask(database)
    assert sweeps_of(database) == [(0, 2)]


def test_changes_wait_for_the_sweep_before_them_and_none_is_left_out(database):
    add_pictures(database, "a")
    for names in (["x", "y"], ["z"]):
        add_references(database, *names)
        let_pass(database, QUIET)
        ask(database)
    assert sweeps_of(database) == [(0, 2)]
    end_all(database)
    assert ask(database)
    assert sweeps_of(database) == [(0, 2), (2, 3)]


def test_a_sweep_that_somebody_asked_for_keeps_none_from_being_made(database):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    with database.write() as session:
        ask_for_full_sweep(
            session, brand_id=None, days=30, max_looks=9, created_by="somebody"
        )
    assert ask(database)


def test_where_every_picture_has_seen_the_changes_there_is_no_sweep(database):
    add_references(database, "x", "y")
    let_pass(database, QUIET)
    assert not ask(database)
    add_pictures(database, "a", watermark=2)
    assert not ask(database)
    add_references(database, "z")
    let_pass(database, QUIET)
    assert ask(database)
    assert sweeps_of(database) == [(2, 3)]


def test_zero_days_sweep_nothing(database):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    assert not ask(database, days=0)
    assert not ask(database)
    assert sweeps_of(database) == []


def test_many_that_ask_at_once_make_one_sweep(opened):
    database = opened()
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    databases = [opened() for _ in range(4)]
    barrier = threading.Barrier(len(databases))
    made: list[bool] = []

    def ask_together(other: Database) -> None:
        barrier.wait()
        made.append(ask(other))

    threads = [threading.Thread(target=ask_together, args=(d,)) for d in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]
    assert sweeps_of(database) == [(0, 1)]


@pytest.mark.parametrize(("watermark", "is_passed_over"), [(0, True), (1, False)])
def test_results_older_than_the_last_sweep_are_passed_over(
    database, watermark, is_passed_over
):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    with database.read() as session:
        assert not was_passed_over(session, 0)
    assert ask(database)
    with database.read() as session:
        assert was_passed_over(session, watermark) == is_passed_over


def test_a_sweep_fails_with_its_job(database, caplog):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    ask(database)
    assert end_given_up_sweeps(database) == 0
    job = claim(database, [KIND], lease_s=60)
    assert job is not None
    fail(database, job, "OSError: /srv/secret", is_final=True)
    with caplog.at_level(logging.WARNING):
        assert end_given_up_sweeps(database) == 1
    assert "/srv/secret" in caplog.text
    with database.read() as session:
        row = session.scalars(select(SweepRow)).one()
    assert row.state == "failed"
    assert job.id in row.error
    assert "secret" not in row.error
    assert end_given_up_sweeps(database) == 0


def test_what_was_canceled_is_not_swept_by_the_next(database):
    add_pictures(database, "a")
    add_references(database, "x")
    let_pass(database, QUIET)
    ask(database)
    with database.write() as session:
        cancel_sweep(session, session.scalars(select(SweepRow.id)).one())
    assert not ask(database)

import threading
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from detector.listings.sweeps.sweep_job import SweepJob
from detector.listings.sweeps.sweep_list import KIND, add_sweep, cancel_sweep
from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.event_tables import EventRow
from detector.store.listing_tables import ListingRow, PictureRow, SweepRow
from detector.store.sweep_tables import SweepCandidateRow
from detector.store.table import Table
from detector.store.work_tables import JobRow
from detector.store.worker import Context
from models.calibration import Calibration
from tests.catalogues import GridEmbedder
from tests.detector.listings.sweeps.stored import (
    add_listing,
    add_picture,
    add_reference,
    ago,
    near,
    unit,
)

COSINES = [0.5, 0.95, 0.7, 0.9, 0.8]


class CalibratedEmbedder(GridEmbedder):
    """With 0.65 as the lowest score that counts: chance does not get there."""

    calibration = Calibration(
        np.eye(1, GridEmbedder.dim, dtype=np.float32), 0.0, 1, 0.5, 0.9, 0.8
    )


def fill(database: Database, num_others: int = 5) -> None:
    """Add a reference, copies of it more and less alike, and other pictures."""
    rng = np.random.default_rng(0)
    base = unit(rng, 1)[0]
    with database.write() as session:
        add_reference(session, "base", base)
        for number, cosine in enumerate(COSINES):
            regions = np.stack([*unit(rng, 3), near(rng, base, cosine)])
            digest = add_picture(session, f"copy {number}", regions)
            add_listing(session, f"copy {number}", [digest])
        for number in range(num_others):
            digest = add_picture(session, f"other {number}", 0.1 * unit(rng, 4))
            add_listing(session, f"other {number}", [digest])


def ask(database: Database, **columns: Any) -> str:
    given: dict[str, Any] = {
        "from_seq": 0,
        "to_seq": 1,
        "brand_id": None,
        "days": 30,
        "max_looks": 9,
    }
    with database.write() as session:
        row = add_sweep(session, **{**given, "created_by": None, **columns})
        return row.id


def take(database: Database, stopping: threading.Event | None = None) -> Context:
    job = claim(database, [KIND], lease_s=60)
    assert job is not None
    return Context(database, job, stopping=stopping or threading.Event(), lease_s=60)


def run(database: Database) -> Context:
    context = take(database)
    SweepJob(database, CalibratedEmbedder()).run(context)
    return context


def row_of(database: Database, sweep_id: str) -> SweepRow:
    with database.read() as session:
        return session.get_one(SweepRow, sweep_id)


def looks_of(database: Database) -> list[dict[str, Any]]:
    with database.read() as session:
        query = select(JobRow).where(JobRow.kind == "listing_scan")
        return [row.payload for row in session.scalars(query)]


def count(database: Database, table: type[Table]) -> int:
    with database.read() as session:
        query = select(func.count()).select_from(table)
        return session.execute(query).scalar_one()


def test_the_most_alike_are_looked_at_again_and_the_rest_is_counted(database):
    fill(database)
    sweep_id = ask(database, max_looks=3)
    assert run(database).is_finished
    row = row_of(database, sweep_id)
    assert (row.state, row.num_references) == ("done", 1)
    assert (row.num_done, row.num_total) == (10, 10)
    assert (row.num_found, row.num_looked, row.num_skipped) == (4, 3, 1)
    looks = {look["listing_id"]: look for look in looks_of(database)}
    assert looks.keys() == {"lst_copy 1", "lst_copy 3", "lst_copy 4"}
    for look in looks.values():
        assert (look["version"], look["attempt"], len(look["again"])) == (7, 0, 1)
    assert count(database, SweepCandidateRow) == 0


def test_the_platform_is_told_of_the_end(database):
    fill(database)
    sweep_id = ask(database)
    run(database)
    with database.read() as session:
        event = session.scalars(select(EventRow)).one()
    assert (event.type, event.marketplace, event.brand_id) == (
        "sweep.completed",
        None,
        None,
    )
    assert event.data["sweep_id"] == sweep_id
    assert (event.data["num_found"], event.data["num_looked"]) == (4, 4)


def test_a_picture_of_many_listings_is_looked_at_again_with_one_of_them(database):
    rng = np.random.default_rng(0)
    base = unit(rng, 1)
    with database.write() as session:
        add_reference(session, "base", base[0])
        digest = add_picture(session, "copy", base)
        for name in ("a", "b", "c"):
            add_listing(session, name, [digest, digest])
    ask(database)
    run(database)
    assert sorted(look["again"] for look in looks_of(database)) == [[], [], [digest]]


@pytest.mark.parametrize("num_steps", [0, 1, 2, 3])
def test_what_was_killed_goes_on_where_it_was(database, num_steps):
    fill(database)
    sweep_id = ask(database)

    class Stopping(threading.Event):
        num_asked: int = 0

        def is_set(self) -> bool:
            self.num_asked += 1
            return bool(self.num_asked > num_steps)

    context = take(database, Stopping())
    SweepJob(database, CalibratedEmbedder(), rest=0, chunk=3).run(context)
    assert not context.is_finished
    assert row_of(database, sweep_id).num_done == 3 * num_steps
    with database.write() as session:  # as if its lease had run out
        session.execute(update(JobRow).values(leased_until=ago(seconds=1)))
    assert run(database).is_finished
    row = row_of(database, sweep_id)
    assert (row.num_done, row.num_found, row.num_looked) == (10, 4, 4)
    assert len(looks_of(database)) == 4
    assert count(database, EventRow) == 1


def test_what_is_canceled_finds_nothing(database):
    fill(database)
    sweep_id = ask(database)
    with database.write() as session:
        cancel_sweep(session, sweep_id)
    assert run(database).is_finished
    assert row_of(database, sweep_id).state == "canceled"
    assert looks_of(database) == []
    assert count(database, EventRow) == 0


def test_what_is_canceled_meanwhile_ends_before_its_next_chunk(database):
    fill(database)
    sweep_id = ask(database)

    class Canceling(threading.Event):
        num_asked: int = 0

        def is_set(self) -> bool:
            self.num_asked += 1
            if self.num_asked == 2:
                with database.write() as session:
                    cancel_sweep(session, sweep_id)
            return False

    context = take(database, Canceling())
    SweepJob(database, CalibratedEmbedder(), rest=0, chunk=3).run(context)
    assert context.is_finished
    row = row_of(database, sweep_id)
    assert (row.state, row.num_done) == ("canceled", 3)
    assert looks_of(database) == []
    assert count(database, SweepCandidateRow) == 0


def test_a_sweep_that_was_given_up_and_is_tried_again_ends_well(database):
    fill(database)
    sweep_id = ask(database)
    with database.write() as session:
        row = session.get_one(SweepRow, sweep_id)
        row.state, row.error = "failed", "It was given up."
    run(database)
    row = row_of(database, sweep_id)
    assert (row.state, row.error, row.num_looked) == ("done", None, 4)


def test_listings_that_end_while_it_runs_are_not_looked_at(database):
    fill(database)
    sweep_id = ask(database)

    class Ending(threading.Event):
        num_asked: int = 0

        def is_set(self) -> bool:
            self.num_asked += 1
            if self.num_asked == 2:
                with database.write() as session:
                    row = session.get_one(ListingRow, "lst_copy 1")
                    row.state = "deleted"
            return False

    SweepJob(database, CalibratedEmbedder(), rest=0, chunk=3).run(
        take(database, Ending())
    )
    row = row_of(database, sweep_id)
    assert (row.num_found, row.num_looked, row.num_skipped) == (4, 3, 0)


def test_pictures_that_come_meanwhile_are_swept_too(database):
    fill(database)
    sweep_id = ask(database)
    with database.read() as session:
        copies = select(PictureRow.vectors).order_by(PictureRow.seq).limit(2)
        copy = session.scalars(copies).all()[1]

    class Coming(threading.Event):
        num_asked: int = 0

        def is_set(self) -> bool:
            self.num_asked += 1
            if self.num_asked == 2:
                with database.write() as session:
                    rng = np.random.default_rng(1)
                    digest = add_picture(session, "late", unit(rng, 1))
                    session.get_one(PictureRow, digest).vectors = copy
                    add_listing(session, "late", [digest])
            return False

    SweepJob(database, CalibratedEmbedder(), rest=0, chunk=3).run(
        take(database, Coming())
    )
    row = row_of(database, sweep_id)
    assert (row.num_done, row.num_total) == (11, 11)
    assert (row.num_found, row.num_looked) == (5, 5)


def test_without_new_references_there_is_nothing_to_do(database):
    fill(database)
    sweep_id = ask(database, from_seq=1, to_seq=1)
    run(database)
    row = row_of(database, sweep_id)
    assert (row.state, row.num_references, row.num_done) == ("done", 0, 0)


def test_without_pictures_there_is_nothing_to_find(database):
    fill(database)
    with database.write() as session:
        session.execute(delete(PictureRow))
    sweep_id = ask(database)
    run(database)
    row = row_of(database, sweep_id)
    assert (row.state, row.num_done, row.num_found) == ("done", 0, 0)


def test_an_embedder_without_a_calibration_ranks_all_that_is_alike(database):
    fill(database)
    sweep_id = ask(database, max_looks=2)
    SweepJob(database, GridEmbedder()).run(take(database))
    row = row_of(database, sweep_id)
    assert (row.num_looked, row.num_found >= 5) == (2, True)
    looked = {look["listing_id"] for look in looks_of(database)}
    assert looked == {"lst_copy 1", "lst_copy 3"}

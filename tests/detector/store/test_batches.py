"""Handlers that take many jobs at once, and are cut short."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from detector.store.database import Database
from detector.store.job_list import cancel, count_jobs
from detector.store.jobs import enqueue
from detector.store.table import utc_now
from detector.store.tables import BrandRow, CatalogueClockRow
from detector.store.work_tables import JobRow
from detector.store.worker import Context, Worker

SOON_S = 20.0
BATCH = 8


@pytest.fixture
def run(database):
    """Start workers with a handler of kind `work`; they are stopped after the test."""
    workers = []

    def start(handler, *, lease_s=60.0, notes=None):
        worker = Worker(
            database,
            {"work": handler},
            lease_s=lease_s,
            threads=1,
            poll_s=0.02,
            on_note=(notes if notes is not None else []).append,
        )
        worker.start()
        workers.append(worker)
        return worker

    yield start
    assert all(worker.stop(SOON_S) for worker in workers)


def ask(database: Database, count: int, *, max_attempts: int = 8) -> list[str]:
    with database.write() as session:
        return [
            enqueue(session, "work", payload={"n": n}, max_attempts=max_attempts)
            for n in range(count)
        ]


def rows(database: Database) -> Any:
    with database.read() as session:
        return session.scalars(select(JobRow).order_by(JobRow.id)).all()


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_a_batch_is_done_and_forgotten_as_one(database, run):
    sizes = []

    def work(context):
        sizes.append(len(context.take_more(BATCH - 1)))
        with context.session() as session:
            for job in context.jobs:
                session.add(BrandRow(id=job.id, key=job.id, name="acme"))
            context.progress(session)
            context.finish(session, is_forgotten=True)

    ids = ask(database, 10)
    run(work)
    wait_until(lambda: not rows(database))
    assert sizes == [8, 2]
    with database.read() as session:
        assert sorted(session.scalars(select(BrandRow.id))) == sorted(ids)


def test_a_batch_that_fails_costs_each_an_attempt_and_is_then_done_one_by_one(
    database, run
):
    sizes = []

    def work(context):
        jobs = context.take_more(BATCH - 1)
        sizes.append(len(jobs))
        if any(job.payload["n"] == 1 for job in jobs):
            raise ZeroDivisionError
        with context.session() as session:
            context.finish(session)

    ask(database, 4, max_attempts=2)
    run(work)
    wait_until(lambda: {row.state for row in rows(database)} == {"done", "dead"})
    assert sizes == [4, 1, 1, 1, 1]
    (dead,) = [row for row in rows(database) if row.state == "dead"]
    assert (dead.payload["n"], dead.attempts) == (1, 2)
    assert all(row.attempts == 2 for row in rows(database))


def test_a_job_that_is_canceled_gives_the_rest_of_its_batch_back(database, run):
    sizes, started = [], threading.Event()

    def work(context):
        sizes.append(len(context.take_more(BATCH - 1)))
        started.set()
        while len(sizes) == 1 and not context.should_stop():
            time.sleep(0.005)
        with context.session() as session:
            for job in context.jobs:
                session.add(BrandRow(id=job.id, key=job.id, name="acme"))
            context.finish(session)

    ids = ask(database, 3)
    notes: list[str] = []
    run(work, lease_s=0.6, notes=notes)
    assert started.wait(SOON_S)
    with database.write() as session:
        cancel(session, ids[1])
    wait_until(lambda: [row.state for row in rows(database)].count("done") == 2)
    assert sizes == [3, 2]
    assert "no longer ours" in notes[0]
    with database.read() as session:
        done = set(session.scalars(select(BrandRow.id)))
        assert done == {ids[0], ids[2]}
        assert all(session.get_one(JobRow, id).attempts == 1 for id in (ids[0], ids[2]))


def test_stopping_gives_a_whole_batch_back_at_no_cost(database, run):
    started = threading.Event()

    def work(context):
        context.take_more(BATCH - 1)
        started.set()
        while not context.should_stop():
            time.sleep(0.005)

    ask(database, 5)
    worker = run(work)
    assert started.wait(SOON_S)
    assert worker.stop(SOON_S)
    assert {(row.state, row.attempts) for row in rows(database)} == {("ready", 0)}


def test_a_batch_that_outlasts_its_lease_is_kept_whole(database, run):
    num_begun = []

    def work(context):
        num_begun.append(len(context.take_more(BATCH - 1)))
        time.sleep(3.0)
        with context.session() as session:
            context.finish(session)

    ask(database, 5)
    run(work, lease_s=1.5)
    run(work, lease_s=1.5)
    wait_until(lambda: {row.state for row in rows(database)} == {"done"})
    assert sum(num_begun) == 5


def _work(place: Path | str) -> None:
    """Do batches for ever: each job adds a brand, and one to the clock."""
    database = Database(place)

    def work(context: Context) -> None:
        context.take_more(BATCH - 1)
        time.sleep(0.02)
        with context.session() as session:
            for job in context.jobs:
                brand = BrandRow(id=job.id, key=job.id, name="acme")
                session.add(brand)  # a second one of this name would be refused
            clock = session.get_one(CatalogueClockRow, 1, with_for_update=True)
            clock.seq += len(context.jobs)
            session.flush()
            time.sleep(0.02)
            context.finish(session, is_forgotten=True)

    worker = Worker(
        database,
        {"work": work},
        lease_s=0.5,
        threads=2,
        poll_s=0.02,
        on_note=lambda _note: None,
    )
    worker.start()
    threading.Event().wait()


@pytest.mark.parametrize("num_jobs", [400])
def test_batches_are_done_once_though_processes_are_killed_in_them(
    place, opened, num_jobs
):
    database = opened()
    ids = [f"job_{n:04}" for n in range(num_jobs)]
    now = utc_now()
    values = [
        {
            "id": id,
            "kind": "work",
            "payload": {"n": 1},
            "max_attempts": 100,
            "run_at": now,
        }
        for id in ids
    ]
    with database.write() as session:
        session.execute(insert(JobRow), values)
    context = multiprocessing.get_context("spawn")

    def start() -> BaseProcess:
        process = context.Process(target=_work, args=(place,), daemon=True)
        process.start()
        return process

    def num_left() -> int:
        with database.read() as session:
            return sum(count_jobs(session).values())

    workers = [start() for _ in range(2)]
    deadline, num_killed = time.monotonic() + 90, 0
    while num_left() and time.monotonic() < deadline:
        time.sleep(0.05)
        if num_killed < 4 and num_left() < num_jobs - 80 * num_killed:
            victim = workers.pop(0)
            victim.kill()
            victim.join()
            assert victim.exitcode == -signal.SIGKILL
            workers.append(start())
            num_killed += 1
    for worker in workers:
        worker.kill()
        worker.join()
        worker.close()
    assert num_killed == 4
    with database.read() as session:
        assert count_jobs(session) == {}
        assert session.get_one(CatalogueClockRow, 1).seq == num_jobs
        assert sorted(session.scalars(select(BrandRow.id))) == ids

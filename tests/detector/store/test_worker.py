import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from detector.errors import Busy, InvalidInput, StoreFault
from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.job_list import count_jobs
from detector.store.jobs import enqueue
from detector.store.tables import BrandRow
from detector.store.work_tables import JobRow
from detector.store.worker import Context, Handler, Worker, describe

SOON_S = 10.0


@pytest.fixture
def run(database):
    """Start workers with handlers of kind `work`; they are stopped after the test."""
    workers = []

    def start(handler, *, lease_s=60.0, threads=1, poll_s=0.02, notes=None):
        worker = Worker(
            database,
            {"work": handler},
            lease_s=lease_s,
            threads=threads,
            poll_s=poll_s,
            on_note=(notes if notes is not None else []).append,
        )
        worker.start()
        workers.append(worker)
        return worker

    yield start
    assert all(worker.stop(SOON_S) for worker in workers)


def ask(database: Database, **options: Any) -> str:
    with database.write() as session:
        return enqueue(session, "work", payload={"name": "acme"}, **options)


def row_of(database: Database, id: str) -> Any:
    with database.read() as session:
        return session.get_one(JobRow, id)


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def add_brand(context: Context) -> None:
    with context.session() as session:
        name = str(context.job.payload["name"])
        session.add(BrandRow(id=context.job.id, key=context.job.id, name=name))
        context.finish(session)


def test_a_job_is_done_and_its_effect_is_there(database, run):
    id = ask(database)
    run(add_brand)
    wait_until(lambda: row_of(database, id).state == "done")
    with database.read() as session:
        assert session.scalars(select(BrandRow.name)).all() == ["acme"]


def test_waking_saves_the_wait_for_the_poll(database, run):
    worker = run(add_brand, poll_s=1_000)
    time.sleep(0.1)
    id = ask(database)
    time.sleep(0.1)
    assert row_of(database, id).state == "ready"
    worker.wake()
    wait_until(lambda: row_of(database, id).state == "done")


def test_as_many_jobs_run_at_once_as_there_are_threads(database, run):
    both = threading.Barrier(2, timeout=SOON_S)

    def meet(context):
        both.wait()
        add_brand(context)

    ids = [ask(database) for _ in range(2)]
    run(meet, threads=2)
    wait_until(lambda: all(row_of(database, id).state == "done" for id in ids))


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (InvalidInput("No table.", remedy="Send\none."), "dead", "No table. Send one."),
        (Busy("Locked.", remedy="Wait."), "ready", "Locked. Wait."),
        (StoreFault("Full.", remedy="Free some."), "ready", "Full. Free some."),
        (ValueError("odd\nthing"), "ready", "ValueError: odd thing"),
    ],
    ids=["permanent", "busy", "fault", "mistake"],
)
def test_a_failure_is_kept_with_its_reason(database, run, caplog, error, state, reason):
    def raise_it(_context):
        raise error

    id = ask(database)
    notes: list[str] = []
    with caplog.at_level(logging.ERROR):
        run(raise_it, notes=notes)
        wait_until(lambda: row_of(database, id).last_error)
    row = row_of(database, id)
    assert (row.state, row.last_error) == (state, reason)
    wait_until(lambda: notes)
    assert reason in notes[0]
    assert "raise_it" in caplog.text  # the traceback, for whoever mends it


def test_what_a_failed_handler_left_uncommitted_is_gone(database, run):
    def add_and_fail(context):
        with context.session() as session:
            session.add(BrandRow(id="a", key="a", name="a"))
            context.finish(session)
            session.flush()
            raise ZeroDivisionError

    id = ask(database, max_attempts=1)
    run(add_and_fail)
    wait_until(lambda: row_of(database, id).state == "dead")
    with database.read() as session:
        assert session.scalars(select(BrandRow)).all() == []


def test_an_error_after_the_end_does_not_undo_the_job(database, run):
    def finish_and_fail(context):
        add_brand(context)
        raise ZeroDivisionError

    id = ask(database)
    notes: list[str] = []
    run(finish_and_fail, notes=notes)
    wait_until(lambda: notes)
    assert "After work" in notes[0]
    assert row_of(database, id).state == "done"


def test_a_handler_that_just_returns_has_failed(database, run):
    id = ask(database)
    run(lambda _context: None)
    wait_until(lambda: row_of(database, id).last_error)
    assert row_of(database, id).last_error == "Its handler left it unfinished."


def work_until_told(started: threading.Event) -> Handler:
    def work(context: Context) -> None:
        started.set()
        while not context.should_stop():
            time.sleep(0.005)

    return work


def test_stopping_gives_the_job_back_at_once(database, run):
    started = threading.Event()
    id = ask(database)
    worker = run(work_until_told(started))
    assert started.wait(SOON_S)
    assert worker.stop(SOON_S)
    row = row_of(database, id)
    assert (row.state, row.attempts, row.last_error) == ("ready", 0, None)


def test_what_can_do_nothing_yet_is_left_for_later_at_no_cost(database, run):
    begun = []

    def wait_once(context):
        begun.append(context.job.attempts)
        with context.session() as session:
            if len(begun) == 1:
                context.postpone(session, delay_s=0.3)
            else:
                context.finish(session)

    notes: list[str] = []
    started_at = time.monotonic()
    id = ask(database, max_attempts=1)
    run(wait_once, notes=notes)
    wait_until(lambda: row_of(database, id).state == "done")
    assert time.monotonic() - started_at >= 0.3
    assert begun == [1, 1]
    assert notes == []


def test_stopping_does_not_wait_for_ever(database, run):
    started, may_end = threading.Event(), threading.Event()

    def work(context):
        started.set()
        may_end.wait(SOON_S)
        add_brand(context)

    id = ask(database)
    worker = run(work)
    assert started.wait(SOON_S)
    assert not worker.stop(0.05)
    assert row_of(database, id).state == "leased"
    may_end.set()
    assert worker.stop(SOON_S)
    assert row_of(database, id).state == "done"


def test_work_that_outlasts_its_lease_keeps_it(database, run):
    num_begun = []

    def work(context):
        num_begun.append(1)
        time.sleep(3.0)
        add_brand(context)

    id = ask(database)
    run(work, lease_s=2.0, threads=2)
    wait_until(lambda: row_of(database, id).state == "done")
    assert num_begun == [1]


def test_who_lost_its_lease_commits_nothing_and_is_told_to_stop(database, run):
    started, stopped = threading.Event(), threading.Event()

    def work(context):
        work_until_told(started)(context)
        stopped.set()
        add_brand(context)

    id = ask(database)
    notes: list[str] = []
    run(work, lease_s=0.3, notes=notes)
    assert started.wait(SOON_S)
    with database.write() as session:  # as after a long sleep of this machine
        row = session.get_one(JobRow, id, with_for_update=True)
        row.state, row.lease_token = "ready", None
        row.kind = "other"
    other = claim(database, ["other"], lease_s=60)
    assert other is not None
    assert stopped.wait(SOON_S)
    wait_until(lambda: notes)
    assert "no longer ours" in notes[0]
    with database.read() as session:
        assert session.scalars(select(BrandRow)).all() == []
        assert count_jobs(session) == {("other", "leased"): 1}


def test_a_server_that_is_down_for_a_while_is_survived(postgres):
    database = Database(postgres.create_database())
    notes: list[str] = []
    worker = Worker(
        database,
        {"work": add_brand},
        lease_s=60,
        threads=1,
        poll_s=0.02,
        on_note=notes.append,
    )
    worker.start()
    postgres.stop()
    wait_until(lambda: notes)
    assert "No job can be taken" in notes[0]
    postgres.start()
    id = ask(database)
    wait_until(lambda: row_of(database, id).state == "done")
    assert worker.stop(SOON_S)
    database.close()


def test_an_error_is_described_in_one_bounded_line():
    assert describe(ValueError("a\n b")) == "ValueError: a b"
    assert describe(ValueError()) == "ValueError"
    assert len(describe(ValueError("x" * 10_000))) == 500

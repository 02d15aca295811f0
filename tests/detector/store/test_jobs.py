import multiprocessing
import signal
import time
from contextlib import suppress
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from detector.errors import Conflict, Unknown
from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.job_list import (
    count_jobs,
    list_jobs,
    requeue,
)
from detector.store.jobs import (
    LeaseLost,
    delay_s,
    enqueue,
    fail,
    finish,
    holds,
    progress,
    release,
    renew,
)
from detector.store.table import utc_now
from detector.store.tables import BrandRow, CatalogueClockRow
from detector.store.work_tables import JobRow

LEASE_S = 60.0


def ask(database: Database, kind: str = "work", **options: Any) -> str:
    with database.write() as session:
        return enqueue(session, kind, payload={"n": 1}, **options)


def take(database: Database, kind: str = "work", lease_s: float = LEASE_S) -> Any:
    return claim(database, [kind], lease_s=lease_s)


def row_of(database: Database, id: str) -> Any:
    with database.read() as session:
        return session.get_one(JobRow, id)


def make_due(database: Database) -> None:
    with database.write() as session:
        earlier = utc_now() - timedelta(hours=1)
        session.execute(update(JobRow).values(run_at=earlier))


def test_a_job_is_claimed_by_one_worker_with_what_was_asked(database):
    id = ask(database)
    job = take(database)
    assert (job.id, job.kind, job.payload, job.attempts) == (id, "work", {"n": 1}, 1)
    assert take(database) is None
    assert row_of(database, id).state == "leased"


def test_a_job_is_not_there_if_what_asked_for_it_did_not_happen(database):
    with suppress(ZeroDivisionError), database.write() as session:
        enqueue(session, "work", payload={})
        raise ZeroDivisionError
    assert take(database) is None


def test_other_kinds_are_left_alone(database):
    ask(database, "other")
    assert take(database) is None
    assert take(database, "other") is not None


def test_what_has_been_due_the_longest_comes_first(database):
    now = utc_now()
    hours = [3, 1, 2]
    for each in hours:
        ask(database, run_at=now - timedelta(hours=each), kind=f"k{each}")
    jobs = [claim(database, ["k1", "k2", "k3"], lease_s=1) for _ in hours]
    assert [job.kind for job in jobs if job] == ["k3", "k2", "k1"]


def test_a_job_is_not_begun_before_its_time(database):
    ask(database, run_at=utc_now() + timedelta(seconds=60))
    assert take(database) is None
    make_due(database)
    assert take(database) is not None


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_told(database):
    id = ask(database)
    first = take(database, lease_s=0.01)
    time.sleep(0.05)
    second = take(database)
    assert (second.id, second.attempts) == (id, 2)
    assert not renew(database, first, lease_s=LEASE_S)
    with pytest.raises(LeaseLost), database.write() as session:
        holds(session, first)
    with pytest.raises(LeaseLost), database.write() as session:
        finish(session, first)
    assert not fail(database, first, "late", is_final=True)
    release(database, first)
    assert renew(database, second, lease_s=LEASE_S)
    assert row_of(database, id).state == "leased"


def test_a_lease_that_ran_out_still_holds_while_nobody_took_it(database):
    ask(database)
    job = take(database, lease_s=0.01)
    time.sleep(0.05)
    with database.write() as session:
        holds(session, job)
    assert renew(database, job, lease_s=LEASE_S)
    assert take(database) is None


def test_a_job_whose_processes_all_died_is_given_up_with_the_reason(database):
    id = ask(database, max_attempts=2)
    for _ in range(2):
        assert take(database, lease_s=0.01) is not None
        time.sleep(0.05)
    assert take(database) is None
    row = row_of(database, id)
    assert row.state == "dead"
    assert "died; 2 attempts in a row" in row.last_error
    assert row.finished_at is not None


def test_one_that_is_given_up_does_not_stand_in_the_way_of_the_next(database):
    ask(database, max_attempts=1)
    take(database, lease_s=0.01)
    time.sleep(0.05)
    second = ask(database)
    assert take(database).id == second


def test_progress_lets_a_job_outlive_any_number_of_deaths(database):
    id = ask(database, max_attempts=2)
    for _ in range(5):
        job = take(database, lease_s=0.01)
        with database.write() as session:
            progress(session, job)
        time.sleep(0.05)
    assert take(database).id == id


def test_finishing_commits_with_the_effect_or_not_at_all(database):
    id = ask(database)
    job = take(database)
    with suppress(ZeroDivisionError), database.write() as session:
        finish(session, job)
        raise ZeroDivisionError
    assert row_of(database, id).state == "leased"
    with database.write() as session:
        session.add(BrandRow(id="a", key="a", name="a"))
        finish(session, job)
    row = row_of(database, id)
    assert (row.state, row.lease_token, row.leased_until) == ("done", None, None)
    assert row.finished_at >= row.created_at
    assert not renew(database, job, lease_s=LEASE_S)


def test_a_failure_waits_longer_each_time_then_is_given_up(database):
    id = ask(database, max_attempts=3)
    for attempt in (1, 2):
        assert not fail(database, take(database), "no luck", is_final=False)
        assert take(database) is None
        row = row_of(database, id)
        wait_s = (row.run_at - utc_now()).total_seconds()
        plain = 2.0 ** (attempt - 1)
        assert 0.7 * plain - 0.5 < wait_s <= 1.25 * plain
        make_due(database)
    assert fail(database, take(database), "no luck", is_final=False)
    row = row_of(database, id)
    assert (row.state, row.last_error, row.attempts) == ("dead", "no luck", 3)


def test_delays_are_bounded_and_differ():
    assert all(225 <= delay_s(n) <= 375 for n in (10, 32, 10**9))
    assert len({delay_s(3) for _ in range(10)}) > 1


def test_a_final_failure_is_not_tried_again(database):
    id = ask(database)
    assert fail(database, take(database), "never", is_final=True)
    assert row_of(database, id).state == "dead"
    make_due(database)
    assert take(database) is None


def test_giving_back_costs_no_attempt(database):
    ask(database)
    release(database, take(database))
    assert take(database).attempts == 1


def test_the_dead_can_be_asked_for_again_and_nothing_else(database):
    id = ask(database)
    with pytest.raises(Conflict, match="is ready"), database.write() as session:
        requeue(session, id)
    fail(database, take(database), "never", is_final=True)
    with database.write() as session:
        requeue(session, id)
    assert take(database).attempts == 1
    with pytest.raises(Unknown, match="job_x"), database.write() as session:
        requeue(session, "job_x")


def test_jobs_are_listed_in_pages_and_counted(database):
    ids = [ask(database) for _ in range(3)] + [ask(database, "other")]
    take(database)
    with database.read() as session:
        rows, cursor = list_jobs(session, limit=3)
        more, end = list_jobs(session, limit=3, cursor=cursor)
        assert sorted(row.id for row in rows + more) == sorted(ids)
        assert end is None
        waiting, _ = list_jobs(session, limit=9, kind="work", state="ready")
        assert len(waiting) == 2
        assert count_jobs(session) == {
            ("work", "ready"): 2,
            ("work", "leased"): 1,
            ("other", "ready"): 1,
        }


def test_who_commits_an_effect_keeps_the_job_until_then(postgres):
    # SQLite has one writer at a time anyway.
    database = Database(postgres.create_database())
    ask(database)
    job = take(database, lease_s=0.05)
    with database.write() as session:
        holds(session, job)
        time.sleep(0.1)
        assert take(database) is None
        assert renew(database, job, lease_s=0.05)
        finish(session, job)
    assert take(database) is None
    database.close()


def _work(place: Path | str) -> None:
    """Claim and do jobs for ever: each adds one to the clock, in two transactions."""
    database = Database(place)
    while True:
        job = take(database, lease_s=0.5)
        if job is None:
            time.sleep(0.02)
            continue
        try:
            with database.write() as session:
                holds(session, job)
                brand = BrandRow(id=job.id, key=job.id, name=str(job.attempts))
                session.add(brand)  # a second one of this name would be refused
                session.get_one(CatalogueClockRow, 1, with_for_update=True).seq += 1
                session.flush()
                time.sleep(0.005)
                finish(session, job)
        except LeaseLost:
            continue


@pytest.mark.parametrize("num_jobs", [120])
def test_many_processes_do_each_job_once_though_some_are_killed(
    place, opened, num_jobs
):
    database = opened()
    ids = [ask(database, max_attempts=100) for _ in range(num_jobs)]
    context = multiprocessing.get_context("spawn")

    def start() -> BaseProcess:
        process = context.Process(target=_work, args=(place,), daemon=True)
        process.start()
        return process

    workers = [start() for _ in range(3)]
    deadline = time.monotonic() + 60
    num_killed = 0

    def num_done() -> int:
        with database.read() as session:
            return count_jobs(session).get(("work", "done"), 0)

    while num_done() < num_jobs and time.monotonic() < deadline:
        time.sleep(0.1)
        if num_killed < 4 and num_done() > 20 * num_killed:
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
        assert session.get_one(CatalogueClockRow, 1).seq == num_jobs
        assert sorted(session.scalars(select(BrandRow.id))) == sorted(ids)
        assert count_jobs(session) == {("work", "done"): num_jobs}

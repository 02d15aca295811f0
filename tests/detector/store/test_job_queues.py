"""Queues of many jobs: batches, cancels, counts."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from detector.errors import Conflict
from detector.store.claiming import claim, claim_more
from detector.store.database import Database
from detector.store.job_list import (
    cancel,
    count_jobs,
    list_jobs,
    list_queues,
    requeue,
)
from detector.store.jobs import (
    LeaseLost,
    enqueue,
    fail,
    finish,
    holds,
    release,
    renew,
)
from detector.store.table import utc_now
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


def test_queues_are_told_by_kind_with_the_wait_of_the_oldest_due(database):
    with database.read() as session:
        assert list_queues(session) == []
    ask(database, run_at=utc_now() - timedelta(seconds=99))
    fail(database, take(database), "never", is_final=True)
    ask(database, run_at=utc_now() - timedelta(seconds=90))
    ask(database, run_at=utc_now() + timedelta(seconds=90))
    ask(database, "other", run_at=utc_now() + timedelta(seconds=90))
    over = ask(database, "over")
    with database.write() as session:
        cancel(session, over)
    with database.read() as session:
        other, work = list_queues(session)
    assert (work.kind, work.ready, work.leased, work.dead) == ("work", 2, 0, 1)
    assert 85 < work.oldest_due_s < 99
    assert (other.kind, other.ready, other.oldest_due_s) == ("other", 1, 0.0)


def test_a_job_can_be_canceled_and_retried(database):
    id = ask(database)
    with database.write() as session:
        assert cancel(session, id).state == "canceled"
    assert take(database) is None
    with pytest.raises(Conflict, match="canceled already"), database.write() as session:
        cancel(session, id)
    with database.read() as session:
        assert list_jobs(session, limit=9) == ([], None)
        assert len(list_jobs(session, limit=9, state="canceled")[0]) == 1
    with database.write() as session:
        requeue(session, id)
    assert take(database).id == id


def test_who_works_on_a_canceled_job_commits_nothing(database):
    id = ask(database)
    job = take(database)
    with database.write() as session:
        cancel(session, id)
    assert not renew(database, job, lease_s=LEASE_S)
    with pytest.raises(LeaseLost), database.write() as session:
        holds(session, job)
    release(database, job)
    assert not fail(database, job, "late", is_final=False)
    assert row_of(database, id).state == "canceled"


def more(database: Database, job: Any, limit: int = 9) -> Any:
    return claim_more(database, job, limit=limit, lease_s=LEASE_S)


def test_jobs_that_were_never_begun_are_taken_together(database):
    now = utc_now()
    ids = [ask(database, run_at=now - timedelta(hours=9 - n)) for n in range(5)]
    ask(database, "other")
    ask(database, run_at=now + timedelta(hours=1))
    first = take(database)
    some = more(database, first, limit=2)
    assert [first.id, *(job.id for job in some)] == ids[:3]
    assert [job.id for job in more(database, first)] == ids[3:]
    assert more(database, first) == []
    ask(database)
    assert more(database, first, limit=0) == []


def test_one_that_failed_before_is_done_alone(database):
    failed = ask(database)
    fail(database, take(database), "no luck", is_final=False)
    make_due(database)
    ask(database)
    alone = take(database)
    assert (alone.id, alone.attempts) == (failed, 2)
    assert more(database, alone) == []
    fail(database, alone, "no luck", is_final=False)
    fresh = take(database)
    make_due(database)
    assert more(database, fresh) == []


def test_a_batch_that_died_is_done_one_by_one_those_least_begun_first(database):
    ids = [ask(database, run_at=utc_now() - timedelta(hours=9 - n)) for n in range(3)]
    first = take(database, lease_s=0.01)
    claim_more(database, first, limit=9, lease_s=0.01)
    time.sleep(0.05)
    deadly = take(database, lease_s=0.01)
    assert (deadly.id, deadly.attempts) == (ids[0], 2)
    assert more(database, deadly) == []
    time.sleep(0.05)
    taken = [take(database) for _ in range(3)]
    assert [job.id for job in taken] == [ids[1], ids[2], ids[0]]


def test_a_batch_is_held_renewed_and_ended_as_one(database):
    for _ in range(3):
        ask(database)
    first = take(database)
    batch = [first, *more(database, first)]
    assert renew(database, *batch, lease_s=LEASE_S)
    with database.write() as session:
        cancel(session, batch[1].id)
    assert not renew(database, *batch, lease_s=LEASE_S)
    with pytest.raises(LeaseLost, match=batch[1].id), database.write() as session:
        holds(session, *batch)
    with pytest.raises(LeaseLost), database.write() as session:
        finish(session, *batch, is_forgotten=True)
    release(database, *batch)
    again = take(database)
    batch = [again, *more(database, again)]
    assert len(batch) == 2
    with database.write() as session:
        finish(session, *batch, is_forgotten=True)
    with database.read() as session:
        assert count_jobs(session) == {("work", "canceled"): 1}


def test_those_who_take_batches_at_once_share_no_job(opened):
    databases = [opened(), opened()]
    ids = [ask(databases[0]) for _ in range(200)]

    def take_all(database: Database) -> list[str]:
        taken = []
        while job := take(database):
            taken += [each.id for each in (job, *more(database, job, limit=5))]
        return taken

    with ThreadPoolExecutor(4) as pool:
        lists = list(pool.map(take_all, databases * 2))
    assert sorted(id for some in lists for id in some) == sorted(ids)


def test_a_long_queue_of_one_kind_delays_no_other(database):
    earlier = utc_now() - timedelta(hours=1)
    scans = [
        {
            "id": f"s{n}",
            "kind": "scan",
            "payload": {},
            "max_attempts": 3,
            "run_at": earlier,
        }
        for n in range(20_000)
    ]
    with database.write() as session:
        session.execute(insert(JobRow), scans)
    late = ask(database, "import")
    seconds = []
    for _ in range(20):
        started_at = time.perf_counter()
        job = claim(database, ["import", "health", "sweep"], lease_s=LEASE_S)
        seconds.append(time.perf_counter() - started_at)
        assert job is not None
        assert job.id == late
        release(database, job)
    assert min(seconds) < 0.05
    first = take(database, "scan")
    started_at = time.perf_counter()
    assert len(more(database, first, limit=63)) == 63
    assert time.perf_counter() - started_at < 2.0

import json
import threading
import time
from datetime import timedelta

import pytest

from detector.store.claiming import claim
from detector.store.database import Database
from detector.store.job_list import count_jobs
from detector.store.jobs import enqueue, fail, finish
from detector.store.store import open_store
from detector.store.table import utc_now


@pytest.fixture
def database(data_dir):
    store = open_store(data_dir)
    yield store.database
    store.close()


def ask(database: Database, kind: str = "dust") -> str:
    with database.write() as session:
        return enqueue(session, kind, payload={"room": 7})


def bury(database: Database, kind: str = "dust") -> str:
    id = ask(database, kind)
    while (job := claim(database, [kind], lease_s=60)) and job.id != id:
        pass
    assert job is not None
    fail(database, job, "The disk is full.", is_final=True)
    return id


def states(database: Database) -> dict[tuple[str, str], int]:
    with database.read() as session:
        return count_jobs(session)


def test_jobs_are_listed_with_why_they_were_given_up(detector, database):
    assert detector("jobs", "list").out.strip() == "There are no such jobs."
    dead, ready = bury(database), ask(database, "wash")
    shown = detector("jobs", "list").out
    assert dead in shown
    assert ready in shown
    assert "The disk is full." in shown
    (listed,) = json.loads(detector("jobs", "list", "--state", "dead", "--json").out)
    assert (listed["id"], listed["state"]) == (dead, "dead")
    assert listed["payload"] == {"room": 7}
    (listed,) = json.loads(detector("jobs", "list", "--kind", "wash", "--json").out)
    assert listed["id"] == ready
    cut = detector("jobs", "list", "--limit", 1)
    assert "more than 1" in cut.err
    assert ready not in cut.out


def test_a_job_is_shown(detector, database):
    dead = bury(database)
    assert "last_error: The disk is full." in detector("jobs", "show", dead).out
    assert json.loads(detector("jobs", "show", dead, "--json").out)["id"] == dead
    unknown = detector("jobs", "show", "none")
    assert unknown.code == 1
    assert "no job 'none'" in unknown.err


def test_the_dead_are_retried_by_id_or_all(detector, database):
    ids = [bury(database) for _ in range(2)] + [bury(database, "wash")]
    assert detector("jobs", "retry", ids[0]).code == 0
    retried = json.loads(detector("jobs", "retry", "--dead", "--json").out)
    assert {each["id"] for each in retried} == set(ids[1:])
    assert states(database) == {("dust", "ready"): 2, ("wash", "ready"): 1}


def test_only_the_dead_of_a_kind_are_retried(detector, database):
    bury(database)
    bury(database, "wash")
    assert detector("jobs", "retry", "--dead", "--kind", "wash").code == 0
    assert states(database) == {("dust", "dead"): 1, ("wash", "ready"): 1}


def test_what_can_be_canceled_is_though_another_cannot(detector, database):
    dead, ready = bury(database), ask(database)
    done = detector("jobs", "cancel", dead, "none", ready, "--json")
    assert done.code == 1
    assert [each["state"] for each in json.loads(done.out)] == ["canceled"] * 2
    assert "no job 'none'" in done.err
    assert detector("jobs", "cancel", dead).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--state", "asleep"],
        ["list", "--limit", 0],
        ["retry"],
        ["retry", "job_1", "--dead"],
        ["cancel"],
    ],
)
def test_misuse_is_told(detector, arguments):
    done = detector("jobs", *arguments)
    assert done.code == 2
    assert done.err


def test_waiting_ends_when_nothing_is_left(detector, database):
    assert json.loads(detector("jobs", "wait", "--json").out)["left"] == 0
    ids = [ask(database) for _ in range(3)]

    def work() -> None:
        while job := claim(database, ["dust"], lease_s=60):
            time.sleep(0.3)
            if job.id == ids[2]:
                fail(database, job, "No.", is_final=True)
                continue
            with database.write() as session:
                finish(session, job)

    worker = threading.Thread(target=work)
    worker.start()
    waited = detector("jobs", "wait", "--json")
    worker.join()
    told = json.loads(waited.out)
    assert (told["left"], told["done"], told["died"]) == (0, 3, 1)
    assert waited.code == 1
    assert "list --state dead" in waited.err


def test_what_is_tried_again_in_hours_is_told_and_not_waited_for(detector, database):
    for delay in (timedelta(hours=2), timedelta(minutes=10)):
        with database.write() as session:
            enqueue(session, "dust", payload={}, run_at=utc_now() + delay)
    waited = detector("jobs", "wait", "--json", "--timeout", 30)
    told = json.loads(waited.out)
    assert (waited.code, told["left"], told["later"]) == (0, 0, 2)
    assert "2 for later" in detector("jobs", "wait", "--timeout", 30).out
    with database.write() as session:
        soon = utc_now() + timedelta(seconds=50)
        enqueue(session, "dust", payload={}, run_at=soon)
    waited = detector("jobs", "wait", "--json", "--timeout", 0.1)
    told = json.loads(waited.out)
    assert (waited.code, told["left"], told["later"]) == (1, 1, 2)


def test_waiting_gives_up_in_time(detector, database):
    ask(database)
    waited = detector("jobs", "wait", "--timeout", 0.1)
    assert waited.code == 1
    assert "detector worker" in waited.err
    assert "1 are left" in waited.out
    assert detector("jobs", "wait", "--kind", "wash").code == 0

import json

import pytest

from detector.access.roles import Role
from detector.store.claiming import claim
from detector.store.jobs import enqueue, fail
from detector.store.store import open_store
from tests.live_service import Client, make_key, require_problem, serving


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("jobs") / "data"


@pytest.fixture(scope="module")
def admin(data_dir):
    with serving(data_dir) as stranger:
        yield Client(stranger.port, make_key(data_dir, Role.ADMIN))


def bury_a_job(data_dir) -> str:
    """Leave a job of a kind that nobody here works on as given up."""
    store = open_store(data_dir)
    with store.database.write() as session:
        name = enqueue(session, "unheard_of", payload={"secret": "of a brand"})
    job = claim(store.database, ["unheard_of"], lease_s=30)
    assert job is not None
    fail(store.database, job, "The disk is full.", is_final=True)
    store.close()
    return name


def test_a_job_that_was_given_up_is_listed_with_its_reason_and_retried(admin, data_dir):
    name = bury_a_job(data_dir)
    answer = admin.send("GET", "/v1/jobs?state=dead&kind=unheard_of")
    (job,) = answer.json["items"]
    assert (job["id"], job["last_error"]) == (name, "The disk is full.")
    assert "secret" not in json.dumps(answer.json)
    retried = admin.send("POST", f"/v1/jobs/{name}/retry").json
    assert (retried["state"], retried["attempts"]) == ("ready", 0)
    require_problem(admin.send("POST", f"/v1/jobs/{name}/retry"), 409, "conflict")
    assert admin.send("GET", "/v1/jobs?state=dead").json["items"] == []


def test_an_unknown_job_is_told(admin):
    require_problem(admin.send("POST", "/v1/jobs/none/retry"), 404, "unknown_id")

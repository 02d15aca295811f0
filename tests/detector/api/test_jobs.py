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


def bury_a_job(data_dir, kind: str) -> str:
    """Leave a job of a kind that nobody here works on as given up."""
    store = open_store(data_dir)
    with store.database.write() as session:
        name = enqueue(session, kind, payload={"secret": "of a brand"})
    job = claim(store.database, [kind], lease_s=30)
    assert job is not None
    fail(store.database, job, "The disk is full.", is_final=True)
    store.close()
    return name


def test_a_job_that_was_given_up_is_listed_with_its_reason_and_retried(admin, data_dir):
    name = bury_a_job(data_dir, "unheard_of")
    answer = admin.send("GET", "/v1/jobs?state=dead&kind=unheard_of")
    (job,) = answer.json["items"]
    assert (job["id"], job["last_error"]) == (name, "The disk is full.")
    assert "secret" not in json.dumps(answer.json)
    retried = admin.send("POST", f"/v1/jobs/{name}/retry").json
    assert (retried["state"], retried["attempts"]) == ("ready", 0)
    require_problem(admin.send("POST", f"/v1/jobs/{name}/retry"), 409, "conflict")
    assert admin.send("GET", "/v1/jobs?state=dead").json["items"] == []


def test_a_job_is_shown_canceled_and_no_longer_listed(admin, data_dir):
    name = bury_a_job(data_dir, "of_no_use")
    assert admin.send("GET", f"/v1/jobs/{name}").json["state"] == "dead"
    canceled = admin.send("POST", f"/v1/jobs/{name}/cancel").json
    assert (canceled["id"], canceled["state"]) == (name, "canceled")
    require_problem(admin.send("POST", f"/v1/jobs/{name}/cancel"), 409, "conflict")
    listed = [job["id"] for job in admin.send("GET", "/v1/jobs").json["items"]]
    assert name not in listed
    listed = admin.send("GET", "/v1/jobs?state=canceled").json["items"]
    assert name in [job["id"] for job in listed]


def test_an_unknown_job_is_told(admin):
    for verb in ("retry", "cancel"):
        answer = admin.send("POST", f"/v1/jobs/none/{verb}")
        require_problem(answer, 404, "unknown_id")
    require_problem(admin.send("GET", "/v1/jobs/none"), 404, "unknown_id")

import pytest

from detector.access.roles import Role
from detector.listings.sweeps.sweep_list import KIND, MAX_OPEN
from detector.store.claiming import claim
from detector.store.store import open_store
from tests.detector.api.people import ask, made
from tests.live_service import Client, make_key, require_problem, serving


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("sweeps") / "data"


@pytest.fixture(scope="module")
def admin(data_dir):
    with serving(data_dir, job_threads=0) as stranger:
        yield Client(stranger.port, make_key(data_dir, Role.ADMIN))


def test_a_sweep_is_asked_for_watched_and_canceled(admin, data_dir):
    brand = made(admin, "/v1/brands", {"name": "Sweeping"})["id"]
    given = {"brand_id": brand, "days": 7, "max_looks": 3}
    answer = ask(admin, "POST", "/v1/sweeps", given)
    assert answer.status == 202
    sweep = answer.json
    at = answer.headers["location"]
    assert at == f"/v1/sweeps/{sweep['id']}"
    assert (sweep["state"], sweep["brand_id"], sweep["max_looks"]) == (
        "queued",
        brand,
        3,
    )
    assert not sweep["is_automatic"]
    assert admin.send("GET", at).json == sweep
    assert sweep in admin.send("GET", "/v1/sweeps").json["items"]
    store = open_store(data_dir)
    job = claim(store.database, [KIND], lease_s=60)
    store.close()
    assert job is not None
    assert job.payload == {"sweep_id": sweep["id"]}
    canceled = admin.send("POST", f"{at}/cancel").json
    assert canceled["state"] == "canceled"
    assert canceled["finished_at"] is not None
    require_problem(admin.send("POST", f"{at}/cancel"), 409, "conflict")


def test_what_is_not_said_is_as_the_service_is_set(admin):
    answer = ask(admin, "POST", "/v1/sweeps", {})
    assert (answer.status, answer.json["max_looks"]) == (202, 1_000)
    assert answer.json["brand_id"] is None
    admin.send("POST", f"/v1/sweeps/{answer.json['id']}/cancel")


@pytest.mark.parametrize(
    "given", [{"days": 0}, {"days": 4_000}, {"max_looks": 10_001}, {"brands": []}]
)
def test_what_cannot_be_is_refused(admin, given):
    require_problem(ask(admin, "POST", "/v1/sweeps", given), 422, "invalid_request")


def test_unknown_brands_and_sweeps_are_told(admin):
    given = {"brand_id": "brand_none"}
    require_problem(ask(admin, "POST", "/v1/sweeps", given), 404, "unknown_brand")
    require_problem(admin.send("GET", "/v1/sweeps/none"), 404, "unknown_id")
    require_problem(admin.send("POST", "/v1/sweeps/none/cancel"), 404, "unknown_id")


def test_no_more_wait_than_tell_something_new(admin):
    sweeps = [ask(admin, "POST", "/v1/sweeps", {}) for _ in range(MAX_OPEN)]
    assert {answer.status for answer in sweeps} == {202}
    require_problem(ask(admin, "POST", "/v1/sweeps", {}), 409, "conflict")
    for answer in sweeps:
        admin.send("POST", f"/v1/sweeps/{answer.json['id']}/cancel")
    assert ask(admin, "POST", "/v1/sweeps", {}).status == 202

import re
import threading
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from detector.access.roles import Role
from detector.api.app import create_app
from detector.catalogue.changes import changed_at, waiting_since
from detector.settings import Settings
from detector.store.database import Database
from detector.store.table import utc_now
from detector.store.work_tables import JobRow
from tests.catalogues import GridEmbedder
from tests.live_service import (
    Client,
    add_references,
    draw_catalogue,
    make_app,
    make_key,
    picture,
    require_problem,
    running,
    serving,
)


@pytest.fixture
def data_dir(tmp_path):
    add_references(tmp_path / "data", draw_catalogue(tmp_path / "photos", range(2)))
    return tmp_path / "data"


def scrape(service) -> dict[tuple[str, tuple[str, ...]], float]:
    """Read all samples, by name and the labels' values."""
    answer = service.send("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_template_and_nothing_they_made_up(data_dir):
    with serving(data_dir) as service:
        client = Client(service.port, make_key(data_dir))
        client.match(picture(1))
        client.match(b"no picture")
        for number in range(5):
            client.send("GET", f"/v1/brands/brd_{number}")
            client.send("GET", f"/v1/made-up-{number}")
            client.send(f"MAKE{number}", f"/made-up-{number}")
        service.send("POST", "/v1/match")
        seen = scrape(service)
    requests = {
        labels: value
        for (name, labels), value in seen.items()
        if name == "detector_requests_total"
    }
    assert requests["POST", "/v1/match", "200"] == 1
    assert requests["POST", "/v1/match", "422"] == 1
    assert requests["GET", "/v1/brands/{brand_id}", "403"] == 5
    assert requests["GET", "unmatched", "404"] == 5
    assert requests["POST", "unmatched", "401"] == 1
    assert sum(v for k, v in requests.items() if k[0] == "other") == 5
    assert not any("made-up" in part for labels in requests for part in labels)
    assert seen["detector_requests_in_progress", ()] == 1
    assert seen["detector_request_seconds_count", ("POST", "/v1/match")] == 2
    assert seen["process_resident_memory_bytes", ()] > 0


def test_every_route_is_counted_under_the_name_that_the_description_has(data_dir):
    app = make_app(data_dir)
    templates = set(app.openapi()["paths"])
    with running(app) as service:
        client = Client(service.port, make_key(data_dir))
        for template in sorted(templates):
            path = re.sub(r"{\w+}", "x", template)
            answer = client.send("TRACE", path)
            assert answer.status == 405, path
            methods = {m.upper() for m in app.openapi()["paths"][template]}
            assert set(answer.headers["allow"].split(", ")) == methods
        seen = scrape(service)
    counted = {
        labels[1]
        for (name, labels) in seen
        if name == "detector_requests_total" and labels[2] == "405"
    }
    assert counted == templates


def test_the_steps_of_a_match_are_timed(data_dir):
    with serving(data_dir) as service:
        client = Client(service.port, make_key(data_dir))
        before = scrape(service)
        assert client.match(picture(1), "?evidence=true").json["verdict"] == "match"
        client.match(picture(7))
        after = scrape(service)
    counts = {
        step: after["detector_step_seconds_count", (step,)]
        - before["detector_step_seconds_count", (step,)]
        for step in ("wait", "decode", "retrieve", "verify", "score", "evidence")
    }
    assert counts.pop("evidence") == 1
    assert set(counts.values()) == {2}
    spent = sum(v for k, v in after.items() if k[0] == "detector_step_seconds_sum")
    whole = after["detector_request_seconds_sum", ("POST", "/v1/match")]
    assert 0.2 * whole < spent < whole
    assert after["detector_match_verdicts_total", ("match",)] == 1
    assert after["detector_match_verdicts_total", ("no_match",)] == 1


def test_waiting_jobs_and_changes_show(data_dir):
    database = Database(data_dir / "detector.db")
    past = utc_now() - timedelta(seconds=100)
    with database.write() as session:
        for number, state in enumerate(["ready", "ready", "dead", "done"]):
            session.add(
                JobRow(
                    id=str(number),
                    kind="dust",
                    payload={},
                    state=state,
                    run_at=past,
                    max_attempts=3,
                )
            )
    with serving(data_dir, job_threads=0) as service:
        seen = scrape(service)
        admin = Client(service.port, make_key(data_dir, Role.ADMIN))
        told = admin.send("GET", "/v1/service").json
    assert seen["detector_jobs", ("dust", "ready")] == 2
    assert seen["detector_jobs", ("dust", "dead")] == 1
    assert ("detector_jobs", ("dust", "done")) not in seen
    assert 100 <= seen["detector_oldest_due_job_seconds", ("dust",)] < 200
    assert seen["detector_listings_total", ("accepted",)] == 0
    assert seen["detector_webhook_attempts_total", ("delivered",)] == 0
    assert seen["detector_index_age_seconds", ()] == 0
    assert seen["detector_index_refresh_seconds_count", ()] >= 1
    states = {"ready": 2, "leased": 0, "done": 1, "dead": 1, "canceled": 0}
    assert told["jobs"] == states
    (queue,) = told["queues"]
    assert (queue["kind"], queue["ready"], queue["dead"]) == ("dust", 2, 1)
    assert queue["later"] == 0
    assert 100 <= queue["oldest_due_s"] < 200
    database.close()


class Waiting(GridEmbedder):
    """Other weights than the catalogue's, and no vector before it is let go."""

    def __init__(self, may_go_on) -> None:
        super().__init__(weights_hash="1" * 64)
        self._may_go_on = may_go_on

    def embed(self, images):
        self._may_go_on.wait()
        return super().embed(images)


def test_metrics_are_there_while_the_index_is_loading(data_dir):

    may_go_on = threading.Event()
    app = create_app(
        Settings(data_dir=data_dir), embedders={"copy": Waiting(may_go_on)}
    )
    with running(app, until="/livez") as service:
        try:
            seen = scrape(service)
            assert ("detector_index_age_seconds", ()) not in seen
            assert ("detector_listings_total", ("accepted",)) in seen
        finally:
            may_go_on.set()
        service.wait_until("/readyz")


def test_metrics_say_nothing_of_tenants(data_dir):
    with serving(data_dir) as service:
        key = make_key(data_dir)
        Client(service.port, key).match(picture(1))
        text = service.send("GET", "/metrics").body.decode()
    for word in ("acme", "brd_", "ref_", key.split("_")[1], "references"):
        assert word not in text.lower()
    names = {re.split(r"[ {]", line)[0] for line in text.splitlines() if line[0] != "#"}
    assert all(name.startswith(("detector_", "process_")) for name in names)


def test_the_state_of_the_service_is_for_those_who_run_it(data_dir):
    with serving(data_dir) as service:
        admin = Client(service.port, make_key(data_dir, Role.ADMIN))
        told = admin.send("GET", "/v1/service").json
        assert (told["references"], told["watermark"]) == (2, 2)
        assert told["last_changed_at"].endswith("Z")
        assert service.send("GET", "/readyz").json.keys() == {"status", "models"}
        other = Client(service.port, make_key(data_dir))
        require_problem(other.send("GET", "/v1/service"), 403, "forbidden")


def test_the_age_of_an_index_is_that_of_the_first_change_it_lacks(data_dir):
    database = Database(data_dir / "detector.db")
    with database.read() as session:
        whole, newest = waiting_since(session, 0), changed_at(session)
        assert waiting_since(session, 2) is None
        assert waiting_since(session, 1) == newest
        assert whole is not None
        assert newest is not None
        assert whole <= newest <= utc_now()
    database.close()

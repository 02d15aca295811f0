"""The record of what was done, and policies, whose changes are on it; over HTTP."""

import csv
import io

import pytest

from tests.detector.api.reviewers import serving_office
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


def test_the_record_can_be_narrowed_and_downloaded(office):
    case_id = office.cases.open(seller_id="=xi")
    office.claim("ann", case_id)
    steps = office.read("aud", f"/audit?case_id={case_id}")["items"]
    assert [step["event"] for step in steps] == ["open", "claim"]
    assert steps[1]["actor"] == "ann"
    assert steps[1]["actor_id"] != office.ids["ann"]
    narrowed = office.read("aud", f"/audit?case_id={case_id}&event=claim")["items"]
    assert narrowed == steps[1:]
    by_name = office.read("aud", f"/audit?case_id={case_id}&actor=ann")["items"]
    assert by_name == narrowed
    assert office.read("aud", f"/audit?case_id={case_id}&actor=nobody")["items"] == []
    backwards = office.read("aud", f"/audit?case_id={case_id}&newest_first=true")
    assert backwards["items"] == steps[::-1]
    assert office.read("aud", "/audit?until=2020-01-01T00:00:00Z")["items"] == []
    answer = office.send("aud", "GET", f"/audit.csv?case_id={case_id}")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["event"] for row in rows] == ["open", "claim"]
    assert [row["sha256"] for row in rows] == [step["sha256"] for step in steps]
    for who in ("ann", "acme", "market"):
        require_problem(office.send(who, "GET", "/audit"), 403, "forbidden")


def test_a_policy_is_changed_by_those_who_saw_it_and_recorded(office):
    path = "/case-policies/bazaar"
    assert office.read("bazaar", path)["version"] == 0
    change = {"version": 0, "given": {"lease_s": 60}}
    changed = office.send("adm", "PUT", path, change)
    assert (changed.json["version"], changed.json["policy"]["lease_s"]) == (1, 60)
    require_problem(office.send("adm", "PUT", path, change), 409, "stale_version")
    for setting, value in (
        ("lease_s", 1),
        ("regime", "none"),
        ("second_review_tiers", ["none"]),
        ("restriction", "SHOUT"),
        ("none", 1),
    ):
        wrong = {"version": 1, "given": {setting: value}}
        answer = office.send("adm", "PUT", path, wrong)
        problem = require_problem(answer, 422, "invalid_input")
        assert setting in problem["detail"]
    last = office.read("aud", "/audit?subject=policy")["items"][-1]
    assert (last["subject_id"], last["actor"]) == ("bazaar", "adm")
    require_problem(office.send("market", "GET", path), 404, "unknown_id")
    require_problem(office.send("acme", "GET", path), 404, "unknown_id")
    require_problem(office.send("lea", "PUT", path, change), 403, "forbidden")
    assert office.read("lea", "/case-policies/*")["policy"]["lease_s"] == 600

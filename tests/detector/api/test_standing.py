"""Standing, calibrations, records and reports over HTTP: who sees what."""

import csv
import io

import pytest

from detector.catalogue.references import reference_id
from detector.review.standing.evaluate import evaluate_standing
from detector.store.table import utc_now
from tests.detector.api.reviewers import serving_office
from tests.detector.review.standing.notices import give_notice
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        give_notice(office.cases, "acme", accepted=25)
        give_notice(office.cases, "zeta", email="zed@zeta.example", accepted=10)
        evaluate_standing(office.cases.database, utc_now())
        yield office


def test_a_brand_sees_where_it_stands_and_what_is_missing(office):
    acme, zeta = (office.cases.world.brand_id(name) for name in ("acme", "zeta"))
    shown = office.read("acme", f"/brands/{acme}/standing")
    assert (shown["tier"], shown["shortfall"]) == ("good_faith", None)
    assert shown["figures"]["total"]["takedown_rate"]["num"] == 25
    shown = office.read("zeta", f"/brands/{zeta}/standing")
    assert shown["tier"] == "standard"
    assert "over 10 items" in shown["shortfall"]
    assert office.read("lea", f"/brands/{zeta}/standing")["tier"] == "standard"


def test_a_brand_sees_no_other_brands_standing(office):
    acme, zeta = (office.cases.world.brand_id(name) for name in ("acme", "zeta"))
    require_problem(
        office.send("acme", "GET", f"/brands/{zeta}/standing"), 404, "unknown_brand"
    )
    own = office.read("acme", "/standing")["items"]
    assert {each["subject_id"] for each in own} == {acme}
    assert office.read("acme", "/standing?subject=notifier")["items"] == []
    seen = office.read("lea", "/standing")["items"]
    assert {each["subject_id"] for each in seen} == {acme, zeta}


def test_the_report_comes_as_json_and_as_a_table(office):
    shown = office.read("aud", "/metrics-report?days=30")
    names = [each["name"] for each in shown["metrics"]]
    assert {"precision", "cohens_kappa", "reversal_rate"} <= set(names)
    answer = office.send("aud", "GET", "/metrics-report.csv?days=30")
    assert answer.status == 200
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [row["name"] for row in rows] == names
    for who in ("acme", "market", "ann"):
        require_problem(office.send(who, "GET", "/metrics-report"), 403, "forbidden")


def test_a_calibration_takes_decided_cases(office):
    body = {"method": "isotonic"}
    answer = office.send("adm", "POST", "/calibrations", body)
    require_problem(answer, 409, "conflict")
    assert office.read("adm", "/calibrations")["items"] == []
    none = "/calibrations/cal_none"
    require_problem(office.send("adm", "GET", none), 404, "unknown_id")
    require_problem(office.send("adm", "POST", none + "/apply"), 404, "unknown_id")
    require_problem(office.send("lea", "GET", "/calibrations"), 403, "forbidden")


def test_a_lead_holds_a_reference_back_and_releases_it(office):
    office.cases.open("held")
    id = reference_id(office.cases.world.brand_id("acme"), "acme.png")
    path = f"/reference-records/{id}"
    held = office.send("lea", "POST", f"{path}/quarantine", {"reason": "A plain box."})
    assert held.json["is_quarantined"] is True
    listed = office.read("lea", "/reference-records?quarantined=true")["items"]
    assert [each["quarantine_reason"] for each in listed] == ["A plain box."]
    freed = office.send("lea", "POST", f"{path}/release")
    assert freed.json["is_quarantined"] is False
    assert office.read("lea", "/reference-records?quarantined=true")["items"] == []
    require_problem(office.send("lea", "POST", f"{path}/release"), 409, "conflict")
    require_problem(office.send("acme", "POST", f"{path}/release"), 403, "forbidden")

"""Evidence packs, legal holds and erasures over HTTP."""

import pytest

from tests.detector.api.people import ask
from tests.detector.api.reviewers import MARKET, serving_office
from tests.detector.review.evidence.packing import verify
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


@pytest.fixture
def case_id(office, request):
    """A case of a seller that no other test uses."""
    name = request.node.name
    return office.cases.open(name, seller_id=name)


def test_a_lead_downloads_a_pack_and_the_record_tells_of_it(office, case_id):
    path = f"/v1/cases/{case_id}/evidence.zip"
    answer = ask(office.clients["lea"], "GET", path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/zip"
    report = verify(answer.body)
    assert report.is_good
    assert report.case_id == case_id
    steps = office.read("lea", f"/audit?case_id={case_id}")["items"]
    assert [step["event"] for step in steps] == ["open", "evidence_exported"]
    again = ask(office.clients["lex"], "GET", path)
    assert again.body == answer.body


@pytest.mark.parametrize("who", ["ann", "acme", "market", "bazaar"])
def test_reviewers_brands_and_marketplaces_get_no_pack(office, case_id, who):
    answer = office.send(who, "GET", f"/cases/{case_id}/evidence.zip")
    require_problem(answer, 403, "forbidden")


def test_a_hold_is_placed_shown_and_lifted_once(office, case_id):
    new = {"subject": "case", "subject_id": case_id, "reason": "16 O 12/26"}
    placed = office.send("lex", "POST", "/legal-holds", new)
    assert placed.status == 201
    id = placed.json["id"]
    assert office.read("lex", f"/legal-holds/{id}")["lifted_at"] is None
    standing = office.read("lex", "/legal-holds?is_lifted=false")["items"]
    assert id in {hold["id"] for hold in standing}
    lifted = office.send("lex", "POST", f"/legal-holds/{id}/lift")
    assert lifted.json["lifted_by"] == office.ids["lex"]
    twice = office.send("lex", "POST", f"/legal-holds/{id}/lift")
    require_problem(twice, 409, "refused")
    for subject, name, status in (
        ("case", "case_none", 404),
        ("brand", "none", 404),
        ("seller", "nobody", 422),
    ):
        answer = office.send(
            "lex",
            "POST",
            "/legal-holds",
            {"subject": subject, "subject_id": name, "reason": "x"},
        )
        assert answer.status == status


def test_an_erasure_takes_two_people_and_waits_for_a_hold(office, case_id):
    seller = f"{MARKET}/{office.cases.case(case_id).seller_id}"
    new = {"subject": "seller", "subject_id": seller, "reason": "They asked."}
    hold = office.send("lex", "POST", "/legal-holds", new).json["id"]
    asked = office.send("lex", "POST", "/erasures", new)
    assert asked.status == 201
    path = f"/erasures/{asked.json['id']}"
    require_problem(office.send("lex", "POST", f"{path}/approve"), 409, "refused")
    blocked = office.send("adm", "POST", f"{path}/approve").json
    assert blocked["state"] == "blocked"
    assert "legal hold" in blocked["report"]["blocked_by"][0]
    office.send("lex", "POST", f"/legal-holds/{hold}/lift")
    done = office.send("adm", "POST", f"{path}/approve").json
    assert (done["state"], done["subject_id"]) == ("done", None)
    assert done["report"]["erased"]["listings"] == 1
    assert office.read("adm", path) == done
    shown = office.read("lex", "/erasures?state=done")["items"]
    assert done["id"] in {each["id"] for each in shown}
    case = office.read("lea", f"/cases/{case_id}")
    assert (case["closure"], case["listing"]["seller_id"]) == ("moot", None)
    require_problem(office.send("lex", "POST", "/erasures", new), 404, "unknown_id")


def test_an_erasure_can_be_rejected(office, case_id):
    listing_id = office.cases.case(case_id).listing_id
    new = {"subject": "listing", "subject_id": listing_id, "reason": "They asked."}
    id = office.send("lex", "POST", "/erasures", new).json["id"]
    assert office.send("adm", "POST", f"/erasures/{id}/reject").json["state"] == (
        "rejected"
    )
    require_problem(
        office.send("lex", "POST", f"/erasures/{id}/approve"), 409, "refused"
    )

"""What brands are asked, and what they give notice of, over HTTP."""

import json
import time

import pytest

from tests.detector.api.reviewers import Office, serving_office
from tests.live_service import require_problem

SIGNED = ["good_faith", "accuracy"]
NAMES = ("ann", "bob", "lea")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


def claim_of(office: Office, *names: str) -> dict[str, object]:
    return {
        "marketplace_id": "market",
        "reason_code": "counterfeit_mark",
        "right_id": office.cases.add_right(),
        "explanation": "A test buy showed that the label is not ours.",
        "items": [{"listing_id": name} for name in names],
        "notifier": {"name": "Ada", "email": "ada@acme.example"},
        "signed": SIGNED,
    }


def wait_for_states(office: Office, path: str) -> list[str]:
    """Wait until the service has looked for a notice's listings; list what it says."""
    deadline = time.monotonic() + 30
    while True:
        items = office.read("acme", path)["items"]
        if items[0]["case_id"] and items[1]["state"] != "open":
            return [item["state"] for item in items]
        assert time.monotonic() < deadline, items
        time.sleep(0.1)


def require_unseen(office: Office, path: str, *, others: tuple[str, ...]) -> None:
    """Require that others learn of it neither by its id nor from the list."""
    list_path, _, id = path.rpartition("/")
    for who in others:
        require_problem(office.send(who, "GET", path), 404, "unknown_id")
        listed = office.send(who, "GET", list_path)
        assert id not in str(listed.body)


def test_a_brand_answers_what_it_is_asked_and_no_other_sees_it(office):
    case_id = office.cases.open("asked", title="Acme bag")
    token = office.claim("ann", case_id)
    asked = office.do("ann", case_id, "questions", lease_token=token)
    path = f"/brand-questions/{asked['question_id']}"
    (listed,) = office.read("acme", "/brand-questions?state=open")["items"]
    assert listed == office.read("acme", path)
    assert listed["listing"]["listing_id"] == "asked"
    assert listed["images"][0]["external_id"] == "acme.png"
    told = json.dumps(listed)
    assert not any(office.ids[name] in told for name in NAMES)
    require_problem(office.send("zeta", "GET", path), 404, "unknown_id")
    require_problem(office.send("market", "GET", path), 404, "unknown_id")
    assert office.read("zeta", "/brand-questions")["items"] == []
    answer = {"answer": "counterfeit", "signed": ["good_faith"]}
    require_problem(
        office.send("zeta", "POST", f"{path}/answer", answer), 404, "unknown_id"
    )
    require_problem(
        office.send("acme", "POST", f"{path}/answer", answer), 422, "invalid_input"
    )
    answer["signed"] = SIGNED
    given = office.send("acme", "POST", f"{path}/answer", answer)
    assert (given.status, given.json["state"]) == (200, "answered")
    again = office.send("acme", "POST", f"{path}/answer", answer)
    require_problem(again, 409, "conflict")
    assert office.cases.case(case_id).state == "open"


def test_a_notice_is_completed_worked_on_and_withdrawn(office):
    office.cases.world.put_listing("noticed", ["picture of noticed"])
    whole = claim_of(office, "noticed", "never seen")
    given = office.send("acme", "POST", "/notices", {**whole, "signed": []})
    assert (given.status, given.json["state"]) == (201, "incomplete")
    assert [each["pointer"] for each in given.json["missing"]] == ["/signed"] * 2
    assert "may make whoever gave it liable" in given.json["warning"]
    path = f"/notices/{given.json['notice_id']}"
    require_unseen(office, path, others=("zeta", "bazaar"))
    for verb, body in (("PUT", whole), ("POST", {})):
        target = path if verb == "PUT" else f"{path}/withdraw"
        require_problem(office.send("zeta", verb, target, body), 404, "unknown_id")
    whole_answer = office.send("acme", "PUT", path, whole)
    assert (whole_answer.status, whole_answer.json["state"]) == (200, "received")
    assert wait_for_states(office, path) == ["open", "unknown_listing"]
    assert "ada@acme.example" not in json.dumps(office.read("market", path))
    taken = office.send("acme", "POST", f"{path}/withdraw", {})
    assert taken.json["state"] == "withdrawn"
    case_id = taken.json["items"][0]["case_id"]
    assert office.cases.case(case_id).closure == "withdrawn"
    again = office.send("acme", "POST", f"{path}/withdraw", {})
    require_problem(again, 409, "conflict")


def test_a_file_of_listings_becomes_a_notice(office):
    claim = claim_of(office)
    query = (
        f"marketplace_id=market&reason_code=counterfeit_mark&right_id={claim['right_id']}"
        "&explanation=The+label+is+not+any+of+ours&name=Ada&email=ada@acme.example"
        "&signed=good_faith&signed=accuracy"
    )
    answer = office.clients["acme"].send(
        "POST",
        f"/v1/notices/csv?{query}",
        b"listing_id,url\nf1,\n,https://market.example/f2\nf3,\n",
        {"Content-Type": "text/csv"},
    )
    assert answer.status == 200, answer.body
    (notice,) = answer.json["notices"]
    assert notice["state"] == "received"
    assert [item["listing_id"] for item in notice["items"]] == ["f1", "f3"]
    assert [problem["row"] for problem in answer.json["problems"]] == [3]


def test_nobody_gives_notice_for_a_brand_that_is_not_theirs(office):
    for who, code in (("market", "wrong_role"), ("ann", "forbidden")):
        answer = office.send(who, "POST", "/notices", claim_of(office, "x"))
        require_problem(answer, 403, code)

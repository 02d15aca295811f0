"""Cases over HTTP: claims, decisions, who sees what, queues."""

import json

import pytest

from detector.api.case_details import CaseDetails
from detector.api.case_schemas import CaseAnswer
from detector.store.case_tables import DecisionRow, QuestionRow
from detector.store.table import utc_now
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.review.decisions.deciding import speak_for
from tests.live_service import require_problem

DISMISSAL = {"reason_code": "different_product", "note": "Another bag."}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


@pytest.fixture
def named(request):
    """A name for a listing that no other test uses."""
    return request.node.name


def tell(office: Office, case_id: str) -> None:
    """Let the decision of a case be told, as dispatching it does."""
    with office.cases.database.write() as session:
        for row in session.query(DecisionRow).filter_by(case_id=case_id):
            row.told_at = utc_now()


def ask_brand(office: Office, case_id: str, brand: str) -> None:
    brand_id = office.cases.brand(brand).brand_id
    with office.cases.database.write() as session:
        session.add(
            QuestionRow(
                id=f"qst_{case_id}",
                case_id=case_id,
                brand_id=brand_id,
                template="genuine",
                text="Is this yours?",
                asked_by=office.ids["ann"],
                due_at=utc_now(),
            )
        )


def shown(office: Office, who: str, query: str = "") -> set[str]:
    page = office.read(who, f"/cases?limit=200{query}")
    return {item["case_id"] for item in page["items"]}


def test_a_restriction_takes_a_claim_a_person_and_two_opinions(office, named):
    case_id = office.cases.open(named, title="Acme bag", seller_id="sam")
    speak_for(office.cases, case_id)
    right = office.cases.add_right()
    grounds = {"reason_code": "counterfeit_mark", "right_id": right}
    claimed = office.do("ann", case_id, "claim")
    assert (claimed["state"], claimed["version"]) == ("claimed", 2)
    assert claimed["lease"]["held_by"] == office.ids["ann"]
    assert office.read("bob", f"/cases/{case_id}")["lease"]["token"] is None
    body = {"version": 2, "lease_token": claimed["lease"]["token"], **grounds}
    path = f"/cases/{case_id}/restrict"
    require_problem(
        office.send("ann", "POST", path, {**body, "version": 1}), 409, "stale_version"
    )
    require_problem(office.send("bob", "POST", path, body), 409, "lease_held")
    require_problem(office.send("adm", "POST", path, body), 403, "wrong_role")
    require_problem(office.send("aud", "POST", path, body), 403, "forbidden")
    decided = office.send("ann", "POST", path, body).json
    assert (decided["state"], decided["lease"]) == ("awaiting_second", None)
    assert decided["decision"]["state"] == "pending"
    assert decided["decision"]["corroboration"] == ["replica_words"]

    office.send("ann", "POST", f"/cases/{case_id}/comments", {"text": "Odd seam."})
    seen = office.read("bob", f"/cases/{case_id}")
    assert (seen["decision"], seen["decisions"], seen["comments"]) == (None, [], [])
    assert "restrict" not in [step["event"] for step in seen["history"]]
    assert office.read("ann", f"/cases/{case_id}")["decision"] is not None
    query = f"/audit?case_id={case_id}"
    events = [step["event"] for step in office.read("lea", query)["items"]]
    assert "restrict" not in events
    events = [step["event"] for step in office.read("aud", query)["items"]]
    assert events == ["open", "claim", "restrict", "comment"]

    token = office.claim("bob", case_id)
    done = office.do(
        "bob", case_id, "second-opinion", lease_token=token, kind="restrict", **grounds
    )
    assert (done["state"], done["decision"]["opinion"]) == ("action_pending", 2)
    assert done["decision"]["restriction"]["territories"]
    assert office.do("lea", case_id, "undo")["state"] == "open"


def test_a_program_restricts_nothing(office, named):
    case_id = office.cases.open(named, seller_id="sam")
    speak_for(office.cases, case_id)
    token = office.claim("program", case_id)
    body = {
        "version": 2,
        "lease_token": token,
        "reason_code": "counterfeit_mark",
        "right_id": office.cases.add_right(),
    }
    answer = office.send("program", "POST", f"/cases/{case_id}/restrict", body)
    assert "takes a person" in require_problem(answer, 409, "refused")["detail"]


def test_claims_are_kept_up_given_back_passed_on_and_taken_over(office, named):
    case_id = office.cases.open(named, seller_id="sid")
    token = office.claim("ann", case_id)
    kept = office.send(
        "ann", "POST", f"/cases/{case_id}/heartbeat", {"lease_token": token}
    )
    assert kept.json["lease"]["token"] == token
    assert case_id in shown(office, "ann", "&mine=true")
    assert case_id not in shown(office, "bob", "&mine=true")
    assert office.do("ann", case_id, "release", lease_token=token)["state"] == "open"
    token = office.claim("ann", case_id)
    assert office.do("lea", case_id, "steal")["lease"]["held_by"] == office.ids["lea"]
    path = f"/cases/{case_id}/heartbeat"
    answer = office.send("ann", "POST", path, {"lease_token": token})
    require_problem(answer, 409, "lease_held")
    held = office.read("lea", f"/cases/{case_id}")["lease"]["token"]
    given = {"lease_token": held, "reason_code": "needs_images"}
    assert office.do("lea", case_id, "skip", **given)["state"] == "open"


def test_the_next_case_is_claimed_until_none_waits(office, named):
    case_id = office.cases.open(named, seller_id="next")
    found = []
    while True:
        case = office.send("bob", "POST", "/cases/claim-next", {"queue": "review"}).json
        if case["case"] is None:
            break
        found.append(case["case"]["case_id"])
        assert case["case"]["lease"]["token"]
    assert case_id in found
    (review,) = (
        queue
        for queue in office.read("ann", "/queues")["items"]
        if queue["queue"] == "review"
    )
    assert review["num_waiting"] == 0
    assert review["num_claimed"] >= len(found)
    for each in found:
        lease = office.read("bob", f"/cases/{each}")["lease"]["token"]
        office.do("bob", each, "release", lease_token=lease)


def test_what_can_still_be_undone_has_not_happened_for_others(office, named):
    case_id = office.cases.open(named, seller_id="sue")
    token = office.claim("ann", case_id)
    assert office.read("market", f"/cases/{case_id}")["state"] == "open"
    assert case_id in shown(office, "market", "&state=open")
    assert case_id not in shown(office, "market", "&state=claimed")
    office.do("ann", case_id, "dismiss", lease_token=token, **DISMISSAL)
    ours = office.read("bob", f"/cases/{case_id}")
    assert (ours["state"], ours["closure"]) == ("closed", "no_action")
    seen = office.read("market", f"/cases/{case_id}")
    assert (seen["state"], seen["closure"], seen["closed_at"]) == ("open", None, None)
    assert (seen["decision"], seen["decisions"]) == (None, [])
    assert case_id not in shown(office, "market", "&closure=no_action")
    tell(office, case_id)
    seen = office.read("market", f"/cases/{case_id}")
    assert (seen["state"], seen["closure"]) == ("closed", "no_action")
    assert seen["decision"]["reason_code"] == "different_product"
    assert case_id in shown(office, "market", "&closure=no_action")


def test_nobody_outside_learns_who_reviewed(office, named):
    case_id = office.cases.open(named, seller_id="tim")
    office.send("bob", "POST", f"/cases/{case_id}/comments", {"text": "Odd seam."})
    token = office.claim("ann", case_id)
    office.do("ann", case_id, "dismiss", lease_token=token, **DISMISSAL)
    tell(office, case_id)
    ask_brand(office, case_id, "acme")
    for who in ("market", "acme"):
        text = json.dumps(office.read(who, f"/cases/{case_id}"))
        for secret in (office.ids["ann"], office.ids["bob"], "Odd seam", "Another bag"):
            assert secret not in text, who
        for internal in ("lease", "risk", "queue", "basis", "due_at"):
            assert json.loads(text)[internal] is None, (who, internal)
    brand = office.read("acme", f"/cases/{case_id}")
    assert brand["listing"]["seller_id"] is None
    assert "seller_history" not in brand["signals"]
    assert [question["text"] for question in brand["questions"]] == ["Is this yours?"]
    assert office.read("market", f"/cases/{case_id}")["questions"] == []


def test_each_sees_only_cases_they_have_a_part_in(office, named):
    mine = office.cases.open(named, seller_id="una")
    theirs = office.cases.open(named + "2", brand="zeta", marketplace="bazaar")
    ask_brand(office, theirs, "zeta")
    nobodys = require_problem(
        office.send("acme", "GET", "/cases/case_none"), 404, "unknown_id"
    )
    for who, hidden in (("acme", mine), ("acme", theirs), ("market", theirs)):
        assert hidden not in shown(office, who)
        answer = office.send(who, "GET", f"/cases/{hidden}")
        problem = require_problem(answer, 404, "unknown_id")
        assert problem["detail"].replace(hidden, "case_none") == nobodys["detail"]
    assert theirs in shown(office, "zeta")
    assert office.read("zeta", f"/cases/{theirs}")["state"] == "open"
    assert theirs in shown(office, "bazaar")
    ask_brand(office, mine, "acme")
    assert mine in shown(office, "acme")
    assert shown(office, "acme", "&queue=review") == set()
    assert shown(office, "acme", "&seller_id=una") == set()
    assert {mine, theirs} <= shown(office, "aud", "&queue=review")
    assert shown(office, "aud", "&seller_id=una") == {mine}


def test_many_are_decided_at_once_and_taken_back(office, named):
    ids = [
        office.cases.open(f"{named}{n}", picture=named, seller_id=f"{named}{n}")
        for n in range(3)
    ]
    scope = {"case_id": ids[0], "by": "cluster"}
    preview = office.send("ann", "POST", "/cases/bulk-preview", scope).json
    assert (preview["num_included"], preview["num_listings"]) == (3, 3)
    first = preview["items"][0]["listings"][0]
    assert len(first["sha256"]) == 64
    assert first["evidence"].startswith("/v1/flags/flag_")
    decision = {
        **scope,
        "kind": "no_action",
        "reason_code": "shared_or_stock_photo",
        "cases": [
            {"case_id": each["case_id"], "version": each["version"]}
            for each in preview["items"]
        ],
        "exceptions": [ids[1]],
    }
    batch = office.send("ann", "POST", "/cases/bulk-decisions", decision).json
    assert (batch["num_done"], batch["is_large"]) == (2, False)
    assert office.read("ann", f"/cases/{ids[1]}")["state"] == "open"
    path = f"/cases/bulk-decisions/{batch['batch_id']}/undo"
    assert office.send("ann", "POST", path).json["num_done"] == 2
    for other in ("acme", "market", "aud"):
        require_problem(
            office.send(other, "POST", "/cases/bulk-preview", scope), 403, "forbidden"
        )


def test_a_step_that_has_to_be_explained_keeps_its_words_inside(office, named):
    case_id = office.cases.open(named, seller_id="vic")
    speak_for(office.cases, case_id)
    token = office.claim("ann", case_id)
    office.do(
        "ann",
        case_id,
        "restrict",
        lease_token=token,
        reason_code="counterfeit_mark",
        right_id=office.cases.add_right(),
    )
    done = office.do("lea", case_id, "void", note="By mistake.\nSorry.")
    assert (done["state"], done["closure"]) == ("closed", "void")
    inside = office.read("bob", f"/cases/{case_id}")
    assert [row["text"] for row in inside["comments"]] == ["By mistake.\nSorry."]
    assert "By mistake" not in json.dumps(inside["history"])
    assert office.do("lea", case_id, "reopen", note="New photos.")["queue"] == "leads"


def test_a_court_is_obeyed(office, named):
    case_id = office.cases.open(named, seller_id="wim")
    body = {"version": 1, "order": "restriction", "document": "7 O 12/26"}
    path = f"/cases/{case_id}/court-orders"
    require_problem(office.send("lea", "POST", path, body), 403, "forbidden")
    done = office.send("lex", "POST", path, body)
    assert (done.status, done.json["state"]) == (201, "action_pending")
    assert done.json["decision"]["reason_code"] == "court_order"


@pytest.mark.parametrize("schema", [CaseAnswer, CaseDetails])
def test_the_examples_are_cases(schema):
    (example,) = schema.model_json_schema()["examples"]
    assert schema.model_validate(example).model_dump(mode="json") == example

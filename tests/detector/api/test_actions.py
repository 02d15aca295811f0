"""Actions and statements over HTTP: who sees what, polling, acknowledgement, export."""

import json

import pytest

from detector.api.action_schemas import ActionAnswer
from detector.api.statement_schemas import StatementAnswer
from detector.store.table import utc_now
from detector.store.takedown_tables import ActionRow
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.review.actions.acting import action_of, decided, sent, statements
from tests.live_service import require_problem


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        office.cases.set_policy(second_review_share=0, second_review_tiers=[])
        yield office


@pytest.fixture
def case_id(office, request):
    """A case whose restriction the marketplace was asked for; ours by the test."""
    office.cases.now = utc_now()
    return sent(office.cases, request.node.name)


def polled(office: Office, who: str, query: str = "") -> dict[str, str]:
    """List actions: id → state."""
    items = office.read(who, f"/actions?limit=200{query}")["items"]
    return {item["action_id"]: item["state"] for item in items}


def acknowledge(office: Office, action_id: str, who: str = "market", **body: str):
    path = f"/actions/{action_id}/acknowledgements"
    return office.send(who, "POST", path, body or {"outcome": "applied"})


def test_a_marketplace_polls_does_and_acknowledges(office, case_id, request):
    (action_id,) = polled(office, "market", f"&case_id={case_id}")
    action = office.read("market", f"/actions/{action_id}")
    assert action["state"] == "sent"
    assert action["listing"]["listing_id"] == request.node.name
    assert action["restriction"]["kind"] == "DECISION_VISIBILITY_CONTENT_REMOVED"
    assert "Your listing was removed." in action["statement"]["text"]
    waiting = "&waiting=true&case_id=" + case_id
    assert polled(office, "market", waiting) == {action_id: "sent"}
    assert polled(office, "market", "&waiting=true&kind=lift") == {}
    answer = acknowledge(office, action_id, outcome="applied", external_id="R-1")
    assert (answer.status, answer.json["state"]) == (200, "applied")
    assert polled(office, "market", waiting) == {}
    assert polled(office, "market", f"&case_id={case_id}&waiting=false") == {
        action_id: "applied"
    }
    again = acknowledge(office, action_id)
    assert (again.status, again.json["external_id"]) == (200, "R-1")
    problem = require_problem(
        acknowledge(office, action_id, outcome="failed"), 409, "refused"
    )
    assert "applied already" in problem["detail"]
    assert office.cases.case(case_id).state == "actioned"


def test_whoever_only_looks_does_not_fetch(office, case_id):
    assert set(polled(office, "aud", f"&case_id={case_id}").values()) == {"requested"}
    assert set(polled(office, "market", f"&case_id={case_id}").values()) == {"sent"}


def test_what_can_be_undone_is_the_platforms_own_affair(office, request):
    case_id = decided(office.cases, request.node.name)
    action = action_of(office.cases, case_id, request.node.name)
    assert polled(office, "aud", f"&case_id={case_id}") == {action.id: "scheduled"}
    assert polled(office, "market", f"&case_id={case_id}") == {}
    path = f"/actions/{action.id}"
    require_problem(office.send("market", "GET", path), 404, "unknown_id")
    require_problem(acknowledge(office, action.id), 404, "unknown_id")


def test_another_marketplace_sees_nothing_and_does_nothing(office, case_id):
    (action_id,) = polled(office, "aud", f"&case_id={case_id}")
    (row,) = statements(office.cases, case_id)
    assert polled(office, "bazaar") == {}
    assert polled(office, "bazaar", "&marketplace_id=market") == {}
    assert office.read("bazaar", "/statements")["items"] == []
    theirs = office.send("bazaar", "GET", f"/actions/{action_id}")
    nobodys = office.send("bazaar", "GET", "/actions/act_none")
    problem = require_problem(theirs, 404, "unknown_id")
    other = require_problem(nobodys, 404, "unknown_id")
    assert problem["detail"].replace(action_id, "act_none") == other["detail"]
    path = f"/statements/{row.id}"
    require_problem(office.send("bazaar", "GET", path), 404, "unknown_id")
    require_problem(acknowledge(office, action_id, "bazaar"), 404, "unknown_id")
    with office.cases.database.read() as session:
        assert session.get_one(ActionRow, action_id).state == "requested"


@pytest.mark.parametrize(
    ("who", "code"),
    [("acme", "forbidden"), ("lea", "forbidden"), ("adm", "wrong_role")],
)
def test_nobody_else_acknowledges(office, case_id, who, code):
    (action_id,) = polled(office, "aud", f"&case_id={case_id}")
    require_problem(acknowledge(office, action_id, who), 403, code)


def test_a_brand_sees_neither_actions_nor_statements(office):
    for path in ("/actions", "/statements"):
        require_problem(office.send("acme", "GET", path), 403, "forbidden")


def test_records_are_exported_downloaded_and_answered(office, case_id):
    (action_id,) = polled(office, "market", f"&case_id={case_id}")
    acknowledge(office, action_id)
    (row,) = statements(office.cases, case_id)
    own = office.read("market", f"/statements?case_id={case_id}&state=delivered")
    assert [item["statement_id"] for item in own["items"]] == [row.id]
    other = office.send("bazaar", "POST", "/statement-exports", {})
    assert (other.status, other.json["export_id"]) == (201, None)
    foreign = {"marketplace_id": "market"}
    other = office.send("bazaar", "POST", "/statement-exports", foreign)
    assert (other.status, other.json["num_statements"]) == (201, 0)
    made = office.send("market", "POST", "/statement-exports", {}).json
    path = f"/statement-exports/{made['export_id']}"
    file = office.read("market", path)
    assert row.record in file["statements"]
    require_problem(office.send("bazaar", "GET", path), 404, "unknown_id")
    response = {"status": 201, "body": {}}
    theirs = office.send("bazaar", "POST", f"{path}/response", response)
    require_problem(theirs, 404, "unknown_id")
    answer = office.send("market", "POST", f"{path}/response", response)
    assert answer.json["states"] == {"submitted": made["num_statements"]}
    shown = office.read("market", f"/statements/{row.id}")
    assert (shown["state"], shown["export_id"]) == ("submitted", made["export_id"])


def test_nothing_names_who_reviewed(office, case_id):
    text = json.dumps(
        [office.read("market", path) for path in ("/actions", "/statements", "/events")]
    )
    for word in ("ann", "Ann", "user:"):
        assert f'"{word}' not in text
        assert f" {word} " not in text


@pytest.mark.parametrize("model", [ActionAnswer, StatementAnswer])
def test_the_examples_are_valid(model):
    (example,) = model.model_json_schema()["examples"]
    assert model.model_validate(example).model_dump(mode="json") == example

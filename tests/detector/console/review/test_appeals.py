import re
from typing import Any

import pytest
from playwright.sync_api import expect

from detector.api.cookies import SESSION_COOKIE
from detector.console.review.appeals import STATES
from detector.review.actor import Actor
from detector.review.workflow import Party
from detector.store.case_tables import CaseRow
from tests.browser import axe, sign_in, url
from tests.detector.api.reviewers import MARKET, Office, serving_office
from tests.detector.review.actions.acting import action_of, say, send
from tests.detector.review.appeals.appealing import BECAUSE, CONTACT, LAWFUL, WHY
from tests.detector.review.decisions.deciding import (
    NOTHING,
    counterfeit,
    settle,
    speak_for,
)
from tests.detector.review.facts import add_notice
from tests.detector.review.review_world import ANN
from tests.live_service import Client

NO_SECOND: dict[str, Any] = {"second_review_share": 0, "second_review_tiers": []}
COMPLAINT = {
    "kind": "seller_complaint",
    "grounds": "genuine_second_hand",
    "explanation": WHY,
    "signed": ["truth"],
    "documents": [{"kind": "invoice", "reference": "<b>receipt</b>.pdf"}],
}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        office.cases.set_policy(policy_url="https://market.example/rules", **NO_SECOND)
        yield office


def restricted(office: Office, name: str, decider: Actor = ANN) -> str:
    cases = office.cases
    case_id = cases.open(name, picture=name, title=f"Bag <i>{name}</i>")
    speak_for(cases, case_id)
    settle(cases, case_id, counterfeit(cases), decider)
    send(cases, case_id)
    say(cases, action_of(cases, case_id, name))
    return case_id


def appealed(office: Office, name: str, *, decider: Actor = ANN, **given: Any) -> str:
    """Restrict a listing, and let its seller appeal; return the appeal's id."""
    path = f"/cases/{restricted(office, name, decider)}/appeals"
    answer = office.send(MARKET, "POST", path, {**COMPLAINT, **given})
    assert answer.status == 201, answer.body
    id: str = answer.json["appeal_id"]
    return id


def test_an_appeal_is_decided_by_keys_alone(context, office):
    id = appealed(office, "by_keys")
    page = sign_in(context, office.clients["app"])
    page.goto(url(office.clients["app"], "/appeals"))
    axe(page)
    row = page.get_by_role("row", name="Bag <i>by_keys</i>")
    expect(row).to_contain_text("genuine, second hand")
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/appeals/apl_"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("<i>by_keys</i>")
    said = page.get_by_role("region", name="What is said against the decision")
    expect(said).to_contain_text(WHY)
    expect(said).to_contain_text("<b>receipt</b>.pdf")
    decided = page.get_by_role("region", name="What was decided")
    expect(decided).to_contain_text("counterfeit mark")
    rules = page.get_by_role("link", name="https://market.example/rules")
    expect(rules).to_have_attribute("rel", "noreferrer noopener")
    page.keyboard.press("c")
    expect(page.get_by_text("It is yours until")).to_be_visible()
    axe(page)
    page.keyboard.press("2")
    page.keyboard.press("m")
    page.keyboard.type(BECAUSE)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    outcome = page.get_by_role("region", name="Decision of the appeal")
    expect(outcome).to_contain_text("the decision was wrong")
    expect(outcome).to_contain_text(BECAUSE)
    axe(page)
    assert office.read("app", f"/appeals/{id}")["state"] == "overturned"


def test_what_was_typed_is_kept_when_it_is_refused(context, office, expected_errors):
    expected_errors.append("status of 409")
    id = appealed(office, "too_short")
    page = sign_in(context, office.clients["app"])
    page.goto(url(office.clients["app"], f"/appeals/{id}"))
    page.get_by_role("button", name="Take the appeal").click()
    page.get_by_label("stands: it was right").check()
    page.get_by_label("Reasons").fill("No.")
    page.get_by_role("button", name="Decide the appeal").click()
    expect(page.get_by_role("alert")).to_contain_text("reasons")
    expect(page.get_by_label("Reasons")).to_have_value("No.")
    expect(page.get_by_label("stands: it was right")).to_be_checked()
    page.get_by_role("button", name="Leave it to somebody else").click()
    expect(page.get_by_role("button", name="Take the appeal")).to_be_visible()
    assert office.read("app", f"/appeals/{id}")["state"] == "received"


def test_whoever_decided_is_told_why_they_cannot(context, office):
    as_reviewer = Actor(office.ids["app"], Party.REVIEWER, "app", is_person=True)
    id = appealed(office, "decided_by_app", decider=as_reviewer)
    page = sign_in(context, office.clients["app"])
    page.goto(url(office.clients["app"], f"/appeals/{id}"))
    expect(page.get_by_text("You decided this case")).to_be_visible()
    expect(page.get_by_role("button", name="Take the appeal")).to_have_count(0)


def test_a_brand_complains_in_a_form_and_is_heard(open_context, office):
    cases, brand = office.cases, office.cases.brand()
    case_id = cases.open("nothing_done", picture="nothing_done")
    speak_for(cases, case_id)
    right = cases.add_right()
    with cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        add_notice(session, case, brand, state="received")
    settle(cases, case_id, NOTHING)
    send(cases, case_id)
    acme, app = office.clients["acme"], office.clients["app"]
    page = sign_in(open_context(), acme)
    page.goto(url(acme, f"/appeals/new?case_id={case_id}"))
    axe(page)
    page.get_by_label("In your own words").fill(WHY)
    page.get_by_label("Name or number of document 1").fill("letter.pdf")
    page.get_by_label("What I say is true").check()
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_text("complaint of the brand")).to_be_visible()
    expect(page.get_by_role("button", name="Take the appeal back")).to_be_visible()
    axe(page)
    path = page.url.rpartition("/")[2]
    page = sign_in(open_context(), app)
    page.goto(url(app, f"/appeals/{path}"))
    page.get_by_role("button", name="Take the appeal").click()
    page.get_by_role("radio", name="was wrong").check()
    page.get_by_label("why the listing is restricted").select_option("counterfeit_mark")
    page.get_by_label("Right that it rests on").select_option(right)
    page.get_by_label("Reasons").fill(BECAUSE)
    page.get_by_role("button", name="Decide the appeal").click()
    expect(page.get_by_text("the decision was wrong").first).to_be_visible()
    assert cases.case(case_id).state == "action_pending"


def test_a_claimant_answers_what_was_handed_on(context, office):
    policy = {"regime": "US-DMCA", "territory": "DE", **NO_SECOND}
    office.cases.set_policy(MARKET, **policy)
    try:
        given: dict[str, Any] = {
            "kind": "counter_notice",
            "signed": list(LAWFUL),
            "contact": CONTACT,
        }
        id = appealed(office, "handed_on", **given)
    finally:
        office.cases.set_policy(MARKET, **NO_SECOND)
    acme = office.clients["acme"]
    page = sign_in(context, acme)
    page.goto(url(acme, "/appeals"))
    page.get_by_role("row", name="handed_on").get_by_role("link").click()
    expect(page.get_by_text("1 Main St")).to_be_visible()
    axe(page)
    page.get_by_label("A court is seized").check()
    page.get_by_label("Document that shows the suit").fill("7 O 12/26")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("A court is seized.", exact=True)).to_be_visible()
    assert office.read("acme", f"/appeals/{id}")["claimant_answer"] == "sues"


def test_a_seller_s_side_takes_its_appeal_back(office):
    id = appealed(office, "taken_back")
    program = office.clients[MARKET]
    # Pages are for people who have signed in; a program's key opens none of them.
    assert program.send("GET", f"/appeals/{id}").status == 303
    answer = office.send(MARKET, "POST", f"/appeals/{id}/withdraw")
    assert answer.json["state"] == "withdrawn"


@pytest.mark.parametrize("state", ["all", *STATES])
def test_every_state_can_be_listed(office, state):
    token = office.clients["aud"].key
    path = f"/appeals?state={state}"
    client = Client(office.clients["aud"].port)
    answer = client.send("GET", path, headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert answer.status == 200
    assert f'value="{state}" selected' in answer.body.decode()

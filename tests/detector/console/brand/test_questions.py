from typing import Any

import pytest

from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert

SIGNED = ["good_faith", "accuracy"]


def ask(office: Office, name: str, **details: Any) -> str:
    """Let ann ask acme about a listing; return the path of the question's page."""
    case_id = office.cases.open(name, **details)
    token = office.claim("ann", case_id)
    asked = office.do("ann", case_id, "questions", lease_token=token)
    return f"/questions/{asked['question_id']}"


def test_what_waits_is_listed_with_its_deadline_and_leads_to_the_question(office):
    path = ask(office, "waits", title="Runner, red")
    page = look(office, "acme", "/questions")
    assert f'href="{path}"' in page
    assert "Runner, red" in page
    assert 'data-kind="until"' in page


def test_a_question_shows_the_pictures_the_facts_and_what_each_answer_means(office):
    path = ask(office, "facts", title="Acme bag", price="19.90", currency="EUR")
    page = look(office, "acme", path)
    assert f"/v1/brand-{path.strip('/')}/evidence?position=0" in page
    for shown in ("Acme bag", "19.90", "facts", "acme.png"):
        assert shown in page
    for kind in ("genuine", "authorized", "counterfeit", "cannot_tell"):
        assert f'value="{kind}"' in page
    assert "I believe in good faith that what I say is so." in page
    assert "may be liable" in page


def test_a_counterfeit_is_signed_for_and_what_was_typed_is_kept(office):
    path = ask(office, "signed")
    given = {"answer": "counterfeit", "explanation": "The seam is another."}
    refused = fill(office, "acme", path, **given, signed=["accuracy"])
    page = refused.body.decode()
    assert refused.status == 422
    assert "sign good_faith as well" in page
    assert 'value="counterfeit" required checked' in page
    assert 'value="accuracy" checked' in page
    assert ">The seam is another.</textarea>" in page
    sent = fill(office, "acme", path, **given, signed=SIGNED)
    assert (sent.status, sent.headers["location"]) == (303, path)
    page = look(office, "acme", path)
    assert "The seam is another." in page
    assert "A reviewer is to look at it." in page
    assert "Send the answer" not in page
    assert path in look(office, "acme", "/questions?state=answered")
    assert path not in look(office, "acme", "/questions")


def test_an_answer_that_acts_needs_good_standing_and_is_not_offered_without(office):
    path = ask(office, "acts")
    assert 'name="acts"' not in look(office, "acme", path)
    refused = fill(
        office,
        "acme",
        path,
        answer="counterfeit",
        signed=SIGNED,
        acts="yes",
        reason_code="counterfeit_mark",
        right_id=office.cases.add_right(),
    )
    assert refused.status == 409
    assert 'role="alert"' in refused.body.decode()
    assert office.read("acme", f"/brand-{path.strip('/')}")["state"] == "open"


@pytest.mark.parametrize("who", ["ann", "lea", "aud"])
def test_the_platform_sees_questions_and_answers_none(office, who):
    path = ask(office, f"seen by {who}")
    page = look(office, who, path)
    assert 'name="answer"' not in page
    assert path in look(office, who, "/questions")
    other = office.cases.world.brand_id("zeta")
    page = look(office, who, f"/questions?brand_id={other}")
    assert "Questions: <bdi>zeta</bdi>" in page
    assert path not in page


def test_no_other_brand_finds_a_question(office):
    path = ask(office, "secret", title="Nobody else's")
    page = look(office, "zeta", path, status=404)
    assert "Nobody else" not in page
    given = fill(office, "zeta", path, answer="genuine")
    assert given.status == 404
    page = look(office, "zeta", "/questions")
    assert "Nothing waits for an answer." in page
    assert "Nobody else" not in page


def test_titles_and_addresses_stay_text(office):
    address = "javascript:alert(3)"
    path = ask(office, "hostile", title=HOSTILE, url=address, condition=HOSTILE)
    page = look(office, "acme", path)
    require_inert(page)
    assert address in page
    require_inert(look(office, "acme", "/questions"))
    fill(office, "acme", path, answer="genuine", explanation=HOSTILE)
    require_inert(look(office, "acme", path))

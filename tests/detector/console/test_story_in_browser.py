"""Everybody's main path in the pages: from a brand's upload to the appeal's decision.

What a marketplace and a seller do goes through the API, as their programs do it.
"""

import base64
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser import axe, sign_in, url
from tests.detector.api.people import ask
from tests.detector.api.reviewers import MARKET, Office, serving_office
from tests.detector.api.story import copy_of
from tests.live_service import picture

BECAUSE = "The receipt shows that the goods are genuine."
WHY = "I bought it in the brand's own shop, and here is the receipt."
PATIENCE_S = 60


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    with serving_office(tmp_path_factory.mktemp("story") / "data") as office:
        office.cases.set_policy(undo_s=1, random_share=0)
        office.cases.add_right()
        yield office


class People:
    """Everybody's browser, each with a page of their own."""

    def __init__(self, open_context, office: Office) -> None:
        self._open, self._office = open_context, office
        self._pages: dict[str, Page] = {}

    def at(self, who: str, path: str) -> Page:
        """Lead somebody to a page, and look whether it is in order."""
        client = self._office.clients[who]
        page = self._pages.setdefault(who, sign_in(self._open(), client))
        page.goto(url(client, path))
        axe(page)
        return page


def test_from_the_upload_to_the_appeal(open_context, office):
    people = People(open_context, office)
    upload(people, office)
    post_listings(office)
    first, second = two_reviewers_at_once(people)
    assert first != second
    ask_the_brand(people, office, first)
    answer(people)
    restrict_by_keys(people, "ann", first)
    restrict_by_keys(people, "bob", first)
    acknowledge(office, first)
    appeal(office, first)
    overturn_by_keys(people)
    look_at_the_outcome(people, office, first)


def upload(people: People, office: Office) -> None:
    page = people.at("acme", f"/catalogue/{office.cases.world.brand_id('acme')}")
    files: list[FilePayload] = [
        {"name": f"{n}.png", "mimeType": "image/png", "buffer": picture(n)}
        for n in (1, 2)
    ]
    page.locator("#files").set_input_files(files)
    expect(page.locator("#plan-list")).to_contain_text("2")
    page.get_by_role("button", name="Upload").click()
    expect(page.locator("#told")).to_contain_text("All done.")
    axe(page)


def post_listings(office: Office) -> None:
    events = [
        {
            "type": "listing.created",
            "occurred_at": "2026-11-01T12:00:00Z",
            "listing_id": f"47{n}",
            "version": 1,
            "title": f"Bag number {n}",
            "country": "DE",
            "images": [{"data": base64.b64encode(copy_of(picture(n))).decode()}],
            "seller": {"id": f"seller-{n}"},
        }
        for n in (1, 2)
    ]
    sent = ask(office.clients[MARKET], "POST", "/v1/listings", {"listings": events})
    assert sent.json["counts"]["accepted"] == 2
    wait_for(lambda: len(office.read("ann", "/cases")["items"]) == 2)


def wait_for(is_so) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def two_reviewers_at_once(people: People) -> list[str]:
    """Let two reviewers begin with a key each; say which cases they get."""
    pages = [people.at(who, "/review") for who in ("ann", "bob")]
    for page in pages:
        page.keyboard.press("1")
    for page in pages:
        page.wait_for_url(re.compile(r"/cases/case_"))
        axe(page)
    return [case_of(page) for page in pages]


def case_of(page: Page) -> str:
    found = re.search(r"/cases/(case_\w+)", page.url)
    assert found is not None, page.url
    return found[1]


def ask_the_brand(people: People, office: Office, case_id: str) -> None:
    """Likeness alone restricts nothing: the brand is asked, by keys."""
    page = people.at("ann", f"/cases/{case_id}?queue=any")
    page.keyboard.press("b")
    page.keyboard.press("2")
    page.keyboard.press("s")
    wait_for(lambda: state(office, case_id) == "awaiting_brand")
    # The other case is held by Bob, so that nothing is left for her.
    page.wait_for_url(re.compile("/review"))


def state(office: Office, case_id: str) -> Any:
    return office.read("ann", f"/cases/{case_id}")["state"]


def answer(people: People) -> None:
    page = people.at("acme", "/questions")
    page.get_by_role("link", name=re.compile("Bag number")).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    axe(page)
    page.get_by_role("radio", name=re.compile("It is a counterfeit")).check()
    page.get_by_label("What do you go by?").fill("We make no bag in that colour.")
    for box in page.get_by_role("checkbox").all():
        if box.get_attribute("name") == "signed":
            box.check()
    page.get_by_role("button", name=re.compile("[Aa]nswer")).click()
    expect(page.get_by_text("We make no bag in that colour.")).to_be_visible()


def restrict_by_keys(people: People, who: str, case_id: str) -> None:
    """Claim a case, and decide that it is counterfeit, without a mouse."""
    page = people.at(who, f"/cases/{case_id}?queue=any")
    page.keyboard.press("c")
    expect(page.locator("#decide[data-held=yes]")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.keyboard.press("s")
    expect(page.locator(f"#decide[data-case={case_id}][data-held=yes]")).to_have_count(
        0
    )


def acknowledge(office: Office, case_id: str) -> None:
    def is_done() -> bool:
        for action in office.read(MARKET, "/actions")["items"]:
            path = f"/actions/{action['action_id']}/acknowledgements"
            office.send(MARKET, "POST", path, {"outcome": "applied"})
        return bool(state(office, case_id) == "actioned")

    wait_for(is_done)


def appeal(office: Office, case_id: str) -> None:
    given = {
        "kind": "seller_complaint",
        "grounds": "genuine_second_hand",
        "explanation": WHY,
        "signed": ["truth"],
        "documents": [{"kind": "invoice", "reference": "receipt.pdf"}],
    }
    sent = office.send(MARKET, "POST", f"/cases/{case_id}/appeals", given)
    assert sent.status == 201, sent.body


def overturn_by_keys(people: People) -> None:
    page = people.at("app", "/appeals")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/appeals/apl_"))
    expect(page.get_by_text(WHY)).to_be_visible()
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
    axe(page)


def look_at_the_outcome(people: People, office: Office, case_id: str) -> None:
    assert state(office, case_id) == "reinstating"
    page = people.at("lea", f"/cases/{case_id}")
    expect(page.get_by_text("being lifted").first).to_be_visible()
    people.at("acme", "/outcomes")
    people.at("acme", "/standing")
    people.at("lea", "/cases")
    people.at("lea", "/figures")

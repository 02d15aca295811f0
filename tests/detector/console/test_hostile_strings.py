"""Stored strings with ill intent are inert on every page, for everybody who sees it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from detector.api.cookies import SESSION_COOKIE
from tests.browser import axe, sign_in, url
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.console.every_page import page_paths
from tests.detector.console.hostile_data import COMPUTED, FIELDS, fill
from tests.live_service import Client

WATCHERS = {"adm": 100, "ann": 3, "app": 2, "acme": 3}
"""Who looks, and at how many things of a kind."""
VOID_TEXT = {"title", "option", "textarea"}
"""Elements in which nothing can be isolated."""
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    with serving_office(tmp_path_factory.mktemp("hostile") / "data") as office:
        fill(office)
        yield office


class Faults(HTMLParser):
    """Finds what strings have made of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        given = dict(attributes)
        names = " ".join([tag, *given])
        links = " ".join(filter(None, map(given.get, ("href", "src", "action"))))
        if (
            re.search(r"hostile|\bon\w+", names)
            or re.match(r"\s*(javascript|data|vbscript):", links)
            or (tag == "script" and not given.get("src", "").startswith("/static/"))
        ):
            self.found.append(f"<{tag} {given}>")
        if links.startswith(("http:", "https:")) and given.get("rel") is None:
            self.found.append(f"a link to elsewhere: {links}")

    def handle_endtag(self, tag):
        while tag in self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        where = self.open[-1] if self.open else ""
        if BIDI.search(data) and where not in VOID_TEXT and "bdi" not in self.open:
            self.found.append(f"not isolated in <{where}>: {data!r}")

    def handle_comment(self, data):
        self.found.append(f"<!--{data}-->")


def fetch(office: Office, who: str, path: str) -> tuple[int, str]:
    client = Client(office.clients[who].port)
    cookie = {"Cookie": f"{SESSION_COOKIE}={office.clients[who].key}"}
    answer = client.send("GET", path, headers=cookie)
    return answer.status, answer.body.decode()


def test_every_page_shows_hostile_strings_as_what_they_are(office):
    seen: set[str] = set()
    found: list[tuple[str, str, str]] = []
    for who, each in WATCHERS.items():
        for path in page_paths(office, each=each):
            status, body = fetch(office, who, path)
            assert status < 500, (who, path)
            faults = Faults()
            if not path.endswith(".svg"):
                faults.feed(body)
            found += [(who, path, fault) for fault in faults.found]
            if COMPUTED in body:
                found.append((who, path, "a template's braces were computed"))
            seen |= {field for field in FIELDS if field in body}
    assert found == [], "\n".join(map(str, found))
    assert seen == set(FIELDS)


@pytest.mark.parametrize("who", ["adm", "acme"])
def test_no_page_runs_hostile_strings(context, office, who, expected_errors):
    expected_errors.append("status of 4")  # what is not there, or not for them
    client = office.clients[who]
    page = sign_in(context, client)
    for path in page_paths(office, each=1):
        if path.endswith(".svg"):
            continue
        page.goto(url(client, path))
        assert page.locator("hostile").count() == 0, path
        if page.locator("main").count() == 1:  # an answer of the API has no page
            axe(page)

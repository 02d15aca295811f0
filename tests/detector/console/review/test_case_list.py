"""The list of cases: what it shows to whom, and what narrows it down."""

import re
from dataclasses import replace

from detector.access.grants import Grant
from detector.access.roles import Role
from detector.access.sessions import log_in
from detector.access.users import create_user
from tests.detector.api.people import PASSWORD
from tests.detector.api.reviewers import MARKET
from tests.detector.console.brand.forms import HOSTILE, look
from tests.live_service import Client


def cases_on(page: str) -> list[str]:
    """List the cases that a page links to, as they come."""
    return re.findall(r'<th scope="row"><a href="/cases/(case_\w+)"', page)


def test_what_is_due_soonest_comes_first_page_by_page(office):
    opened = [office.cases.open(f"due {n}", seller_id="of many") for n in range(51)]
    opened.sort(key=lambda case_id: (office.cases.case(case_id).due_at, case_id))
    first = look(office, "ann", "/cases?seller_id=of+many")
    assert cases_on(first) == opened[:50]
    (following,) = re.findall(r'<a href="(/cases\?[^"]*)" rel="next"', first)
    second = look(office, "ann", following.replace("&amp;", "&"))
    assert cases_on(second) == opened[50:]
    assert 'rel="next"' not in second
    assert 'href="/cases?seller_id=of+many" data-key="p"' in second


def test_what_narrows_the_list_down_stands_in_its_address(office):
    mine = office.cases.open("mine", seller_id="narrow")
    other = office.cases.open("other", seller_id="narrow", marketplace="bazaar")
    office.claim("bob", mine)
    both = sorted([mine, other], key=lambda id: (office.cases.case(id).due_at, id))
    for query, expected in (
        ("", both),
        ("&state=claimed", [mine]),
        ("&state=open&queue=review", [other]),
        ("&marketplace_id=bazaar", [other]),
        ("&mine=true", [mine]),
        ("&closure=moot", []),
    ):
        page = look(office, "bob", f"/cases?seller_id=narrow{query}")
        assert cases_on(page) == expected, query
    assert '<option value="bazaar"' not in page
    page = look(office, "bob", "/cases?seller_id=narrow&marketplace_id=bazaar")
    assert re.search(r'<input id="marketplace_id"[^>]*value="bazaar"', page)
    refused = look(office, "bob", "/cases?state=moved", status=422)
    assert "<code>state</code>" in refused


def test_pictures_names_and_likeness_are_told(office):
    case_id = office.cases.open("told", title="Red bag", seller_id="told")
    (case,) = office.read("ann", "/cases?seller_id=told")["items"]
    page = look(office, "ann", "/cases?seller_id=told")
    best = case["best"]
    assert f'src="/v1/cases/{case_id}/pictures/{best["sha256"]}?width=' in page
    assert f"/references/{best['reference_id']}/image?width=" in page
    for text in ("Red bag", "acme", "edited photo", "similarity 90\xa0%"):
        assert text in page


def test_a_marketplace_sees_its_own_and_nothing_of_the_platforms_work(office):
    own = office.cases.open("own", seller_id="both")
    office.cases.open("of another", seller_id="both", marketplace="bazaar")
    grant = Grant(Role.MARKETPLACE, marketplace=MARKET)
    email, database = "mia@people.example", office.cases.database
    create_user(database, grant, email=email, password=PASSWORD, name="mia")
    token, _ = log_in(database, email, PASSWORD)
    clients = {"mia": Client(office.clients["ann"].port, token)}
    page = look(replace(office, clients=clients), "mia", "/cases?seller_id=both")
    assert cases_on(page) == [own]
    for internal in ("To be decided", 'name="queue"', 'name="mine"', "queue:"):
        assert internal not in page


def test_hostile_titles_are_text(office):
    office.cases.open("hostile", title=HOSTILE, seller_id=HOSTILE)
    page = look(office, "ann", "/cases?order=newest_change")
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2

import csv
import io
import re
from html import unescape
from urllib.parse import urlencode

from tests.detector.api.people import PASSWORD, ask
from tests.detector.console.brand.forms import HOSTILE, look, require_inert
from tests.live_service import Client

ROW = re.compile(r'<th scope="row"><a [^>]*>([^<]+)</a>')


def events_of(page: str) -> list[str]:
    return ROW.findall(page)


def test_the_record_is_searched_by_case_actor_event_and_time(office):
    case_id = office.cases.open("searched")
    office.claim("ann", case_id)
    of_case = f"/audit?case_id={case_id}"
    page = look(office, "aud", of_case)
    assert events_of(page) == ["claim", "open"]
    assert events_of(look(office, "aud", f"{of_case}&event=claim")) == ["claim"]
    assert events_of(look(office, "aud", f"{of_case}&actor=ann")) == ["claim"]
    by_id = re.search(r'href="/audit\?(actor_id=[^"]+)"', page)
    assert by_id is not None
    found = look(office, "aud", f"{of_case}&{unescape(by_id[1])}")
    assert events_of(found) == ["claim"]
    early = f"{of_case}&since=2020-01-01T00:00&until=2021-01-01T00:00"
    page = look(office, "aud", early)
    assert "Nothing on record is like that." in page
    assert 'value="2020-01-01T00:00"' in page
    late = f"{of_case}&since=2020-01-01T00:00:00.000Z"
    assert events_of(look(office, "aud", late)) == ["claim", "open"]


def test_what_is_found_can_be_downloaded(office):
    case_id = office.cases.open("downloaded")
    office.claim("ann", case_id)
    page = look(office, "aud", f"/audit?case_id={case_id}&event=claim")
    link = re.search(r'href="(/v1/audit\.csv[^"]*)"', page)
    assert link is not None
    table = office.clients["aud"].send("GET", unescape(link[1])).body.decode()
    assert [row["event"] for row in csv.DictReader(io.StringIO(table))] == ["claim"]


def test_long_records_come_in_pages(office):
    for number in range(26):
        office.claim("bob", office.cases.open(f"many {number}"))
    page = look(office, "aud", "/audit?actor=bob")
    assert len(events_of(page)) <= 50
    first = look(office, "aud", "/audit")
    assert len(events_of(first)) == 50
    following = re.search(r'href="(/audit\?[^"]+)" rel="next"', first)
    assert following is not None
    assert events_of(look(office, "aud", unescape(following[1])))


def test_what_cannot_be_searched_for_is_told_and_kept(office):
    page = look(office, "aud", "/audit?since=yesterday&actor=kept", status=422)
    assert 'role="alert"' in page
    assert 'value="kept"' in page
    assert "/v1/audit.csv" not in page


def test_whoever_may_not_read_the_record_has_no_page_of_it(office):
    for who in ("ann", "acme"):
        assert 'href="/audit"' not in look(office, who, "/audit", status=403)


def test_what_is_on_record_stays_text(office):
    person = {"email": "hostile@people.example", "password": PASSWORD}
    named = {**person, "name": HOSTILE, "role": "reviewer"}
    assert office.send("adm", "POST", "/users", named).status == 201
    client = Client(office.clients["ann"].port)
    token = ask(client, "POST", "/sessions", person).json["token"]
    case_id = office.cases.open("hostile")
    claim = {"version": office.cases.case(case_id).version}
    claimed = ask(
        Client(client.port, token), "POST", f"/v1/cases/{case_id}/claim", claim
    )
    assert claimed.status == 200
    require_inert(look(office, "aud", f"/audit?case_id={case_id}"))
    page = look(office, "aud", f"/audit?{urlencode({'actor': HOSTILE})}")
    assert events_of(page) == ["claim"]
    require_inert(page)

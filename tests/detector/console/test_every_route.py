"""Every route of the console for everybody: no fault, no stranger, no other site."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from detector.api.cookies import SESSION_COOKIE, csrf_token
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.console.every_page import filled, routes
from tests.live_service import Answer, Client

FORM = "application/x-www-form-urlencoded"
OPEN = {"/sign-in", "/sign-in/link", "/language"}
"""Paths that ask for nobody to have signed in."""
ROUTES = list(dict.fromkeys(routes()))
WRITES = [path for method, path in ROUTES if method != "GET"]
WORDS = (
    "name",
    "email",
    "role",
    "state",
    "url",
    "kind",
    "note",
    "reason_code",
    "right_id",
    "case",
    "text",
    "answer",
    "title",
    "listings",
    "reference_0",
)
"""Fields of forms."""
WHO = ("ann", "lea", "app", "lex", "aud", "adm", "acme")


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Office]:
    with serving_office(tmp_path_factory.mktemp("routes") / "data") as office:
        office.cases.open("one", picture="one")
        office.cases.add_right()
        yield office


def send(
    office: Office, who: str | None, method: str, path: str, **fields: str
) -> Answer:
    """Ask as somebody's browser does, with the word of our pages if `csrf` is given."""
    client = Client(office.clients["ann"].port)
    headers = {"Content-Type": FORM} if method != "GET" else {}
    if who is not None:
        headers["Cookie"] = f"{SESSION_COOKIE}={office.clients[who].key}"
    body = urlencode(fields).encode() if method != "GET" else None
    return client.send(method, filled(office, path)[0], body, headers)


@pytest.mark.parametrize("who", WHO)
def test_nobody_meets_a_fault_or_a_blank_page(office, who):
    for method, path in ROUTES:
        if path == "/sign-out":  # which would end the session that the others need
            continue
        token = office.clients[who].key
        assert token is not None
        answer = send(office, who, method, path, csrf=csrf_token(token))
        assert answer.status < 500, (method, path, answer.body)
        assert answer.body or answer.status in (204, 303, 404), (method, path)
        if answer.status in (403, 409, 422) and b"<!doctype" in answer.body:
            assert b'role="alert"' in answer.body, (method, path)


def test_strangers_are_led_to_the_page_to_sign_in(office):
    for method, path in ROUTES:
        if path in OPEN:
            continue
        answer = send(office, None, method, path)
        where = answer.headers.get("location", "")
        assert (answer.status, where[:8]) == (303, "/sign-in"), (method, path)
        bad = {"Cookie": f"{SESSION_COOKIE}=made-up"}
        client = Client(office.clients["ann"].port)
        if method == "GET":
            answer = client.send("GET", filled(office, path)[0], headers=bad)
            assert answer.status == 303, path


@pytest.mark.parametrize("word", [{}, {"csrf": "x"}])
def test_no_other_site_writes(office, word):
    for path in WRITES:
        if path in OPEN:
            continue
        answer = send(office, "adm", "POST", path, **word)
        assert answer.status == 403, (path, answer.status)


@pytest.mark.parametrize("who", ["ann", "adm", "acme"])
def test_files_where_words_are_meant_are_no_fault(office, who):
    token = office.clients[who].key
    assert token is not None
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'
        "x\r\n"
        for name in WORDS
    ]
    word = '--XX\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n'
    body = f"{''.join(parts)}{word}{csrf_token(token)}\r\n--XX--\r\n".encode()
    headers = {
        "Content-Type": "multipart/form-data; boundary=XX",
        "Cookie": f"{SESSION_COOKIE}={token}",
    }
    client = Client(office.clients[who].port)
    for path in WRITES:
        if path != "/sign-out":
            answer = client.send("POST", filled(office, path)[0], body, headers)
            assert 303 <= answer.status < 500, (path, answer.body)

"""What pages ask the API, and as whom."""

from urllib.parse import quote

import pytest
from httpx2 import Request, Response

from detector.api.cookies import SESSION_COOKIE, csrf_token
from detector.console import inner_api
from detector.console.inner_api import path_of
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.console.every_page import filled, routes
from tests.live_service import Client

MARK = "elsewhere"
HOSTILE = f"..%2F{MARK}?x=1#y"
"""An id that would lead to another path, and bring a query, if it were not quoted."""
IN_QUERY = ("/bulk?case_id={}", "/appeals/new?case_id={}", "/review?decided={}")
STILL_TO_TRY = 60


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("inner") / "data") as office:
        office.cases.open("one", picture="one")
        office.cases.add_right()
        yield office


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Note the path and query of all that pages ask the API."""
    paths: list[str] = []
    inside = inner_api._Inside.handle_async_request

    async def noting(self: object, request: Request) -> Response:
        paths.append(request.url.raw_path.decode())
        return await inside(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(inner_api._Inside, "handle_async_request", noting)
    return paths


def hostile_paths(office: Office) -> list[tuple[str, str]]:
    """Name something real in each path but for one part, which is HOSTILE."""
    made = []
    for method, path in dict.fromkeys(routes()):
        real = filled(office, path)[0].split("/")
        for i, part in enumerate(path.split("/")):
            if part.startswith("{"):
                bad = [*real[:i], quote(HOSTILE, safe=""), *real[i + 1 :]]
                made.append((method, "/".join(bad)))
    made += [("GET", path.format(quote(HOSTILE, safe=""))) for path in IN_QUERY]
    return made


def test_an_id_stays_one_part_of_a_path():
    assert path_of("cases", "cas_1", "claim") == "/cases/cas_1/claim"
    assert path_of("a", "..", "b/c?d#e%2F\n") == "/a/%2E%2E/b%2Fc%3Fd%23e%252F%0A"


@pytest.mark.parametrize("who", ["adm", "lea", "acme"])
def test_no_id_leads_a_page_elsewhere(office, asked, who):
    token = office.clients[who].key
    assert token is not None
    headers = {"Cookie": f"{SESSION_COOKIE}={token}"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    client = Client(office.clients[who].port)
    quoted = path_of(HOSTILE).removeprefix("/")
    for method, path in hostile_paths(office):
        asked.clear()
        if method == "GET":
            answer = client.send(method, path, headers=headers)
        else:
            word = f"csrf={csrf_token(token)}".encode()
            answer = client.send(method, path, word, {**headers, **form})
        assert answer.status < 500, (method, path, answer.body)
        for each in asked:
            place, _, query = each.partition("?")
            assert MARK not in place.replace(quoted, ""), (method, path, each)
            assert "x=1" not in query, (method, path, each)
    assert asked, "no page has asked the API anything"


def test_one_who_guesses_keeps_nobody_else_out(office):
    def come(link: str, address: str) -> int:
        body = f"link={link}".encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        client = Client(office.clients["ann"].port, address=address)
        return client.send("POST", "/sign-in/link", body, kind).status

    tries = [come(f"dl_{i}", "127.0.0.2") for i in range(STILL_TO_TRY + 1)]
    assert tries == [401] * STILL_TO_TRY + [429]
    assert come("dl_x", "127.0.0.1") == 401


def test_whose_session_has_ended_is_not_led_to_where_nothing_is_shown(office):
    client = Client(office.clients["ann"].port)
    headers = {
        "Cookie": f"{SESSION_COOKIE}=over",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = f"csrf={csrf_token('over')}".encode()
    answer = client.send("POST", "/cases/cas_1/restrict", body, headers)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")

"""What people are shown where something is refused."""

from urllib.parse import urlencode

import pytest

from detector.api.cookies import SESSION_COOKIE, csrf_token
from detector.console.inner_api import ApiProblem, InnerApi
from detector.console.viewer import MAX_FIELDS
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.console.brand.forms import FORM, HOSTILE, look, require_inert
from tests.live_service import Answer, Client, require_problem

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WORDS = f"what somebody wrote for an hour {HOSTILE}"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("problems") / "data") as office:
        yield office


def send(
    office: Office,
    method: str,
    path: str,
    headers: dict[str, str],
    *,
    token: str | None = None,
    **fields: str,
) -> Answer:
    given = dict(headers)
    if token is not None:
        given["Cookie"] = f"{SESSION_COOKIE}={token}"
    body = None
    if method == "POST":
        given["Content-Type"] = FORM
        body = urlencode(fields).encode()
    return Client(office.clients["ann"].port).send(method, path, body, given)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/figures?days=many", 422, "invalid_request"),
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/sign-out", 405, "method_not_allowed"),
        ("POST", "/brands", 403, "forbidden"),
    ],
)
def test_people_are_shown_a_page_and_programs_json(office, method, path, status, code):
    token = office.clients["adm"].key
    page = send(office, method, path, BROWSER, token=token)
    assert page.status == status, page.body
    assert "content-security-policy" in page.headers
    assert 'role="alert"' in page.body.decode()
    assert 'action="/sign-out"' in page.body.decode()
    require_problem(send(office, method, path, {}, token=token), status, code)


def test_a_stranger_is_shown_a_page_too(office):
    page = send(office, "GET", "/nowhere", BROWSER)
    assert page.status == 404
    assert 'role="alert"' in page.body.decode()


def test_the_api_answers_browsers_as_it_answers_programs(office):
    token = office.clients["ann"].key
    for path in ("/v1/users", "/v1/nowhere", "/v1/cases?limit=x"):
        answer = send(office, "GET", path, BROWSER, token=token)
        assert answer.headers["content-type"] == "application/problem+json", path


def test_what_even_the_viewer_cannot_be_read_for_is_told(office, monkeypatch):
    read = InnerApi.read

    async def refusing(self: InnerApi, path: str, **query: object) -> object:
        if path == "/me":
            told = {"title": "Rate limited", "detail": "Too many.", "remedy": "Wait."}
            more = {"request_id": "1", "status": 429, "errors": None}
            raise ApiProblem(429, {**told, **more})
        return await read(self, path, **query)

    monkeypatch.setattr(InnerApi, "read", refusing)
    assert "Too many." in look(office, "ann", "/account", status=429)


@pytest.mark.parametrize("token", [None, "over"])
def test_what_was_written_outlives_the_session(office, token):
    path = "/cases/cas_1/comments"
    word = {"csrf": csrf_token("over")}
    answer = send(office, "POST", path, BROWSER, token=token, text=WORDS, **word)
    assert answer.status == 401
    page = answer.body.decode()
    require_inert(page)
    assert "what somebody wrote for an hour" in page
    assert 'href="/sign-in"' in page
    nothing = send(office, "POST", path, BROWSER, token=token, version="1", **word)
    assert (nothing.status, nothing.headers["location"]) == (303, "/sign-in")


def test_what_was_written_outlives_a_refusal(office):
    path, token = "/cases/cas_1/comments", office.clients["ann"].key
    assert token is not None
    for word, status in (("x", 403), (csrf_token(token), 404)):
        answer = send(office, "POST", path, BROWSER, token=token, text=WORDS, csrf=word)
        assert answer.status == status
        assert "what somebody wrote for an hour" in answer.body.decode()


def test_passwords_and_what_other_sites_send_are_not_shown(office):
    fields = {"old_password": WORDS, "new_password": WORDS}
    answer = send(office, "POST", "/account/password", BROWSER, **fields)
    assert answer.status == 303
    elsewhere = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    answer = send(office, "POST", "/cases/cas_1/comments", elsewhere, text=WORDS)
    assert answer.status == 303
    token = office.clients["ann"].key
    answer = send(office, "POST", "/brands", elsewhere, token=token, name=WORDS)
    assert answer.status == 403
    assert "what somebody wrote" not in answer.body.decode()


def test_a_form_that_cannot_be_read_is_refused_once(office):
    token = office.clients["ann"].key
    given = {
        **BROWSER,
        "Cookie": f"{SESSION_COOKIE}={token}",
        "Content-Type": FORM,
    }
    client = Client(office.clients["ann"].port)
    for path in ("/brands", "/notices/new", "/sign-in"):
        answer = client.send("POST", path, b"a=1&" * (MAX_FIELDS + 1), given)
        assert answer.status == 400, (path, answer.body)
        assert 'role="alert"' in answer.body.decode()

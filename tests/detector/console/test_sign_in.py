import re
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest

from detector.access.links import make_link
from detector.api.cookies import SESSION_COOKIE, csrf_token
from tests.detector.api.people import PASSWORD
from tests.detector.api.reviewers import Office, serving_office
from tests.live_service import Answer, Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with serving_office(tmp_path_factory.mktemp("office") / "data") as office:
        yield office


@pytest.fixture(scope="module")
def visitor(office):
    return Client(office.clients["ann"].port)


def post(client: Client, path: str, headers: dict[str, str], **fields: str) -> Answer:
    return client.send("POST", path, urlencode(fields).encode(), {**FORM, **headers})


def session_of(answer: Answer) -> str:
    cookie = SimpleCookie(answer.headers["set-cookie"])[SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    return cookie.value


def signed_in(visitor: Client, name: str = "ann") -> str:
    answer = post(
        visitor, "/sign-in", {}, email=f"{name}@people.example", password=PASSWORD
    )
    assert answer.status == 303, answer.body
    return session_of(answer)


def token_of(office: Office, name: str) -> str:
    token = office.clients[name].key
    assert token is not None
    return token


def test_a_stranger_is_led_to_the_page_to_sign_in_and_back(visitor):
    answer = visitor.send("GET", "/account?tab=1")
    assert answer.status == 303
    assert answer.headers["location"] == "/sign-in?next=/account%3Ftab%3D1"
    form = visitor.send("GET", answer.headers["location"])
    assert form.status == 200
    assert 'value="/account?tab=1"' in form.body.decode()
    credentials = {"email": "ann@people.example", "password": PASSWORD}
    answer = post(visitor, "/sign-in", {}, next="/account?tab=1", **credentials)
    assert (answer.status, answer.headers["location"]) == (303, "/account?tab=1")


def test_no_page_allows_anything_from_elsewhere(visitor):
    answer = visitor.send("GET", "/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.body.decode()
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
    assert not re.search(r"\son\w+=|<style|\sstyle=|<script>", page)
    links = set(re.findall(r"(?:src|href)=\"(/static[^\"]*)\"", page))
    assert len(links) >= 4
    for link in links:
        assert visitor.send("GET", link).status == 200, link


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:x", ""],
)
def test_nobody_is_led_to_another_site(visitor, place):
    credentials = {"email": "ann@people.example", "password": PASSWORD}
    answer = post(visitor, "/sign-in", {}, next=place, **credentials)
    assert (answer.status, answer.headers["location"]) == (303, "/")


def test_a_file_is_kept_as_long_as_it_is_the_same(visitor):
    first = visitor.send("GET", "/static/console.js")
    assert first.headers["cache-control"] == "no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    again = visitor.send("GET", "/static/console.js", headers=known)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"


def test_a_wrong_password_is_told_and_the_address_kept(visitor):
    answer = post(visitor, "/sign-in", {}, email="<i>@x.example", password="wrong!")
    assert answer.status == 401
    page = answer.body.decode()
    assert 'role="alert"' in page
    assert "&lt;i&gt;@x.example" in page
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ],
)
def test_another_site_signs_nobody_in(visitor, headers):
    credentials = {"email": "ann@people.example", "password": PASSWORD}
    assert post(visitor, "/sign-in", headers, **credentials).status == 403


def test_a_link_lets_in_once_and_not_from_another_site(office, visitor):
    assert visitor.send("GET", "/sign-in/link").status == 200
    database = office.cases.database
    link, _ = make_link(database, "bob@people.example", lifetime=timedelta(hours=1))
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert post(visitor, "/sign-in/link", elsewhere, link=link).status == 403
    answer = post(visitor, "/sign-in/link", {}, link=link)
    assert answer.status == 303
    cookie = {"Cookie": f"{SESSION_COOKIE}={session_of(answer)}"}
    assert visitor.send("GET", "/v1/me", headers=cookie).json["name"] == "bob"
    again = post(visitor, "/sign-in/link", {}, link=link)
    assert again.status == 401
    assert 'role="alert"' in again.body.decode()


def test_the_cookie_is_secure_where_the_browser_speaks_tls(visitor):
    credentials = {"email": "ann@people.example", "password": PASSWORD}
    answer = post(visitor, "/sign-in", {"X-Forwarded-Proto": "https"}, **credentials)
    assert "secure" in answer.headers["set-cookie"].lower().split("; ")


def test_signing_out_ends_the_session(visitor):
    token = signed_in(visitor)
    cookie = {"Cookie": f"{SESSION_COOKIE}={token}"}
    assert visitor.send("GET", "/v1/me", headers=cookie).status == 200
    assert post(visitor, "/sign-out", cookie).status == 403
    answer = post(visitor, "/sign-out", cookie, csrf=csrf_token(token))
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    assert visitor.send("GET", "/v1/me", headers=cookie).status == 401
    assert visitor.send("GET", "/", headers=cookie).status == 303


def test_a_cookie_writes_only_with_the_word_that_our_pages_know(office, visitor):
    token = token_of(office, "ann")
    case_id = office.cases.open("by cookie")
    path, body = f"/v1/cases/{case_id}/comments", b'{"text": "hello"}'
    json = {"Content-Type": "application/json"}
    cookie = {**json, "Cookie": f"{SESSION_COOKIE}={token}"}
    other = csrf_token(token_of(office, "bob"))
    for word in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": other}):
        answer = visitor.send("POST", path, body, {**cookie, **word})
        assert (answer.status, answer.json["code"]) == (403, "forbidden")
    word = {"X-CSRF-Token": csrf_token(token)}
    elsewhere = {**cookie, **word, "Sec-Fetch-Site": "cross-site"}
    assert visitor.send("POST", path, body, elsewhere).status == 403
    assert visitor.send("POST", path, body, {**cookie, **word}).status == 201


def test_pages_speak_the_language_that_was_chosen(visitor):
    german = visitor.send("GET", "/sign-in", headers={"Accept-Language": "de-AT,en"})
    assert "<h1>Anmelden</h1>" in german.body.decode()
    assert "<h1>Sign in</h1>" in visitor.send("GET", "/sign-in").body.decode()
    answer = post(visitor, "/language", {}, language="de", next="/sign-in")
    chosen = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    page = visitor.send("GET", "/sign-in", headers=chosen).body.decode()
    assert '<html lang="de">' in page
    assert "<h1>Anmelden</h1>" in page

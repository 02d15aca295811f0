import uuid

import pytest

from tests.detector.api.people import OTHER_PASSWORD, PASSWORD, ask, log_in, made
from tests.live_service import Answer, Client, require_problem, serving


@pytest.fixture
def user(admin):
    """Somebody who can log in."""
    email = f"{uuid.uuid4().hex}@x.example"
    body = {"email": email, "password": PASSWORD, "role": "reviewer"}
    return made(admin, "/v1/users", body)


@pytest.fixture
def fresh(data_dir):
    """A client without a key, of a service that counts attempts from nought."""
    with serving(data_dir) as client:
        yield client


def test_a_session_goes_on_until_it_is_ended(stranger, user):
    body = {"email": user["email"], "password": PASSWORD}
    answer = ask(stranger, "POST", "/sessions", body)
    assert answer.status == 201
    assert answer.json["token"].startswith("ds_")
    assert answer.json["user"]["id"] == user["id"]
    assert answer.headers["cache-control"] == "no-store"
    session = Client(stranger.port, answer.json["token"])
    other = log_in(stranger, user["email"])
    assert ask(session, "GET", "/v1/me").json["role"] == "reviewer"
    assert ask(session, "DELETE", "/v1/session").status == 204
    require_problem(ask(session, "GET", "/v1/me"), 401, "unauthorized")
    assert ask(other, "GET", "/v1/me").status == 200


def test_an_unknown_address_is_answered_like_a_wrong_password(fresh, user):
    told = []
    for email in (user["email"], "nobody@x.example"):
        body = {"email": email, "password": OTHER_PASSWORD}
        answer = ask(fresh, "POST", "/sessions", body)
        problem = require_problem(answer, 401, "login_failed")
        assert "www-authenticate" in answer.headers
        told.append({n: v for n, v in problem.items() if n != "request_id"})
    assert told[0] == told[1]


def test_attempts_are_counted_by_address_of_the_mail_and_of_the_client(fresh):
    def attempt(email: str) -> Answer:
        body = {"email": email, "password": "wrong"}
        return ask(fresh, "POST", "/sessions", body)

    for _ in range(10):
        require_problem(attempt("a@x.y"), 401, "login_failed")
    answer = attempt("A@x.y")
    assert (answer.status, answer.json["code"]) == (429, "too_many_attempts")
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    codes = [attempt(f"{number}@x.y").status for number in range(60)]
    assert codes == [401] * 49 + [429] * 11


def test_ones_own_password_is_changed_with_the_old_one(stranger, user):
    session, other = (log_in(stranger, user["email"]) for _ in range(2))
    body = {"old_password": OTHER_PASSWORD, "new_password": OTHER_PASSWORD}
    answer = ask(session, "PUT", "/v1/me/password", body)
    require_problem(answer, 422, "wrong_password")
    body = {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}
    assert ask(session, "PUT", "/v1/me/password", body).status == 200
    for each in (session, other):
        assert ask(each, "GET", "/v1/me").status == 401
    log_in(stranger, user["email"], OTHER_PASSWORD)


def test_a_key_has_neither_session_nor_password(client):
    require_problem(ask(client, "DELETE", "/v1/session"), 403, "forbidden")
    body = {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}
    answer = ask(client, "PUT", "/v1/me/password", body)
    require_problem(answer, 403, "forbidden")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b"{}", 422, "invalid_request"),
        (b"[" * 5_000, 400, "malformed_body"),
        (b'{"email": "a@b.c", "password": "\\u0000"}', 400, "malformed_body"),
        (b'{"email": "a@b.c", "password": "\\ud800"}', 400, "malformed_body"),
        (b'{"email": "a@b.c", "password": "' + b"x" * 10_000, 413, "body_too_large"),
    ],
)
def test_a_body_that_is_none_is_refused(stranger, body, status, code):
    kind = {"Content-Type": "application/json"}
    answer = stranger.send("POST", "/sessions", body, kind)
    require_problem(answer, status, code)

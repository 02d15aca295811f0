import uuid
from typing import Any

import pytest

from tests.detector.api.people import OTHER_PASSWORD, PASSWORD, ask, log_in, made
from tests.live_service import require_problem


@pytest.fixture
def email():
    """An address that nobody has yet."""
    return f"{uuid.uuid4().hex}@acme.example"


def new_user(email: str, role: str = "reviewer", **given: Any) -> dict[str, Any]:
    return {"email": email, "password": PASSWORD, "role": role, **given}


def test_a_user_is_added_and_can_log_in(admin, brands, email):
    body = new_user(email, "brand_admin", brand_id=brands["Acme"], name="Ada")
    answer = ask(admin, "POST", "/v1/users", body)
    assert answer.status == 201
    assert PASSWORD not in answer.body.decode()
    shown = ask(admin, "GET", answer.headers["location"])
    assert shown.json == answer.json
    assert shown.json["last_login_at"] is None
    me = ask(log_in(admin, email), "GET", "/v1/me").json
    assert me["id"] == f"user:{shown.json['id']}"
    assert (me["name"], me["brand_id"]) == ("Ada", brands["Acme"])
    shown = ask(admin, "GET", answer.headers["location"])
    assert shown.json["last_login_at"] is not None
    again = ask(admin, "POST", "/v1/users", body | {"email": email.upper()})
    require_problem(again, 409, "conflict")


def test_who_is_disabled_is_out_until_enabled(admin, email):
    user = made(admin, "/v1/users", new_user(email))
    path = f"/v1/users/{user['id']}"
    session = log_in(admin, email)
    changed = ask(admin, "PATCH", path, {"state": "disabled", "name": "B."})
    assert (changed.json["state"], changed.json["name"]) == ("disabled", "B.")
    require_problem(ask(session, "GET", "/v1/me"), 401, "unauthorized")
    given = {"email": email, "password": PASSWORD}
    require_problem(ask(admin, "POST", "/sessions", given), 401, "login_failed")
    ask(admin, "PATCH", path, {"state": "active"})
    assert ask(log_in(admin, email), "GET", "/v1/me").status == 200


def test_a_new_role_takes_effect_in_sessions_there_are(admin, email):
    user = made(admin, "/v1/users", new_user(email))
    session = log_in(admin, email)
    path = f"/v1/users/{user['id']}"
    assert ask(admin, "PATCH", path, {"role": "legal"}).status == 200
    assert ask(session, "GET", "/v1/me").json["role"] == "legal"
    answer = ask(admin, "PATCH", path, {"role": "brand_agent"})
    require_problem(answer, 422, "invalid_input")


def test_a_password_that_is_reset_ends_all_sessions(admin, email):
    user = made(admin, "/v1/users", new_user(email))
    session = log_in(admin, email)
    path = f"/v1/users/{user['id']}/password"
    weak = ask(admin, "PUT", path, {"password": "password123456"})
    require_problem(weak, 422, "weak_password")
    assert ask(session, "GET", "/v1/me").status == 200
    assert ask(admin, "PUT", path, {"password": OTHER_PASSWORD}).status == 200
    assert ask(session, "GET", "/v1/me").status == 401
    log_in(admin, email, OTHER_PASSWORD)


def test_another_brands_users_are_like_none(admin, brand_admin, brands, email):
    own = made(brand_admin, "/v1/users", new_user(email, "brand_agent"))
    assert own["brand_id"] == brands["Acme"]
    zeta = new_user("z" + email, "brand_admin", brand_id=brands["Zeta"])
    others = [
        made(admin, "/v1/users", zeta)["id"],
        made(admin, "/v1/users", new_user("p" + email))["id"],
        "usr_" + "0" * 24,
    ]
    listed = ask(brand_admin, "GET", "/v1/users?limit=200").json["items"]
    assert own["id"] in [user["id"] for user in listed]
    assert {user["brand_id"] for user in listed} == {brands["Acme"]}
    details = set()
    for user_id in others:
        for method, end, body in (
            ("GET", "", None),
            ("PATCH", "", {"state": "disabled"}),
            ("PUT", "/password", {"password": OTHER_PASSWORD}),
        ):
            answer = ask(brand_admin, method, f"/v1/users/{user_id}{end}", body)
            problem = require_problem(answer, 404, "unknown_id")
            details.add(problem["detail"].replace(user_id, "ID"))
    assert len(details) == 1


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"role": "admin"}, 403, "escalation"),
        ({"role": "marketplace"}, 403, "escalation"),
        ({"role": "brand_agent", "brand_id": "other"}, 404, "unknown_brand"),
    ],
)
def test_a_brand_adds_people_of_its_own_only(brand_admin, email, given, status, code):
    answer = ask(brand_admin, "POST", "/v1/users", new_user(email, **given))
    require_problem(answer, status, code)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"email": "nobody"}, "invalid_request"),
        ({"email": "a\x01@b"}, "invalid_request"),
        ({"email": "\u00a0@b"}, "invalid_request"),
        ({"name": "a\nb"}, "invalid_request"),
        ({"password": "short"}, "weak_password"),
        ({"password": ""}, "invalid_request"),
        ({"password": "x" * 513}, "invalid_request"),
        ({"password": "a\u0378b otter keeps lamps"}, "weak_password"),
        ({"role": "brand_agent"}, "invalid_input"),
        ({"is_boss": True}, "invalid_request"),
    ],
)
def test_what_does_not_fit_is_refused(admin, email, given, code):
    answer = ask(admin, "POST", "/v1/users", new_user(email) | given)
    require_problem(answer, 422, code)

import pytest

from detector.access.roles import SHIPPED, Role
from tests.detector.api.people import ask, made, with_key
from tests.live_service import Client, picture, require_problem


def test_a_key_is_shown_once_and_then_known_by_its_prefix(admin, brands):
    body = {"role": "brand_agent", "brand_id": brands["Acme"], "name": "import"}
    answer = ask(admin, "POST", "/v1/keys", body | {"expires_in_days": 30})
    assert answer.status == 201
    key = answer.json.pop("key")
    assert key.startswith(f"dk_{answer.json['prefix']}_")
    shown = ask(admin, "GET", answer.headers["location"])
    assert key not in shown.body.decode()
    assert shown.json == {n: v for n, v in answer.json.items() if n != "key"}
    assert shown.json["state"] == "active"
    assert shown.json["created_by"] == "key:" + admin.key.split("_")[1]
    agent = SHIPPED[Role.BRAND_AGENT].capabilities
    assert shown.json["capabilities"] == sorted(agent)
    me = ask(Client(admin.port, key), "GET", "/v1/me").json
    assert me["brand_id"] == brands["Acme"]
    assert me["capabilities"] == sorted(agent)


def test_a_revoked_key_opens_nothing(admin):
    key = made(admin, "/v1/keys", {"role": "marketplace"})
    client = Client(admin.port, key["key"])
    assert ask(client, "GET", "/v1/me").status == 200
    for _ in range(2):
        answer = ask(admin, "POST", f"/v1/keys/{key['prefix']}/revoke")
        assert (answer.status, answer.json["state"]) == (200, "revoked")
    require_problem(ask(client, "GET", "/v1/me"), 401, "unauthorized")


def test_both_keys_open_while_they_overlap(admin):
    old = made(admin, "/v1/keys", {"role": "marketplace", "marketplace": "Shop"})
    path = f"/v1/keys/{old['prefix']}/rotate"
    new = made(admin, path, {"overlap_s": 3_600})
    for key in (old, new):
        me = ask(Client(admin.port, key["key"]), "GET", "/v1/me")
        assert me.json["marketplace"] == "Shop"
    shown = ask(admin, "GET", f"/v1/keys/{old['prefix']}").json
    assert shown["replaced_by"] == new["prefix"]
    assert shown["expires_at"] > shown["created_at"]
    require_problem(ask(admin, "POST", path, {}), 409, "conflict")
    newest = made(admin, f"/v1/keys/{new['prefix']}/rotate", {"overlap_s": 0})
    assert ask(Client(admin.port, new["key"]), "GET", "/v1/me").status == 401
    assert ask(Client(admin.port, newest["key"]), "GET", "/v1/me").status == 200


def test_a_narrowed_key_can_do_no_more_than_its_scopes(admin):
    client = with_key(admin, role="marketplace", scopes=["pictures:compare"])
    assert ask(client, "GET", "/v1/me").json["capabilities"] == ["pictures:compare"]
    require_problem(ask(client, "GET", "/v1/keys"), 403, "forbidden")
    require_problem(ask(client, "GET", "/v1/brands"), 403, "forbidden")
    narrow = with_key(admin, role="admin", scopes=["keys:manage"])
    assert ask(narrow, "GET", "/v1/keys").status == 200
    require_problem(ask(narrow, "GET", "/v1/users"), 403, "forbidden")
    answer = ask(narrow, "POST", "/v1/keys", {"role": "admin"})
    problem = require_problem(answer, 403, "escalation")
    assert "users:manage" in problem["detail"]


def test_another_brands_keys_are_like_none(admin, brand_admin, brands):
    own = made(brand_admin, "/v1/keys", {"role": "brand_agent"})
    assert own["brand_id"] == brands["Acme"]
    zeta = {"role": "brand_agent", "brand_id": brands["Zeta"]}
    others = [
        made(admin, "/v1/keys", zeta)["prefix"],
        made(admin, "/v1/keys", {"role": "marketplace"})["prefix"],
        "00000000",
    ]
    listed = ask(brand_admin, "GET", "/v1/keys?limit=200").json["items"]
    assert own["prefix"] in [key["prefix"] for key in listed]
    assert {key["brand_id"] for key in listed} == {brands["Acme"]}
    details = set()
    for prefix in others:
        for method, end in (("GET", ""), ("POST", "/revoke"), ("POST", "/rotate")):
            body: dict[str, str] | None = {} if end == "/rotate" else None
            answer = ask(brand_admin, method, f"/v1/keys/{prefix}{end}", body)
            problem = require_problem(answer, 404, "unknown_id")
            details.add(problem["detail"].replace(prefix, "PREFIX"))
    assert len(details) == 1
    for brand_id in (brands["Zeta"], "brand_nobody"):
        body = {"role": "brand_agent", "brand_id": brand_id}
        problem = require_problem(
            ask(brand_admin, "POST", "/v1/keys", body), 404, "unknown_brand"
        )
        details.add(problem["detail"].replace(brand_id, "ID"))
    assert len(details) == 2


def test_keys_come_in_pages(admin, brands):
    client = with_key(admin, role="brand_admin", brand_id=brands["Zeta"])
    for _ in range(3):
        made(client, "/v1/keys", {"role": "brand_agent"})
    whole = ask(client, "GET", "/v1/keys?limit=200").json
    assert whole["next_cursor"] is None
    found, path = [], "/v1/keys?limit=2"
    while path:
        page = ask(client, "GET", path).json
        found += page["items"]
        cursor = page["next_cursor"]
        path = cursor and f"/v1/keys?limit=2&cursor={cursor}"
    prefixes = [key["prefix"] for key in whole["items"]]
    assert [key["prefix"] for key in found] == prefixes
    assert len(prefixes) >= 4


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"role": "king"}, 422, "invalid_request"),
        ({"role": "admin", "name": "a\0b"}, 400, "malformed_body"),
        ({"role": "admin", "name": "a\nb"}, 422, "invalid_request"),
        ({"role": "admin", "name": "x" * 201}, 422, "invalid_request"),
        ({"role": "admin", "name": 7}, 422, "invalid_request"),
        ({"role": "admin", "colour": "red"}, 422, "invalid_request"),
        ({"role": "admin", "scopes": []}, 422, "invalid_request"),
        ({"role": "admin", "scopes": ["moon:read"]}, 422, "invalid_request"),
        ({"role": "admin", "expires_in_days": 0}, 422, "invalid_request"),
        ({"role": "admin", "expires_in_days": 10**30}, 400, "malformed_body"),
        ({"role": "admin", "brand_id": "x"}, 422, "invalid_input"),
        ({"role": "admin", "marketplace": "x"}, 422, "invalid_input"),
        ({"role": "brand_agent"}, 422, "invalid_input"),
        ({"role": "brand_agent", "brand_id": "x\n"}, 422, "invalid_request"),
        ({"role": "brand_agent", "brand_id": "x"}, 404, "unknown_brand"),
        ({"role": "marketplace", "scopes": ["keys:manage"]}, 422, "invalid_input"),
        ({"role": "admin", "name": "x" * 20_000}, 413, "body_too_large"),
    ],
)
def test_what_does_not_fit_is_refused(admin, body, status, code):
    require_problem(ask(admin, "POST", "/v1/keys", body), status, code)


@pytest.mark.parametrize("prefix", ["x", "0000000g", "000000000", "%00%00%00%00"])
def test_what_is_no_prefix_is_refused(admin, prefix):
    answer = ask(admin, "GET", f"/v1/keys/{prefix}")
    require_problem(answer, 422, "invalid_request")


def test_who_may_not_manage_keys_learns_nothing(client):
    for path in ("/v1/keys", "/v1/keys/00000000", "/v1/users"):
        require_problem(ask(client, "GET", path), 403, "forbidden")
    assert client.match(picture(1)).status == 200

import pytest

from detector.access.roles import SHIPPED, Role
from tests.detector.api.people import ask, with_key
from tests.live_service import require_problem


@pytest.fixture
def put_back(admin):
    """Leave the roles as they were shipped."""
    yield
    for role, bundle in SHIPPED.items():
        body = {"capabilities": sorted(bundle.capabilities)}
        assert ask(admin, "PUT", f"/v1/roles/{role}", body).status == 200


def test_everybody_may_read_what_each_role_allows(client):
    listed = ask(client, "GET", "/v1/roles").json
    assert [item["role"] for item in listed["items"]] == list(Role)
    for item in listed["items"]:
        assert ask(client, "GET", f"/v1/roles/{item['role']}").json == item
        assert set(item["capabilities"]) == SHIPPED[Role(item["role"])].capabilities
        assert not item["is_edited"]
    require_problem(ask(client, "GET", "/v1/roles/king"), 422, "invalid_request")


def test_an_edit_takes_effect_on_keys_there_are(admin, put_back):
    legal = with_key(admin, role="legal")
    assert ask(legal, "GET", "/v1/brands").status == 200
    edited = ask(admin, "PUT", "/v1/roles/legal", {"capabilities": ["rights:read"]})
    assert edited.json["is_edited"]
    assert ask(legal, "GET", "/v1/me").json["capabilities"] == ["rights:read"]
    require_problem(ask(legal, "GET", "/v1/brands"), 403, "forbidden")


@pytest.mark.parametrize(
    ("role", "capabilities", "code"),
    [
        ("brand_agent", ["pictures:match"], "invalid_input"),
        ("brand_admin", ["brands:write"], "invalid_input"),
        ("marketplace", ["catalogue:read"], "invalid_input"),
        ("admin", ["roles:manage", "keys:manage"], "invalid_input"),
        ("lead", ["moon:read"], "invalid_request"),
        ("lead", None, "invalid_request"),
    ],
)
def test_a_role_keeps_within_its_reach(admin, role, capabilities, code):
    body = {"capabilities": capabilities}
    require_problem(ask(admin, "PUT", f"/v1/roles/{role}", body), 422, code)
    assert not ask(admin, "GET", f"/v1/roles/{role}").json["is_edited"]


def test_only_holders_of_roles_manage_edit_and_add_what_they_have(admin, brand_admin):
    body = {"capabilities": ["rights:read"]}
    answer = ask(brand_admin, "PUT", "/v1/roles/brand_agent", body)
    require_problem(answer, 403, "forbidden")
    narrow = with_key(admin, role="admin", scopes=["roles:manage"])
    body = {"capabilities": [*sorted(SHIPPED[Role.LEGAL].capabilities), "jobs:manage"]}
    answer = ask(narrow, "PUT", "/v1/roles/legal", body)
    require_problem(answer, 403, "escalation")

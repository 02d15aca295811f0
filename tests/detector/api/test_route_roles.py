"""Every route for every role: who gets in."""

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from detector.access.roles import SHIPPED, Capability, Role
from detector.access.sessions import log_in
from detector.api.app import create_app
from detector.settings import Settings
from tests.detector.api.people import PASSWORD, with_key
from tests.detector.api.route_line import Line
from tests.detector.api.route_table import (
    A_USER,
    ANY_KEY,
    LINES,
    PUBLIC,
    TABLE,
)
from tests.detector.api.tenants import Tenants, serving_tenants
from tests.live_service import Answer, Client, require_problem


def routes_of(app: FastAPI) -> list[str]:
    """List what an app answers, as `METHOD /path`."""
    found = []
    for route in iter_route_contexts(app.routes):
        path = route.path or ""
        if not route.methods:  # a folder of files
            found.append(f"GET {path}/{{path}}")
        found += [f"{method} {path}" for method in route.methods or ()]
    return sorted(found)


def all_routes() -> list[str]:
    return routes_of(create_app(Settings()))


ROUTES = all_routes()


@pytest.fixture(scope="module")
def tenants(tmp_path_factory):
    with serving_tenants(tmp_path_factory.mktemp("service") / "data") as tenants:
        yield tenants


def test_the_table_has_a_line_for_each_route_and_no_others():
    assert sorted(LINES) == ROUTES
    assert len(LINES) == len(TABLE)


def may_call(line: Line, capabilities: frozenset[Capability]) -> bool:
    return line.allows in {PUBLIC, ANY_KEY} or line.allows in capabilities


def is_let_in(answer: Answer) -> bool:
    """Tell whether the route took the request, whatever came of it.

    Whoever runs the service may give others what they may not use: an admin acts on no
    case, which the case's own rules say.
    """
    if answer.status == 403:
        return bool(answer.json["code"] == "wrong_role")
    return answer.status not in {401, 405}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", ROUTES)
def test_each_role_may_do_what_it_is_for(tenants, route, role):
    line = LINES[route]
    answer = line.send(tenants.clients[role], tenants.acme.ids)
    if may_call(line, SHIPPED[role].capabilities):
        assert is_let_in(answer), answer.body
        assert answer.status < 500
    else:
        require_problem(answer, 403, "forbidden")


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_without_a_key_gets_past_the_door(tenants, route):
    line = LINES[route]
    for key in (None, "dk_00000000_" + "A" * 43, tenants.acme.ids["prefix"]):
        answer = line.send(Client(tenants.admin.port, key), tenants.acme.ids)
        if line.allows == PUBLIC:
            assert line.path.startswith("/sessions") or answer.status == 200
        elif line.method == "HEAD":
            assert answer.status == 401
        else:
            require_problem(answer, 401, "unauthorized")


@pytest.mark.parametrize("route", ROUTES)
def test_a_user_may_do_what_the_role_allows(tenants, route):
    line = LINES[route]
    client = tenants.user
    if route == "DELETE /v1/session":  # which is to end another one
        client = Client(client.port, log_in_apart(tenants))
    ids = {**tenants.acme.ids, "user_id": "usr_" + "0" * 24}
    answer = line.send(client, ids)
    if line.allows == A_USER or may_call(line, SHIPPED[Role.BRAND_ADMIN].capabilities):
        assert is_let_in(answer), answer.body
    else:
        require_problem(answer, 403, "forbidden")


def log_in_apart(tenants: Tenants) -> str:
    """Begin another session; over HTTP one may not do so as often."""
    store = tenants.store()
    token, _ = log_in(store.database, tenants.acme.email, PASSWORD)
    store.close()
    return token


@pytest.mark.parametrize("route", ROUTES)
def test_scopes_take_from_an_admin_what_they_leave_out(tenants, route):
    line = LINES[route]
    rest = sorted(SHIPPED[Role.ADMIN].capabilities - {line.allows})
    client = with_key(tenants.admin, role="admin", scopes=rest)
    answer = line.send(client, tenants.acme.ids)
    if line.allows in {PUBLIC, ANY_KEY}:
        assert is_let_in(answer), answer.body
    else:
        require_problem(answer, 403, "forbidden")

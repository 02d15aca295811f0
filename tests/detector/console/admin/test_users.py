import re

from tests.detector.api.people import PASSWORD, ask
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert
from tests.live_service import Client

OTHER_PASSWORD = "seven quiet lamps drift by"


def user_of(office: Office, email: str):
    items = office.read("adm", "/users?limit=200")["items"]
    return next(item for item in items if item["email"] == email)


def add(office: Office, who: str, email: str, **fields: str) -> str:
    """Add somebody by the form; return the path of their page."""
    given = {"email": email, "name": email[:3], "password": PASSWORD, **fields}
    sent = fill(office, who, "/users/new", **given)
    assert (sent.status, sent.headers["location"]) == (303, "/users"), sent.body
    return f"/users/{user_of(office, email)['id']}"


def log_in(office: Office, email: str, password: str) -> int:
    client = Client(office.clients["ann"].port)
    given = {"email": email, "password": password}
    return ask(client, "POST", "/sessions", given).status


def test_somebody_is_added_changed_disabled_and_enabled(office):
    path = add(office, "adm", "new@people.example", role="reviewer")
    assert "new@people.example" in look(office, "adm", "/users")
    assert log_in(office, "new@people.example", PASSWORD) == 201
    assert fill(office, "adm", path, name="New name", role="lead").status == 303
    user = user_of(office, "new@people.example")
    assert (user["name"], user["role"]) == ("New name", "lead")
    fill(office, "adm", f"{path}/state", state="disabled")
    assert log_in(office, "new@people.example", PASSWORD) == 401
    page = look(office, "adm", path)
    assert "Enable them again" in page
    fill(office, "adm", f"{path}/state", state="active")
    fill(office, "adm", f"{path}/password", password=OTHER_PASSWORD)
    assert log_in(office, "new@people.example", PASSWORD) == 401
    assert log_in(office, "new@people.example", OTHER_PASSWORD) == 201


def test_what_is_refused_is_told_and_kept_but_for_the_password(office):
    given = {"email": "kept@people.example", "role": "lead", "name": "Kept"}
    sent = fill(office, "adm", "/users/new", **given, password="kept-hidden")
    assert sent.status == 422
    page = sent.body.decode()
    assert 'role="alert"' in page
    assert 'value="kept@people.example"' in page
    assert '<option value="lead" selected' in page
    assert "kept-hidden" not in page
    path = add(office, "adm", "weak@people.example", role="reviewer")
    sent = fill(office, "adm", f"{path}/password", password="hello")
    assert sent.status == 422
    assert 'role="alert"' in sent.body.decode()


def test_the_admin_of_a_brand_keeps_its_people_alone(office):
    page = look(office, "acme", "/users/new")
    offered = re.findall(r'<option value="(\w+)"', page)
    assert sorted(offered) == ["brand_admin", "brand_agent"]
    path = add(office, "acme", "agent@acme.example", role="brand_agent")
    added = user_of(office, "agent@acme.example")
    assert added["brand_id"] == office.cases.world.brand_id("acme")
    assert "agent@acme.example" not in look(office, "zeta", "/users")
    assert "ann@people.example" not in look(office, "acme", "/users")
    look(office, "zeta", path, status=404)
    assert fill(office, "zeta", f"{path}/state", state="disabled").status == 404
    given = {"email": "x@acme.example", "password": PASSWORD, "role": "admin"}
    assert fill(office, "acme", "/users/new", **given).status == 403
    assert user_of(office, "agent@acme.example")["state"] == "active"


def test_nobody_is_asked_to_shut_themselves_out(office):
    own = office.ids["adm"].removeprefix("user:")
    page = look(office, "adm", f"/users/{own}")
    assert "/account" in page
    assert "Disable them" not in page


def test_whoever_keeps_no_users_has_no_page_of_them(office):
    for who in ("ann", "lea", "aud"):
        assert 'href="/users"' not in look(office, who, "/account")
        assert 'href="/users"' not in look(office, who, "/users", status=403)
        given = {"email": "y@people.example", "password": PASSWORD, "role": "reviewer"}
        assert fill(office, who, "/users/new", **given).status == 403


def test_what_people_are_called_stays_text(office):
    path = add(office, "adm", "h@people.example", role="reviewer", name=HOSTILE)
    require_inert(look(office, "adm", "/users"))
    require_inert(look(office, "adm", path))


def test_roles_are_shown_to_all_and_edited_by_admins(office):
    page = look(office, "acme", "/roles")
    assert "cases:decide" in page
    assert "<button" not in look(office, "acme", "/roles/auditor").partition("<main")[2]
    before = office.read("adm", "/roles/auditor")["capabilities"]
    fewer = [each for each in before if each != "audit:read"]
    assert fill(office, "acme", "/roles/auditor", capabilities=fewer).status == 403
    assert fill(office, "adm", "/roles/auditor", capabilities=fewer).status == 303
    assert office.read("adm", "/roles/auditor")["capabilities"] == fewer
    assert "edited" in look(office, "adm", "/roles")
    fill(office, "adm", "/roles/auditor", capabilities=before)
    beyond = fill(office, "adm", "/roles/brand_agent", capabilities=["audit:read"])
    assert beyond.status in (403, 422)
    assert 'role="alert"' in beyond.body.decode()

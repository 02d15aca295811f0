import re

from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert
from tests.live_service import Answer, Client

KEY = re.compile(r"dk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")


def make(office: Office, who: str, **fields: str | list[str]) -> str:
    """Make a key by the form; return it."""
    sent = fill(office, who, "/keys/new", **fields)
    assert sent.status == 200, sent.body
    assert sent.headers["cache-control"] == "no-store"
    return key_on(sent)


def key_on(shown: Answer) -> str:
    """Read the one key that a page shows."""
    (key,) = {found[0] for found in KEY.finditer(shown.body.decode())}
    return key


def page_of(key: str) -> str:
    return f"/keys/{key[3:11]}"


def opens(office: Office, key: str, path: str = "/v1/me") -> int:
    return Client(office.clients["ann"].port, key).send("GET", path).status


def test_a_key_is_shown_once_rotated_and_revoked(office):
    key = make(office, "adm", name="nightly", role="reviewer", expires_in_days="30")
    assert opens(office, key) == 200
    page = look(office, "adm", page_of(key))
    assert "nightly" in page
    for path in ("/keys", page_of(key)):
        assert not KEY.search(look(office, "adm", path))
    sent = fill(office, "adm", f"{page_of(key)}/rotate", overlap_h="1")
    successor = key_on(sent)
    assert (opens(office, key), opens(office, successor)) == (200, 200)
    page = look(office, "adm", page_of(key))
    assert f'href="{page_of(successor)}"' in page
    assert "Make its successor" not in page
    assert fill(office, "adm", f"{page_of(successor)}/revoke").status == 303
    assert opens(office, successor) == 401
    assert "Revoked" in look(office, "adm", page_of(successor))


def test_a_key_can_be_narrowed(office):
    key = make(office, "adm", name="n", role="lead", scopes=["cases:read"])
    assert opens(office, key, "/v1/cases") == 200
    assert opens(office, key, "/v1/audit") == 403


def test_what_is_refused_is_told_and_kept(office):
    for days in ("soon", "0", "9" * 5_000):
        sent = fill(
            office,
            "adm",
            "/keys/new",
            name="kept",
            role="reviewer",
            expires_in_days=days,
            scopes=["cases:read"],
        )
        page = sent.body.decode()
        assert sent.status == 422
        assert 'role="alert"' in page
        assert f'value="{days}"' in page
        assert 'value="cases:read" checked' in page
        assert not KEY.search(page)
    key = make(office, "adm", name="r", role="reviewer")
    for hours in ("", "long", "100000"):
        sent = fill(office, "adm", f"{page_of(key)}/rotate", overlap_h=hours)
        assert sent.status == 422, hours
        assert 'role="alert"' in sent.body.decode()


def test_the_admin_of_a_brand_keeps_its_keys_alone(office):
    key = make(office, "acme", name="acme's own", role="brand_agent")
    me = Client(office.clients["ann"].port, key).send("GET", "/v1/me").json
    assert me["brand_id"] == office.cases.world.brand_id("acme")
    assert page_of(key) in look(office, "acme", "/keys")
    assert page_of(key) not in look(office, "zeta", "/keys")
    look(office, "zeta", page_of(key), status=404)
    assert fill(office, "zeta", f"{page_of(key)}/revoke").status == 404
    assert fill(office, "acme", "/keys/new", name="x", role="admin").status == 403
    assert opens(office, key) == 200


def test_whoever_keeps_no_keys_has_no_page_of_them(office):
    for who in ("ann", "lea", "aud"):
        assert 'href="/keys"' not in look(office, who, "/keys", status=403)
        assert fill(office, who, "/keys/new", role="reviewer").status == 403


def test_what_keys_are_called_stays_text(office):
    key = make(office, "adm", name=HOSTILE, role="reviewer")
    require_inert(look(office, "adm", "/keys"))
    require_inert(look(office, "adm", page_of(key)))

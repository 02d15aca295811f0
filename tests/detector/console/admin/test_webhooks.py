import re
from datetime import timedelta

import pytest

from detector.events.outbox import EventType, emit
from detector.store.table import utc_now
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert

URL = "https://hooks.example/in"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")


def add(office: Office, who: str, **fields: str | list[str]) -> tuple[str, str]:
    """Add a webhook by the form; return its page's path and its secret."""
    sent = fill(office, who, "/webhooks/new", **{"url": URL, **fields})
    assert sent.status == 200, sent.body
    page = sent.body.decode()
    assert sent.headers["cache-control"] == "no-store"
    path = re.search(r'href="(/webhooks/wep_[0-9a-f]+)"', page)
    assert path is not None
    (secret,) = set(SECRET.findall(page))
    return path[1], secret


def log_of(office: Office, who: str, path: str) -> list[str]:
    """List the ids of what was sent, as the page's forms have them."""
    return re.findall(r"/deliveries/(dlv_[0-9a-f]+)/retry", look(office, who, path))


@pytest.fixture
def hook(office):
    path, _ = add(office, "adm", description="a test's own")
    yield path
    fill(office, "adm", f"{path}/remove")


def test_a_secret_is_shown_when_it_is_made_and_never_again(office):
    path, secret = add(office, "adm")
    for place in ("/webhooks", path):
        assert not SECRET.search(look(office, "adm", place))
    sent = fill(office, "adm", f"{path}/rotate-secret", overlap_h="1")
    (other,) = set(SECRET.findall(sent.body.decode()))
    assert other != secret
    assert not SECRET.search(look(office, "adm", path))
    sent = fill(office, "adm", f"{path}/rotate-secret", overlap_h="long")
    assert sent.status == 422
    assert fill(office, "adm", f"{path}/remove").status == 303
    look(office, "adm", path, status=404)


def test_a_webhook_is_tested_and_what_was_sent_is_sent_again(office, hook):
    assert log_of(office, "adm", hook) == []
    sent = fill(office, "adm", f"{hook}/test")
    assert (sent.status, sent.headers["location"]) == (303, f"{hook}#log")
    (delivery,) = log_of(office, "adm", hook)
    part = look(office, "adm", f"{hook}/deliveries")
    assert part.startswith("<section")
    assert f"{delivery}/retry" in part
    assert fill(office, "adm", f"{hook}/deliveries/{delivery}/retry").status == 303
    assert log_of(office, "adm", f"{hook}?state=delivered") == []
    assert 'role="alert"' in look(office, "adm", f"{hook}?state=none", status=422)


def test_events_of_a_time_are_sent_again(office, hook):
    fill(office, "adm", f"{hook}/state", state="disabled")
    assert "Enable it again" in look(office, "adm", hook)
    with office.cases.database.write() as session:
        emit(
            session,
            EventType.SWEEP_COMPLETED,
            marketplace=None,
            brand_id=None,
            data={"missed": True},
        )
    since = (utc_now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    refused = fill(office, "adm", f"{hook}/replay", since=since)
    assert refused.status == 409
    assert 'role="alert"' in refused.body.decode()
    fill(office, "adm", f"{hook}/state", state="enabled")
    assert log_of(office, "adm", hook) == []
    kind = EventType.SWEEP_COMPLETED.value
    assert fill(office, "adm", f"{hook}/replay", since=since, types=kind).status == 303
    assert len(log_of(office, "adm", hook)) == 1
    assert fill(office, "adm", f"{hook}/replay", since="soon").status == 422


def test_a_webhook_is_changed_and_what_is_refused_is_kept(office, hook):
    fill(office, "adm", hook, url=URL, description="new words", types="case.opened")
    shown = office.read("adm", hook)
    assert (shown["description"], shown["types"]) == ("new words", ["case.opened"])
    page = look(office, "adm", hook)
    assert 'value="case.opened" checked' in page
    for path in (hook, "/webhooks/new"):
        refused = fill(office, "adm", path, url="http://127.0.0.1/", description="kept")
        page = refused.body.decode()
        assert refused.status == 422
        assert 'role="alert"' in page
        assert 'value="http://127.0.0.1/"' in page
        assert 'value="kept"' in page


def test_each_keeps_their_own_and_is_offered_what_they_may_be_sent(office, hook):
    own, _ = add(office, "acme", description="of acme", types="notice.decided")
    assert own in look(office, "acme", "/webhooks")
    for who in ("zeta", "adm"):
        assert own not in look(office, who, "/webhooks")
        look(office, who, own, status=404)
        assert fill(office, who, f"{own}/test").status == 404
        assert fill(office, who, f"{own}/remove").status == 404
    look(office, "acme", hook, status=404)
    offered = look(office, "acme", "/webhooks/new")
    assert 'value="notice.decided"' in offered
    assert 'value="match.created"' not in offered
    assert fill(office, "acme", f"{own}/remove").status == 303


def test_whoever_keeps_no_webhooks_has_no_page_of_them(office, hook):
    for who in ("ann", "lea", "aud"):
        assert 'href="/webhooks"' not in look(office, who, "/webhooks", status=403)
        assert fill(office, who, "/webhooks/new", url=URL).status == 403
        assert fill(office, who, f"{hook}/test").status == 403


def test_what_is_written_about_a_webhook_stays_text(office):
    path, _ = add(office, "adm", description=HOSTILE)
    for place in ("/webhooks", path):
        require_inert(look(office, "adm", place))
    sent = fill(office, "adm", path, url="javascript:alert(1)", description=HOSTILE)
    assert sent.status == 422
    require_inert(sent.body.decode())

from datetime import timedelta

import pytest

from detector.catalogue.validity import today
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import (
    HOSTILE,
    browser_of,
    fill,
    look,
    require_inert,
    upload,
)


def place(office: Office, brand: str = "acme") -> str:
    return f"/rights/{office.cases.world.brand_id(brand)}"


def right_of(office: Office, right_id: str):
    brand_id = office.cases.world.brand_id("acme")
    items = office.read("acme", f"/brands/{brand_id}/rights")["items"]
    return next(item for item in items if item["right_id"] == right_id)


def add(office: Office, right_id: str, **fields: str) -> str:
    """Add a right by the form; return the path of its page."""
    given = {"right_id": right_id, "type": "trademark", "office": "em", **fields}
    sent = fill(office, "acme", f"{place(office)}/new", **given)
    assert (sent.status, sent.headers["location"]) == (303, place(office)), sent.body
    return f"{place(office)}/{right_of(office, right_id)['id']}"


def test_whoever_is_of_a_brand_is_led_to_its_list_and_others_to_choose(office):
    for who, led in (("acme", place(office)), ("lea", "/brands")):
        client, cookie, _ = browser_of(office, who)
        answer = client.send("GET", "/rights", headers=cookie)
        assert (answer.status, answer.headers["location"]) == (303, led)


def test_a_right_is_added_changed_set_aside_and_removed(office):
    path = add(office, "TM-1", nice_classes="18, 25", territories="eu", owner="Acme")
    right = right_of(office, "TM-1")
    assert (right["office"], right["nice_classes"]) == ("EM", [18, 25])
    assert right["territories"] == ["EU"]
    form = look(office, "acme", path)
    assert 'value="18, 25"' in form
    fill(office, "acme", path, type="design", office="DE", owner="")
    right = right_of(office, "TM-1")
    assert (right["type"], right["office"], right["owner"]) == ("design", "DE", None)
    fill(office, "acme", f"{path}/state", state="disabled")
    assert "TM-1" in look(office, "acme", f"{place(office)}?standing=disabled")
    assert fill(office, "acme", f"{path}/remove").status == 303
    look(office, "acme", path, status=404)


def test_what_ends_soon_or_has_ended_is_marked(office):
    add(office, "SOON", expires_on=(today() + timedelta(days=1)).isoformat())
    add(office, "OVER", expires_on="2020-01-01")
    page = look(office, "acme", place(office))
    assert "ends in 1 day<" in page
    assert "Expired</span>" in page
    soon = look(office, "acme", f"{place(office)}?soon=yes")
    assert "SOON" in soon
    assert "OVER" not in soon


@pytest.mark.parametrize(
    ("field", "value"),
    [("nice_classes", "shoes"), ("expires_on", "never"), ("territories", "Europe")],
)
def test_what_cannot_be_read_is_told_and_kept(office, field, value):
    given = {"right_id": f"BAD {field}", "type": "trademark", "office": "EM"}
    sent = fill(office, "acme", f"{place(office)}/new", **given, **{field: value})
    assert sent.status == 422
    page = sent.body.decode()
    assert f"/{field}" in page
    assert f'name="{field}"' in page
    assert f'value="{value}"' in page


def test_a_file_of_rights_is_taken_row_by_row(office):
    data = b"right_id,type,office\nBY-FILE,trademark,US\nBAD,emblem,US\n"
    page = upload(office, "acme", f"{place(office)}/file", data).body.decode()
    assert "1 added" in page
    assert "1 problems" in page
    assert "BY-FILE" in page
    assert "emblem" in page
    assert right_of(office, "BY-FILE")["office"] == "US"


def test_no_other_brand_finds_the_rights(office):
    path = add(office, "SECRET")
    for page in (place(office), path):
        assert "SECRET" not in look(office, "zeta", page, status=404)
    assert fill(office, "zeta", f"{path}/remove").status == 404
    assert right_of(office, "SECRET")["state"] == "active"
    page = look(office, "zeta", place(office, "zeta"))
    assert "No right is on record yet." in page


def test_whoever_may_only_read_has_no_buttons(office):
    path = add(office, "READ")
    for page in (look(office, "aud", place(office)), look(office, "aud", path)):
        assert "<button" not in page.partition("<main")[2]
    assert fill(office, "aud", path, type="design", office="EM").status == 403


def test_what_is_written_into_the_list_stays_text(office):
    path = add(office, "HOSTILE", mark_text=HOSTILE, owner=HOSTILE, image=HOSTILE)
    for page in (place(office), path):
        require_inert(look(office, "acme", page))
    require_inert(look(office, "acme", "/notices/new"))

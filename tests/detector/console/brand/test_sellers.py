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

CSV = b"""marketplace,seller_id,relation,countries,valid_to
market,by-file,reseller,DE|AT,2099-12-31
market,wrong,friend,DE,
market,formula,reseller,UK,
"""


def place(office: Office, brand: str = "acme") -> str:
    return f"/sellers/{office.cases.world.brand_id(brand)}"


def entry_of(office: Office, seller_id: str):
    brand_id = office.cases.world.brand_id("acme")
    items = office.read("acme", f"/brands/{brand_id}/authorized-sellers")["items"]
    return next(item for item in items if item["seller_id"] == seller_id)


def add(office: Office, seller_id: str, **fields: str) -> str:
    """Add a seller by the form; return the path of its page."""
    given = {"marketplace": "market", "seller_id": seller_id, "relation": "reseller"}
    sent = fill(office, "acme", f"{place(office)}/new", **given, **fields)
    assert (sent.status, sent.headers["location"]) == (303, place(office))
    return f"{place(office)}/{entry_of(office, seller_id)['id']}"


def test_a_seller_is_added_changed_set_aside_and_removed(office):
    path = add(office, "partner", countries="de, at", product_scope="RUN-1\r\nRUN-2")
    entry = entry_of(office, "partner")
    assert (entry["countries"], entry["product_scope"]) == (
        ["DE", "AT"],
        ["RUN-1", "RUN-2"],
    )
    form = look(office, "acme", path)
    assert ">RUN-1\nRUN-2</textarea>" in form
    fill(office, "acme", path, relation="licensee", valid_to="2099-12-31")
    entry = entry_of(office, "partner")
    assert (entry["relation"], entry["countries"]) == ("licensee", [])
    assert entry["valid_to"] == "2099-12-31"
    fill(office, "acme", f"{path}/state", state="disabled")
    assert entry_of(office, "partner")["effective_state"] == "disabled"
    assert "partner" in look(office, "acme", f"{place(office)}?standing=disabled")
    fill(office, "acme", f"{path}/state", state="active")
    assert entry_of(office, "partner")["effective_state"] == "active"
    assert fill(office, "acme", f"{path}/remove").status == 303
    look(office, "acme", path, status=404)


def test_what_ends_soon_is_marked_and_can_be_asked_for(office):
    soon = (today() + timedelta(days=9)).isoformat()
    add(office, "ends soon", valid_to=soon)
    add(office, "ends never")
    assert "ends in 9 days" in look(office, "acme", place(office))
    page = look(office, "acme", f"{place(office)}?soon=yes")
    assert "ends soon" in page
    assert "ends never" not in page


def test_what_cannot_be_read_is_told_and_what_was_typed_is_kept(office):
    given = {"marketplace": "market", "seller_id": "bad", "relation": "reseller"}
    sent = fill(office, "acme", f"{place(office)}/new", **given, countries="Germany")
    assert sent.status == 422
    page = sent.body.decode()
    assert 'role="alert"' in page
    assert 'value="Germany"' in page
    twice = add(office, "twice")
    again = fill(
        office, "acme", f"{place(office)}/new", **{**given, "seller_id": "twice"}
    )
    assert again.status == 409
    bad_day = fill(office, "acme", twice, relation="reseller", valid_to="tomorrow")
    assert bad_day.status == 422
    assert 'value="tomorrow"' in bad_day.body.decode()


def test_a_file_is_tried_then_taken_and_its_faults_are_told(office):
    path = f"{place(office)}/file"
    tried = upload(office, "acme", path, CSV, dry_run="yes")
    assert tried.status == 200
    page = tried.body.decode()
    assert "What the file would do" in page
    assert "by-file" not in page
    taken = upload(office, "acme", path, CSV).body.decode()
    assert "What the file did" in taken
    assert "1 added" in taken
    assert "by-file" in taken
    assert "friend" in taken
    assert entry_of(office, "by-file")["countries"] == ["DE", "AT"]
    unreadable = upload(office, "acme", path, b"what is this\n")
    assert unreadable.status == 422
    assert 'role="alert"' in unreadable.body.decode()


def test_a_form_that_is_too_long_is_refused_unread(office):
    client, cookie, _ = browser_of(office, "acme")
    head = (
        f"POST {place(office)}/file HTTP/1.1\r\nHost: x\r\nCookie: {cookie['Cookie']}"
    )
    kind = "Content-Type: multipart/form-data; boundary=XX"
    length = "Content-Length: 12000001"
    answer = client.send_raw(f"{head}\r\n{kind}\r\n{length}\r\n\r\n".encode())
    assert b" 413 " in answer.partition(b"\r\n")[0]
    assert b'"body_too_large"' in answer


def test_the_list_is_downloaded_as_it_is_uploaded(office):
    brand_id = office.cases.world.brand_id("acme")
    path = f"/v1/brands/{brand_id}/authorized-sellers/file"
    assert f'href="{path}"' in look(office, "acme", place(office))
    data = office.clients["acme"].send("GET", path).body
    page = upload(office, "acme", f"{place(office)}/file", data).body.decode()
    assert "0 added" in page
    assert "0 problems" in page


def test_no_other_brand_finds_the_list(office):
    path = add(office, "secret")
    for page in (place(office), f"{place(office)}/new", path):
        assert "secret" not in look(office, "zeta", page, status=404)
    for verb in ("new", "file"):
        sent = upload(office, "zeta", f"{place(office)}/{verb}", CSV, seller_id="x")
        assert sent.status == 404
    for verb in ("", "/state", "/remove"):
        sent = fill(office, "zeta", path + verb, state="disabled", relation="reseller")
        assert sent.status == 404
    assert entry_of(office, "secret")["state"] == "active"
    own = look(office, "zeta", place(office, "zeta"))
    assert "No seller is authorized yet." in own


@pytest.mark.parametrize("who", ["ann", "lea"])
def test_whoever_may_only_read_has_no_buttons(office, who):
    path = add(office, f"read by {who}")
    listed, shown = look(office, who, place(office)), look(office, who, path)
    assert f"read by {who}" in listed
    assert "/new" not in listed
    for page in (listed, shown):
        main = page.partition("<main")[2]
        assert "<button" not in main
        assert 'type="file"' not in main
    assert fill(office, who, path, relation="licensee").status == 403


def test_whoever_has_no_brand_is_led_to_choose_one(office):
    office_of_acme = fill(office, "acme", "/sellers")
    assert office_of_acme.status == 405
    assert "Authorized sellers of" in look(office, "adm", place(office))


def test_what_is_written_into_the_list_stays_text(office):
    path = add(office, HOSTILE, evidence_ref=HOSTILE)
    require_inert(look(office, "acme", place(office)))
    require_inert(look(office, "acme", path))
    cells = f'marketplace,seller_id,relation\nmarket,x,"{HOSTILE.replace(chr(34), "")}"'
    sent = upload(office, "acme", f"{place(office)}/file", cells.encode())
    require_inert(sent.body.decode())

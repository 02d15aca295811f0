"""Many cases are decided at once: all are shown first, and one step undoes them."""

import re
from datetime import date

from playwright.sync_api import expect

from detector.store.tables import RightRow
from tests.browser import axe, sign_in, url
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look

REASON = {"kind": "no_action", "reason_code": "shared_or_stock_photo"}


def open_cases(office: Office, name: str, count: int = 3) -> list[str]:
    """Open cases of a picture that several sellers show."""
    return [
        office.cases.open(f"{name}-{n}", picture=name, seller_id=f"seller {n}")
        for n in range(count)
    ]


def fields(page: str, name: str) -> list[str]:
    found = re.findall(rf'<input type="\w+" name="{name}" value="([^"]*)"', page)
    return [str(each) for each in found]


def states(office: Office, case_ids: list[str]) -> list[str]:
    return [office.cases.case(case_id).state for case_id in case_ids]


def test_what_is_left_ticked_is_decided_and_undone_at_once(office):
    case_ids = open_cases(office, "stock")
    path = f"/bulk?case_id={case_ids[0]}&by=cluster"
    page = look(office, "ann", path)
    listings = fields(page, "listing")
    assert len(listings) == 3
    assert len(re.findall(r'name="keep" value="[^"]*" checked', page)) == 3
    left_out = "lst_market_stock-1"
    kept = [each for each in listings if each != left_out]
    given: dict[str, str | list[str]] = {
        "case_id": case_ids[0],
        "by": "cluster",
        "case": fields(page, "case"),
        "listing": listings,
        "keep": kept,
        **REASON,
    }
    answer = fill(office, "ann", "/bulk", **given)
    assert answer.status == 200
    result = answer.body.decode()
    assert "2 cases are decided" in result
    assert "It was excepted." in result
    assert states(office, case_ids) == ["closed", "open", "closed"]
    (undo,) = re.findall(r'action="(/bulk/bat_\w+/undo)"', result)
    answer = fill(office, "ann", undo, case_id=case_ids[0], by="cluster")
    assert "2 cases are open again" in answer.body.decode()
    assert states(office, case_ids) == ["open"] * 3


def test_what_is_refused_is_shown_again_as_it_was_typed(office):
    case_ids = open_cases(office, "again")
    page = look(office, "ann", f"/bulk?case_id={case_ids[0]}&by=cluster")
    listings = fields(page, "listing")
    given: dict[str, str | list[str]] = {
        "case_id": case_ids[0],
        "by": "cluster",
        "case": fields(page, "case"),
        "listing": listings,
        "keep": listings[1:],
        "kind": "no_action",
        "reason_code": "",
        "note": "Seen on many sites.",
    }
    answer = fill(office, "ann", "/bulk", **given)
    assert answer.status in (409, 422)
    shown = answer.body.decode()
    assert 'role="alert"' in shown
    assert "Seen on many sites.</textarea>" in shown
    assert not re.search(rf'value="{listings[0]}" checked', shown)
    assert re.search(rf'value="{listings[1]}" checked', shown)
    assert states(office, case_ids) == ["open"] * 3


def test_what_somebody_works_on_is_shown_and_left_alone(office):
    case_ids = open_cases(office, "held")
    office.claim("bob", case_ids[1])
    page = look(office, "ann", f"/bulk?case_id={case_ids[0]}&by=cluster")
    assert "Somebody else works on it." in page
    assert len(fields(page, "listing")) == 2


def test_bulk_is_for_those_who_decide(office):
    (case_id, *_) = open_cases(office, "others", 1)
    look(office, "aud", f"/bulk?case_id={case_id}", status=403)
    look(office, "acme", f"/bulk?case_id={case_id}", status=404)
    look(office, "ann", "/bulk?case_id=case_none", status=404)
    look(office, "ann", "/bulk?case_id=", status=404)


def test_many_are_decided_by_keys_alone(context, office, expected_errors):
    expected_errors.append("status of 404")  # nothing of these pictures is kept
    case_ids = open_cases(office, "keys")
    page = sign_in(context, office.clients["ann"])
    path = f"/bulk?case_id={case_ids[0]}&by=cluster"
    page.goto(url(office.clients["ann"], path))
    axe(page)
    keys = page.keyboard
    keys.press("j")
    keys.press("Space")
    expect(page.locator("[data-count]")).to_have_text("2")
    keys.press("r")
    keys.press("d")
    keys.press("4")
    keys.press("s")
    expect(page.locator("h1")).to_have_text("2 cases are decided")
    axe(page)
    keys.press("z")
    expect(page.locator("h1")).to_have_text("2 cases are open again")
    assert states(office, case_ids) == ["open"] * 3


def test_why_a_case_was_left_alone_is_text(office):
    (case_id,) = open_cases(office, "hostile", 1)
    right_id = office.cases.add_right(type="design")
    with office.cases.database.write() as session:
        right = session.get_one(RightRow, right_id)
        right.external_id, right.expires_on = f"{HOSTILE[:60]}%s", date(2020, 1, 1)
    page = look(office, "ann", f"/bulk?case_id={case_id}&by=cluster")
    listings = fields(page, "listing")
    given: dict[str, str | list[str]] = {
        "case_id": case_id,
        "by": "cluster",
        "case": fields(page, "case"),
        "listing": listings,
        "keep": listings,
        "kind": "restrict",
        "reason_code": "design_infringement",
        "right_id": right_id,
    }
    answer = fill(office, "ann", "/bulk", **given)
    assert answer.status == 200
    result = answer.body.decode()
    assert "does not hold in EU today" in result
    assert "&lt;script&gt;alert(1)" in result
    assert "<script>alert" not in result

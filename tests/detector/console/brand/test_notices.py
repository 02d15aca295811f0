import time

import pytest

from detector.console.brand.listing_lines import read_lines
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, fill, look, require_inert

SIGNED = ["good_faith", "accuracy"]


def claim(office: Office, listings: str, **fields: str | list[str]):
    return {
        "marketplace_id": "market",
        "reason_code": "counterfeit_mark",
        "right_id": office.cases.add_right(),
        "listings": listings,
        "explanation": "A test buy showed that the label is not ours.",
        "name": "Ada",
        "email": "ada@acme.example",
        "signed": SIGNED,
        **fields,
    }


def give(office: Office, listings: str, **fields: str | list[str]) -> str:
    """Give notice by the form; return the path of its page."""
    sent = fill(office, "acme", "/notices/new", **claim(office, listings, **fields))
    assert sent.status == 303, sent.body
    return sent.headers["location"]


def state_of(office: Office, path: str) -> str:
    return str(office.read("acme", path)["state"])


@pytest.mark.parametrize(
    ("line", "listing_id", "url"),
    [
        ("4711", "4711", None),
        ("https://m.example/items/4711", "4711", "https://m.example/items/4711"),
        ("https://m.example/p/4711.html?x=9", "4711", None),
        ("https://m.example/4711/a-red-shoe", "4711", None),
        ("abc https://m.example/items/4711", "abc", "https://m.example/items/4711"),
        ('"abc","https://m.example/i/4"', "abc", "https://m.example/i/4"),
        ("abc;https://m.example/i/4;", "abc", "https://m.example/i/4"),
        ("a listing,", "a listing", None),
    ],
)
def test_a_line_is_an_id_an_address_or_both(line, listing_id, url):
    (found,), bad = read_lines(f"listing_id,url\n\n{line}\r\n{line}")
    assert (found.listing_id, bad) == (listing_id, [])
    assert url is None or found.url == url


def test_an_address_that_names_no_listing_is_told_by_its_line(office):
    found, bad = read_lines("1\nhttps://m.example/shoes\nhttp://[/9")
    assert [line.listing_id for line in found] == ["1"]
    assert [line.number for line in bad] == [2, 3]
    given = claim(office, f"1\nhttps://m.example/?{HOSTILE}")
    sent = fill(office, "acme", "/notices/new", **given)
    assert sent.status == 422
    page = sent.body.decode()
    require_inert(page)
    assert "Line 2:" in page
    assert "A test buy showed" in page


def test_notice_is_given_by_a_form_and_each_listing_is_followed(office):
    office.cases.world.put_listing("given", ["picture of given"])
    path = give(office, "given\nnever-seen https://market.example/never-seen")
    deadline = time.monotonic() + 30
    while "Listing not found yet" not in (page := look(office, "acme", path)):
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
    assert "Being looked at" in page
    assert 'href="https://market.example/never-seen"' in page
    assert 'href="/cases/case_' in page
    assert "acme-trademark" in page
    assert path in look(office, "acme", "/notices")
    assert path not in look(office, "acme", "/notices?state=incomplete")


def test_what_is_missing_is_told_and_sent_later(office):
    path = give(office, "later", explanation="Fake.", signed=["accuracy"], right_id="")
    assert state_of(office, path) == "incomplete"
    page = look(office, "acme", path)
    assert "The explanation is too short" in page
    assert "The statement good_faith is not signed." in page
    form = look(office, "acme", f"{path}/complete")
    for kept in (">Fake.</textarea>", ">later</textarea>", 'value="ada@acme.example"'):
        assert kept in form
    assert 'value="accuracy" checked' in form
    whole = claim(office, "later", kind=["order", "other"], reference=["", "L-17"])
    sent = fill(office, "acme", f"{path}/complete", **whole)
    assert (sent.status, sent.headers["location"]) == (303, path)
    assert state_of(office, path) == "received"
    page = look(office, "acme", path)
    assert "nothing is missing" in page
    assert "other: <bdi>L-17</bdi>" in page


def test_what_the_api_refuses_is_told_and_the_form_kept(office):
    lines = "\n".join(f"listing-{n}" for n in range(301))
    given = claim(office, lines, message_to_seller="Please stop.")
    sent = fill(office, "acme", "/notices/new", **given)
    page = sent.body.decode()
    assert sent.status == 422
    assert 'role="alert"' in page
    assert "listing-300" in page
    assert ">Please stop.</textarea>" in page


def test_rights_in_force_come_first(office):
    office.cases.add_right()
    brand_id = office.cases.world.brand_id("acme")
    expired = {"right_id": "TM-OLD", "type": "trademark", "office": "EM"}
    made = office.send(
        "acme",
        "POST",
        f"/brands/{brand_id}/rights",
        {**expired, "expires_on": "2020-01-01"},
    )
    assert made.status == 201
    page = look(office, "acme", "/notices/new")
    assert 0 < page.index("acme-trademark") < page.index("Not in force today")
    assert page.index("Not in force today") < page.index("TM-OLD")


def test_a_notice_is_taken_back_after_a_question_and_in_part(office):
    path = give(office, "one\ntwo")
    question = look(office, "acme", f"{path}/withdraw")
    assert question.count('name="listing_id"') == 2
    assert state_of(office, path) == "received"
    nothing = fill(office, "acme", f"{path}/withdraw")
    assert nothing.headers["location"] == f"{path}/withdraw"
    assert state_of(office, path) == "received"
    fill(office, "acme", f"{path}/withdraw", listing_id="one")
    states = {
        item["listing_id"]: item["state"] for item in office.read("acme", path)["items"]
    }
    assert states["one"] == "withdrawn"
    assert states["two"] != "withdrawn"
    fill(office, "acme", f"{path}/withdraw", listing_id=["two"])
    assert state_of(office, path) == "withdrawn"
    again = fill(office, "acme", f"{path}/withdraw", listing_id=["two"])
    assert again.status == 409
    assert "withdraw" not in look(office, "acme", path).partition("<main")[2]


def test_no_other_brand_finds_a_notice_or_touches_it(office):
    path = give(office, "not yours", signed=["accuracy"])
    for place in (path, f"{path}/complete", f"{path}/withdraw"):
        assert "not yours" not in look(office, "zeta", place, status=404)
    for verb in ("complete", "withdraw"):
        given = {**claim(office, "x"), "listing_id": "not yours"}
        assert fill(office, "zeta", f"{path}/{verb}", **given).status == 404
    assert "No notice has been given yet." in look(office, "zeta", "/notices")
    assert state_of(office, path) == "incomplete"


@pytest.mark.parametrize("who", ["lea", "adm", "market"])
def test_others_see_notices_and_have_no_buttons(office, who):
    path = give(office, f"seen by {who}", signed=["accuracy"])
    page = look(office, who, path)
    assert f"seen by {who}" in page
    assert "/complete" not in page
    assert "/withdraw" not in page
    assert "/notices/new" not in look(office, who, "/notices")
    shown = ("ada@acme.example" in page, who != "market")
    assert shown[0] is shown[1]
    refused = fill(office, who, "/notices/new", **claim(office, "x"))
    assert refused.status == 403
    assert path in look(office, who, "/notices")


def test_what_a_notice_says_stays_text(office):
    path = give(
        office,
        f"{HOSTILE} https://market.example/{HOSTILE}",
        external_id=HOSTILE,
        explanation=HOSTILE,
        name=HOSTILE,
        message_to_seller=HOSTILE,
        kind="other",
        reference=HOSTILE,
        signed=["accuracy"],
    )
    for place in (path, "/notices", f"{path}/complete", f"{path}/withdraw"):
        require_inert(look(office, "acme", place))

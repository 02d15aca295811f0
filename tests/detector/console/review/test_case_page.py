"""The page of a case, as each who may see it sees it."""

import re

from detector.api.cookies import SESSION_COOKIE
from detector.console.review.case import make_pairs
from tests.detector.api.reviewers import Office
from tests.live_service import Answer


def look(office: Office, who: str, path: str) -> Answer:
    cookie = {"Cookie": f"{SESSION_COOKIE}={office.clients[who].key}"}
    client = office.clients[who]
    return type(client)(client.port).send("GET", path, headers=cookie)


def page_of(office: Office, who: str, case_id: str) -> str:
    answer = look(office, who, f"/cases/{case_id}")
    assert answer.status == 200, answer.body
    return answer.body.decode()


def test_a_reviewer_sees_all_that_a_decision_needs(office):
    case_id = office.cases.open("seen", title="Acme bag 1:1 replica")
    page = page_of(office, "ann", case_id)
    for words in (
        "Acme bag 1:1 replica",
        "Speaks for a copy",
        "Not known",
        "The brand has not been asked.",
        "not calibrated",
        "Similar images do not by themselves show the item is counterfeit.",
        "Take the case",
    ):
        assert words in page, words
    assert f'action="/cases/{case_id}/comments"' in page


def test_what_a_seller_wrote_stays_text(office):
    title = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
    case_id = office.cases.open(
        "hostile page",
        title=title,
        description="{{ 7 * 7 }}\u202e",
        seller_id="<b>s</b>",
    )
    page = page_of(office, "ann", case_id)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>s</b>" not in page
    assert "{{ 7 * 7 }}" in page


def test_who_only_reads_is_offered_no_step(office):
    case_id = office.cases.open("read only")
    page = page_of(office, "aud", case_id)
    assert "Take the case" not in page
    assert "Add the comment" not in page
    assert f"/v1/cases/{case_id}/evidence.zip" in page
    assert "evidence.zip" not in page_of(office, "ann", case_id)


def test_a_case_of_others_is_not_found(office):
    case_id = office.cases.open("of others")
    for who in ("acme", "zeta", "bazaar"):
        answer = look(office, who, f"/cases/{case_id}")
        assert answer.status == 404
        assert "of others" not in answer.body.decode()
    assert look(office, "ann", "/cases/case_none").status == 404


def test_a_first_opinion_is_hidden_from_who_gives_the_second(office):
    office.cases.add_right()
    case_id = office.cases.open("blind", title="replica bag")
    token = office.claim("ann", case_id)
    note = "The seam gives it away."
    office.do(
        "ann",
        case_id,
        "restrict",
        lease_token=token,
        reason_code="self_declared_replica",
        right_id="right_acme_trademark",
        note=note,
    )
    assert office.cases.case(case_id).state == "awaiting_second"
    assert note in page_of(office, "ann", case_id)
    assert note not in page_of(office, "bob", case_id)


def test_pairs_come_with_the_most_telling_first():
    def match(name: str, similarity: float, *, is_placed: bool) -> dict[str, object]:
        return {"reference_id": name, "similarity": similarity, "is_placed": is_placed}

    def picture(name: str, *matches: dict[str, object]) -> dict[str, object]:
        sizes = {"width": 4, "height": 3, "is_kept": name != "gone"}
        place = {"position": 0, "listing_id": "lst_1"}
        return {"sha256": name, "matches": list(matches), **sizes, **place}

    case = {"case_id": "case_1", "brand": {"id": "brand_1"}}
    pictures = [
        picture("dull"),
        picture("gone", match("ref_2", 0.7, is_placed=True)),
        picture(
            "a",
            match("ref_1", 0.9, is_placed=True),
            match("ref_3", 0.2, is_placed=False),
        ),
    ]
    pairs = make_pairs(case, pictures)
    assert [
        pair["reference"] and pair["reference"]["similarity"] for pair in pairs
    ] == [
        0.9,
        0.7,
        0.2,
        None,
    ]
    assert [bool(pair["aligned"]) for pair in pairs] == [True, False, False, False]
    assert pairs[0]["difference"] == (
        "/v1/cases/case_1/pictures/a/overlay?reference_id=ref_1&view=difference"
    )
    assert re.match(
        r"/v1/brands/brand_1/references/ref_1/image\?", pairs[0]["reference"]["url"]
    )

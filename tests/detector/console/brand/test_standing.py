import pytest

from detector.review.standing.evaluate import evaluate_standing
from detector.store.table import utc_now
from detector.store.takedown_tables import NoticeItemRow, NoticeRow
from tests.detector.api.reviewers import Office
from tests.detector.console.brand.forms import HOSTILE, look, require_inert
from tests.detector.review.noticing import give as give_notice
from tests.detector.review.noticing import make_notice


def standing(office: Office, brand: str) -> str:
    return f"/standing/{office.cases.world.brand_id(brand)}"


def let_be_decided(office: Office, brand: str, *, accepted: int, rejected: int) -> None:
    """Give notice for a brand of listings that are decided at once."""
    names = [f"{brand} {n}" for n in range(accepted + rejected)]
    cases = office.cases
    right_id = cases.add_right(brand)
    given = make_notice(cases, *names, right_id=right_id)
    notice_id = give_notice(cases, given, cases.brand(brand)).id
    with cases.database.write() as session:
        for position in range(len(names)):
            row = session.get_one(NoticeItemRow, (notice_id, position))
            is_accepted = position < accepted
            row.state = "accepted" if is_accepted else "rejected"
            row.reason_code = (
                "counterfeit_mark" if is_accepted else "genuine_second_hand"
            )
            row.decided_at = utc_now()
        session.get_one(NoticeRow, notice_id).state = "partly_accepted"


def test_who_is_new_is_told_what_each_page_will_show(office):
    page = look(office, "zeta", standing(office, "zeta"))
    assert ">New</p>" in page
    assert "Nothing was counted" in page
    assert "have been decided: 0 so far." in page
    assert "it is not known yet." in page
    assert "None yet." in page


def test_a_page_says_where_a_brand_stands_and_what_would_change_it(office):
    let_be_decided(office, "kappa", accepted=17, rejected=3)
    evaluate_standing(office.cases.database, utc_now())
    page = look(office, "lea", standing(office, "kappa"))
    assert ">Standard</p>" in page
    assert '<meter min="0" max="1" value="0.85" low="0.9"' in page
    assert "the true rate lies between 67.8 % and 93.8 %" in page
    assert "the takedown rate is 90 % or more: it may be as low as 67.8 %." in page
    assert "At most 5 % of the takedowns" in page
    assert "not met" in page
    assert "Enough is known of the notices." in page
    assert "counterfeit mark" in page


@pytest.mark.parametrize("who", ["acme", "lea", "adm", "aud"])
def test_the_brand_sees_its_own_and_the_platform_any(office, who):
    assert "Standing of" in look(office, who, standing(office, "acme"))


def test_nobody_else_does(office):
    look(office, "zeta", standing(office, "acme"), status=404)
    look(office, "ann", standing(office, "acme"), status=403)
    look(office, "market", standing(office, "acme"), status=403)


def test_outcomes_are_counted_and_listed_for_whoever_has_a_part(office):
    office.cases.open("not asked about", title="Never told")
    case_id = office.cases.open("outcome", title=HOSTILE)
    token = office.claim("ann", case_id)
    office.do("ann", case_id, "questions", lease_token=token)
    page = look(office, "acme", "/outcomes?state=awaiting_brand")
    require_inert(page)
    assert f"/cases/{case_id}" in page
    assert "Never told" not in look(office, "acme", "/outcomes")
    assert "Waits for an answer" in page
    assert case_id not in look(office, "acme", "/outcomes?state=actioned")
    lead = look(
        office, "lea", f"/outcomes?brand_id={office.cases.case(case_id).brand_id}"
    )
    assert "Never told" in lead
    assert "There are no cases yet." in look(office, "zeta", "/outcomes")

"""What sellers and the register are told of restrictions; on both databases."""

import pytest
from jinja2 import UndefinedError

from detector.errors import InvalidInput
from detector.review.decisions.orders import Order, apply_order
from detector.review.reasons import REASONS, ReasonKind
from detector.review.statements.validate import SCHEMA_VERSION, validate_records
from detector.review.statements.wording import LANGUAGES, read_wording
from detector.store.case_tables import CaseRow
from detector.store.takedown_tables import (
    ActionRow,
    NoticeItemRow,
    NoticeRow,
    StatementRow,
)
from tests.detector.review.actions.acting import (
    action_of,
    decided,
    say,
    send,
    sent,
    statements,
)
from tests.detector.review.decisions.deciding import counterfeit, settle, speak_for
from tests.detector.review.facts import add_notice
from tests.detector.review.review_world import LEX

CODES = [c for c, r in REASONS.items() if r.kind in (ReasonKind.RESTRICT, "order")]
KNOWN = {
    "brand": "Acme",
    "right": "trademark 018000001 (EM) of Acme",
    "corroboration": ["notice", "replica_words"],
    "is_order": False,
    "is_notice": True,
    "is_found_by_software": True,
    "has_likelihood": True,
}
OF_LETTER = {
    "statement_id": "sor_1",
    "what": "Your listing was removed.",
    "listing_id": "4711",
    "title": "Runner",
    "url": None,
    "marketplace": "market",
    "territories": ["DE", "FR"],
    "ends_on": None,
    "notifier": None,
    "is_order": False,
    "is_illegal": True,
    "window": "6 months",
    "policy_url": "",
    "complaint_url": "https://market.example/complaints",
    "outside_body_url": "",
}


def record_of(row: StatementRow) -> dict[str, object]:
    assert row.record is not None
    return row.record


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_each_reason_has_words_in_each_language(code, language):
    wording = read_wording(language)
    known = {**KNOWN, "is_order": code == "court_order"}
    grounds = wording.explain(code, known)
    letter = wording.write_letter(grounds, {**OF_LETTER, "is_order": known["is_order"]})
    for text in (letter, grounds.facts, grounds.ground, grounds.explanation):
        assert text.strip()
        assert not {"{{", "}}", "{%", "None"} & set(text.split())
    assert grounds.explanation in letter
    assert len(grounds.ground) <= 500
    assert (
        grounds.facts
        != read_wording("en").explain(CODES[0], {**known, "brand": "Zeta"}).facts
    )


@pytest.mark.parametrize("missing", sorted(OF_LETTER))
def test_nothing_is_written_while_something_is_missing(missing):
    wording = read_wording("en")
    grounds = wording.explain("counterfeit_mark", KNOWN)
    known = {k: v for k, v in OF_LETTER.items() if k != missing}
    with pytest.raises(UndefinedError, match=missing):
        wording.write_letter(grounds, known)


def test_languages_have_the_same_words():
    first, *others = (read_wording(language).words for language in LANGUAGES)
    for other in others:
        assert other.keys() == first.keys()
        for name, section in first.items():
            if isinstance(section, dict):
                mine = other[name]
                assert isinstance(mine, dict)
                assert mine.keys() == section.keys()


def test_a_language_without_words_falls_back_to_english():
    assert read_wording("fr").language == "en"


def test_the_seller_is_told_what_why_and_what_can_be_done(cases):
    cases.set_policy(
        second_review_share=0,
        second_review_tiers=[],
        complaint_url="https://market.example/complaints",
    )
    case_id = sent(cases)
    (row,) = statements(cases, case_id)
    assert row.state == "pending"
    assert (row.language, row.template) == ("en", "en/counterfeit_mark@1")
    for words in (
        "Your listing was removed.",
        "l1",
        "The goods bear a mark of acme without its consent.",
        "words used for replicas",
        "Nobody gave notice",
        "Software that compares pictures",
        "A person decided",
        "trademark acme-trademark (EM) of acme",
        "Within 6 months",
        "https://market.example/complaints",
        row.id,
    ):
        assert words in row.text, words
    assert "Ann" not in row.text
    assert "user:" not in row.text


def test_a_record_follows_the_schema_and_says_when_it_was_applied(cases):
    case_id = decided(cases)
    send(cases, case_id)
    (row,) = statements(cases, case_id)
    assert row.schema_version == SCHEMA_VERSION
    assert validate_records([row.record]) == []
    assert record_of(row)["source_type"] == "SOURCE_VOLUNTARY"
    assert record_of(row)["automated_detection"] == "Yes"
    assert record_of(row)["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED"
    assert record_of(row)["puid"] == row.id
    cases.later(days=1, hours=13.5)  # half past ten, UTC; in Brussels the next day
    say(cases, action_of(cases, case_id))
    (row,) = statements(cases, case_id)
    assert (row.state, row.delivered_at) == ("delivered", cases.now)
    assert record_of(row)["application_date"] == "2026-06-03"
    assert validate_records([row.record]) == []


def test_a_gtin_a_seller_and_an_end_go_into_the_record(cases):
    case_id = cases.open(
        title="Call +49 30 901820", gtin="04006381333931", seller={"type": "business"}
    )
    speak_for(cases, case_id)
    with cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        case.images = [{**image, "likelihood": 0.9} for image in case.images]
    settle(cases, case_id, counterfeit(cases))
    with cases.database.write() as session:
        action = session.get_one(ActionRow, action_of(cases, case_id).id)
        action.restriction = {**action.restriction, "ends_on": "2026-12-31"}
    send(cases, case_id)
    (row,) = statements(cases, case_id)
    assert "Until: 2026-12-31" in row.text
    assert "Call +49 30 901820" in row.text
    assert "901820" not in str(row.record)
    assert record_of(row)["content_id"] == {"EAN-13": "4006381333931"}
    assert record_of(row)["account_type"] == "ACCOUNT_TYPE_BUSINESS"
    assert record_of(row)["automated_decision"] == "AUTOMATED_DECISION_PARTIALLY"
    assert record_of(row)["end_date_visibility_restriction"] == "2026-12-31"
    assert validate_records([row.record]) == []


@pytest.mark.parametrize("discloses", [True, False])
def test_who_gave_notice_is_named_where_they_agreed_to_it(cases, discloses):
    cases.set_policy(second_review_share=0, second_review_tiers=[], language="de")
    case_id, brand = decided(cases), cases.brand()
    with cases.database.write() as session:
        case = session.get_one(CaseRow, case_id)
        id = add_notice(session, case, brand, state="received")
        notice = session.get_one(NoticeRow, id)
        notice.notifier = {"name": "Ada Notifier", "email": "ada@acme.example"}
        notice.discloses_identity = discloses
        item = session.get_one(NoticeItemRow, (id, 0))
        item.listing_id = case.listing_id
    send(cases, case_id)
    (row,) = statements(cases, case_id)
    assert row.language == "de"
    assert "Das Angebot wurde gemeldet." in row.text
    assert ("Ada Notifier" in row.text) == discloses
    assert "ada@" not in row.text
    assert "Ada" not in str(row.record)
    assert record_of(row)["source_type"] == "SOURCE_ARTICLE_16"
    assert record_of(row)["source_identity"] == "acme"
    assert validate_records([row.record]) == []


def test_what_holds_outside_of_the_eea_is_not_registered(cases):
    for name, countries, registered in (
        ("l1", ["US", "CH"], None),
        ("l2", ["US", "NO", "DE"], ["DE", "NO"]),
    ):
        cases.set_policy(
            second_review_share=0, second_review_tiers=[], territories=countries
        )
        case_id = cases.open(name)
        speak_for(cases, case_id)
        settle(cases, case_id, counterfeit(cases))
        send(cases, case_id)
        (row,) = statements(cases, case_id)
        assert ", ".join(countries) in row.text
        if registered is None:
            assert row.record is None
        else:
            assert record_of(row)["territorial_scope"] == registered


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_restriction_that_a_policy_can_name_has_words(cases, language):
    words = read_wording(language).words["what"]
    assert isinstance(words, dict)
    for kind in words:
        cases.set_policy(restriction=kind)
    with pytest.raises(InvalidInput, match="restriction"):
        cases.set_policy(restriction="DECISION_VISIBILITY_OTHER")


def test_an_order_of_a_court_needs_no_record(cases):
    case_id = cases.open()
    with cases.database.write() as session:
        apply_order(
            session,
            case_id,
            Order.RESTRICTION,
            actor=LEX,
            at=cases.now,
            document="7 O 12/26",
        )
    send(cases, case_id)
    (row,) = statements(cases, case_id)
    assert row.record is None
    assert "A court or an authority has ordered it." in row.text
    assert "A person decided" not in row.text
    assert "7 O 12/26" not in row.text
    say(cases, action_of(cases, case_id))
    assert cases.case(case_id).state == "actioned"

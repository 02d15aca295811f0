"""The checks of records: what the transparency database takes, and what it refuses."""

import json

import pytest

from detector.errors import InvalidInput
from detector.review.statements.personal import find_personal_data
from detector.review.statements.validate import (
    MAX_RECORDS,
    read_records,
    validate_records,
)
from tests.detector.review.statements.records import removed, under_terms

OTHER = ["DECISION_VISIBILITY_OTHER"]


@pytest.mark.parametrize("example", [removed, under_terms])
def test_the_documented_examples_pass(example):
    assert validate_records([example()]) == []


@pytest.mark.parametrize(
    "changed",
    [
        {
            "decision_visibility": None,
            "decision_monetary": "DECISION_MONETARY_SUSPENSION",
        },
        {
            "decision_visibility": None,
            "decision_provision": "DECISION_PROVISION_PARTIAL_TERMINATION",
        },
        {
            "decision_visibility": None,
            "decision_account": "DECISION_ACCOUNT_TERMINATED",
        },
        {"content_date": "2000-01-01", "application_date": "2020-01-01"},
        {"decision_facts": "x" * 5_000, "puid": "a-B_9" * 100},
        {"source_type": "SOURCE_TRUSTED_FLAGGER", "source_identity": "x" * 500},
        {"source_type": "SOURCE_TYPE_OTHER_NOTIFICATION"},
        {"automated_decision": "AUTOMATED_DECISION_FULLY"},
        {"territorial_scope": ["IS", "LI", "NO"]},
    ],
)
def test_what_is_just_allowed_passes(changed):
    assert validate_records([removed(**changed)]) == []


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("", {"decision_visibility": None}),
        ("decision_visibility", {"decision_visibility": []}),
        (
            "decision_visibility",
            {"decision_visibility": "DECISION_VISIBILITY_CONTENT_REMOVED"},
        ),
        ("decision_visibility", {"decision_visibility": ["CONTENT_REMOVED"]}),
        ("", {"decision_visibility": OTHER}),
        (
            "decision_visibility_other",
            {"decision_visibility": OTHER, "decision_visibility_other": "x" * 501},
        ),
        ("decision_monetary", {"decision_monetary": "DECISION_MONETARY_FINE"}),
        ("", {"decision_monetary": "DECISION_MONETARY_OTHER"}),
        ("decision_monetary_other", {"decision_monetary_other": "x" * 501}),
        ("decision_provision", {"decision_provision": "DECISION_PROVISION_SUSPENSION"}),
        ("decision_account", {"decision_account": "DECISION_ACCOUNT_DELETED"}),
        ("account_type", {"account_type": "business"}),
        ("", {"decision_facts": None}),
        ("decision_facts", {"decision_facts": "x" * 5_001}),
        ("", {"decision_ground": None}),
        ("decision_ground", {"decision_ground": "ILLEGAL_CONTENT"}),
        (
            "decision_ground_reference_url",
            {"decision_ground_reference_url": "market.example/terms"},
        ),
        (
            "decision_ground_reference_url",
            {"decision_ground_reference_url": "https://a.example/" + "x" * 500},
        ),
        ("", {"illegal_content_legal_ground": None}),
        ("illegal_content_legal_ground", {"illegal_content_legal_ground": "x" * 501}),
        ("", {"illegal_content_explanation": None}),
        ("illegal_content_explanation", {"illegal_content_explanation": "x" * 2_001}),
        ("", {"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT"}),
        ("incompatible_content_ground", {"incompatible_content_ground": "x" * 501}),
        (
            "incompatible_content_explanation",
            {"incompatible_content_explanation": "x" * 2_001},
        ),
        ("incompatible_content_illegal", {"incompatible_content_illegal": True}),
        ("", {"content_type": None}),
        ("content_type", {"content_type": ["CONTENT_TYPE_LISTING"]}),
        ("", {"content_type": ["CONTENT_TYPE_OTHER"]}),
        ("content_type_other", {"content_type_other": "x" * 501}),
        ("", {"category": None}),
        (
            "category",
            {"category": "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENT"},
        ),
        ("category_addition", {"category_addition": ["SCAMS_AND_FRAUD"]}),
        ("category_specification", {"category_specification": ["KEYWORD_FAKE"]}),
        ("category_specification_other", {"category_specification_other": "x" * 501}),
        ("content_id", {"content_id": {"EAN-13": "400638133393"}}),
        ("content_id", {"content_id": {"GTIN": "4006381333931"}}),
        ("", {"territorial_scope": None}),
        ("territorial_scope", {"territorial_scope": ["EL"]}),
        ("territorial_scope", {"territorial_scope": ["CH"]}),
        ("content_language", {"content_language": "de"}),
        ("", {"content_date": None}),
        ("content_date", {"content_date": "1999-12-31"}),
        ("content_date", {"content_date": "2026-02-30"}),
        ("content_date", {"content_date": "2026-05-01 12:00:00"}),
        ("", {"application_date": None}),
        ("application_date", {"application_date": "2019-12-31"}),
        (
            "end_date_visibility_restriction",
            {"end_date_visibility_restriction": "2038-01-02"},
        ),
        (
            "end_date_monetary_restriction",
            {"end_date_monetary_restriction": "2026-05-31"},
        ),
        ("end_date_service_restriction", {"end_date_service_restriction": "never"}),
        ("end_date_account_restriction", {"end_date_account_restriction": ""}),
        ("", {"source_type": None}),
        ("source_type", {"source_type": "SOURCE_NOTICE"}),
        ("source_identity", {"source_identity": "x" * 501}),
        ("", {"automated_detection": None}),
        ("automated_detection", {"automated_detection": True}),
        ("", {"automated_decision": None}),
        ("automated_decision", {"automated_decision": "No"}),
        ("", {"puid": None}),
        ("puid", {"puid": "a/b"}),
        ("puid", {"puid": "x" * 501}),
        ("", {"url": "https://market.example/items/4711"}),
        ("", {"start_date": "2022-12-01 17:52:24"}),
        ("decision_facts", {"decision_facts": "Ask sam@shop.example about it."}),
        (
            "illegal_content_explanation",
            {"illegal_content_explanation": "+49 30 901820"},
        ),
    ],
)
def test_each_documented_fault_is_told_by_its_field(field, changed):
    faults = validate_records([removed(), removed(**{"puid": "sor_2", **changed})])
    assert {(fault.index, fault.field) for fault in faults} == {(1, field)}
    if field == "" and len(changed) == 1:
        (name,) = changed
        words = " ".join(fault.message for fault in faults)
        assert name in words or name.startswith("decision_") or name == "content_type"


def test_ids_that_are_missing_are_not_the_same():
    faults = validate_records([{}, {}, {"puid": 1}, {"puid": 1}])
    assert not [fault for fault in faults if "already" in fault.message]


def test_an_id_is_used_once_and_a_hundred_are_sent_at_once():
    many = [removed(puid=f"sor_{n}") for n in range(MAX_RECORDS)]
    assert validate_records(many) == []
    (fault,) = validate_records([*many, removed(puid="more")])
    assert (fault.index, fault.field) == (MAX_RECORDS, "")
    twice = validate_records([removed(), removed(puid="b"), removed()])
    assert [(fault.index, fault.field) for fault in twice] == [(2, "puid")]


@pytest.mark.parametrize("record", [None, 7, "x", [], {}])
def test_what_is_no_record_is_told(record):
    assert validate_records([record])


@pytest.mark.parametrize(
    "text",
    [
        "Ask a.b+c@mail.shop.example.",
        "Call +49 (30) 901820-5.",
        "0049 30 9018205",
        "Tel.: 901 820 51",
        "WhatsApp 5550123456",
        "030 901820",
        "(030) 90-18-20",
    ],
)
def test_personal_data_is_found(text):
    assert find_personal_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "Regulation (EU) 2017/1001, Article 9.",
        "Directive 2001/29/EC, from 2026-06-01 to 2027-06-01.",
        "GTIN 4006381333931, mark 018000001 (EM).",
        "Goods @ Acme, 100 pieces of 49.90 EUR.",
        "It costs 00 or 12 345 678.",
    ],
)
def test_other_digits_are_no_personal_data(text):
    assert find_personal_data(text) == []


def test_files_of_each_shape_are_read():
    record = removed()
    for given in ({"statements": [record]}, [record], record):
        assert read_records(json.dumps(given)) == [record]
    with pytest.raises(InvalidInput, match="It is no JSON"):
        read_records("{")

"""Records for the EU transparency database, as its documentation describes them."""

from typing import Any


def removed(**changed: Any) -> dict[str, Any]:
    """A record of a listing that was removed; a field set to None is left out."""
    record = {
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_facts": "The goods bear a mark of Acme without its consent.",
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "illegal_content_legal_ground": "Regulation (EU) 2017/1001, Article 9",
        "illegal_content_explanation": "The sign is identical to a registered mark.",
        "content_type": ["CONTENT_TYPE_PRODUCT"],
        "category": "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
        "category_specification": ["KEYWORD_TRADEMARK_INFRINGEMENT"],
        "territorial_scope": ["DE", "FR", "GR"],
        "content_date": "2026-05-01",
        "application_date": "2026-06-01",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": "sor_1",
    }
    return {k: v for k, v in {**record, **changed}.items() if v is not None}


def under_terms(**changed: Any) -> dict[str, Any]:
    """A record that uses every other field: all kinds of decisions, under the terms."""
    return removed(
        decision_visibility=[
            "DECISION_VISIBILITY_CONTENT_DISABLED",
            "DECISION_VISIBILITY_OTHER",
        ],
        decision_visibility_other="Left out of recommendations.",
        decision_monetary="DECISION_MONETARY_OTHER",
        decision_monetary_other="Paid out later.",
        decision_provision="DECISION_PROVISION_TOTAL_SUSPENSION",
        decision_account="DECISION_ACCOUNT_SUSPENDED",
        account_type="ACCOUNT_TYPE_BUSINESS",
        decision_ground="DECISION_GROUND_INCOMPATIBLE_CONTENT",
        decision_ground_reference_url="https://market.example/terms",
        illegal_content_legal_ground=None,
        illegal_content_explanation=None,
        incompatible_content_ground="Clause 4",
        incompatible_content_explanation="The number is another product's.",
        incompatible_content_illegal="No",
        content_type=["CONTENT_TYPE_IMAGE", "CONTENT_TYPE_OTHER"],
        content_type_other="A 3D model.",
        category_addition=["STATEMENT_CATEGORY_SCAMS_AND_FRAUD"],
        category_specification=["KEYWORD_OTHER"],
        category_specification_other="Misuse of a GTIN.",
        content_id={"EAN-13": "4006381333931"},
        content_language="DE",
        end_date_visibility_restriction="2026-07-01",
        end_date_monetary_restriction="2026-06-01",
        end_date_service_restriction="2038-01-01",
        end_date_account_restriction="2027-01-01",
        source_type="SOURCE_ARTICLE_16",
        source_identity="Acme",
        automated_decision="AUTOMATED_DECISION_PARTIALLY",
        **changed,
    )

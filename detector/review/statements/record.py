"""Records of restrictions for the EU transparency database, by its own names."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from detector.review.statements.basis import Basis
from detector.review.statements.validate import EARLIEST, registered_countries
from detector.review.statements.wording import Grounds

Record = dict[str, object]

CATEGORY = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
OF_PICTURES = frozenset({"copied_brand_image", "known_fake_image"})
"""Reasons for which the photo itself is the issue."""
FIELDS = {
    "DECISION_VISIBILITY_": "decision_visibility",
    "DECISION_MONETARY_": "decision_monetary",
    "DECISION_PROVISION_": "decision_provision",
    "DECISION_ACCOUNT_": "decision_account",
}
ENDS = {
    "decision_visibility": "end_date_visibility_restriction",
    "decision_monetary": "end_date_monetary_restriction",
    "decision_provision": "end_date_service_restriction",
    "decision_account": "end_date_account_restriction",
}
ACCOUNTS = {"business": "ACCOUNT_TYPE_BUSINESS", "private": "ACCOUNT_TYPE_PRIVATE"}


def make_record(
    basis: Basis, grounds: Grounds, *, puid: str, at: datetime, policy_url: str
) -> Record | None:
    """Make the record of a restriction; None where none is owed.

    None is owed where the regime asks for none, outside the EEA, and for what a court
    has ordered.

    Args:
        basis: what it rests on.
        grounds: why, in words.
        puid: its own id, never used again.
        at: when the listing is restricted.
        policy_url: where the marketplace's rules stand.
    """
    countries = registered_countries() & set(basis.territories)
    if basis.is_order or not basis.regime.needs_record or not countries:
        return None
    record: Record = {
        **_restriction(basis),
        "decision_facts": grounds.facts,
        **_ground(basis, grounds),
        "content_type": _content_types(basis),
        "category": CATEGORY,
        "category_specification": [basis.reason.keyword],
        "territorial_scope": sorted(countries),
        "content_date": _content_date(basis),
        "application_date": day_of(at, basis),
        **_source(basis),
        "automated_detection": "Yes" if basis.is_found_by_software else "No",
        # Our reading: partly automated once the one who decided was shown a likelihood.
        "automated_decision": "AUTOMATED_DECISION_PARTIALLY"
        if basis.has_likelihood
        else "AUTOMATED_DECISION_NOT_AUTOMATED",
        "puid": puid,
    }
    if policy_url:
        record["decision_ground_reference_url"] = policy_url
    seller = basis.listing.details.get("seller")
    if isinstance(seller, Mapping) and str(seller.get("type")) in ACCOUNTS:
        record["account_type"] = ACCOUNTS[str(seller["type"])]
    number = _ean_13(basis.listing.details.get("gtin"))
    if number is not None:
        record["content_id"] = {"EAN-13": number}
    return record


def day_of(at: datetime, basis: Basis) -> str:
    """Say on which day something was, where the regime counts its days."""
    return at.astimezone(ZoneInfo(basis.regime.time_zone)).date().isoformat()


def _restriction(basis: Basis) -> Record:
    prefix = next(each for each in FIELDS if basis.kind.startswith(each))
    field = FIELDS[prefix]
    is_list = field == "decision_visibility"
    found: Record = {field: [basis.kind] if is_list else basis.kind}
    if basis.ends_on is not None:
        found[ENDS[field]] = basis.ends_on.isoformat()
    return found


def _ground(basis: Basis, grounds: Grounds) -> Record:
    if basis.reason.ground == "illegal":
        return {
            "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
            "illegal_content_legal_ground": grounds.ground,
            "illegal_content_explanation": grounds.explanation,
        }
    return {
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": grounds.ground,
        "incompatible_content_explanation": grounds.explanation,
        "incompatible_content_illegal": "No",
    }


def _content_types(basis: Basis) -> list[str]:
    found = ["CONTENT_TYPE_PRODUCT"]
    if basis.reason.code in OF_PICTURES:
        found.append("CONTENT_TYPE_IMAGE")
    return found


def _content_date(basis: Basis) -> str:
    day = date.fromisoformat(day_of(basis.listed_at, basis))
    return max(day, EARLIEST["content_date"]).isoformat()


def _source(basis: Basis) -> Record:
    if basis.notice is not None:
        role = basis.notice.notifier.get("role")
        is_trusted = role == "trusted_flagger"
        return {
            "source_type": "SOURCE_TRUSTED_FLAGGER"
            if is_trusted
            else "SOURCE_ARTICLE_16",
            "source_identity": basis.brand.name,
        }
    if basis.case.source == "report":
        return {"source_type": "SOURCE_TYPE_OTHER_NOTIFICATION"}
    return {"source_type": "SOURCE_VOLUNTARY"}


def _ean_13(gtin: object) -> str | None:
    """Take an EAN-13 out of the 14 digits of a GTIN; None if there is none."""
    digits = str(gtin or "")
    is_ean = len(digits) == 14 and digits[0] == "0" and digits[:6].strip("0")
    return digits[1:] if is_ean else None

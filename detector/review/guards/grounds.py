"""Guards about why: reasons, rights, what corroborates, what the rules ask."""

from sqlalchemy import func, select

from detector.catalogue.right_reach import is_right_in_force
from detector.errors import InvalidInput
from detector.review.clocks.regimes import read_regime
from detector.review.corroboration import COPIED, find_corroboration
from detector.review.guards.refusal import Guard, Refusal
from detector.review.move import Move
from detector.review.reasons import REASONS, ReasonKind, find_reason
from detector.review.standing.tier import Subject, Tier, read_tier
from detector.review.workflow import Party
from detector.store.case_tables import CaseListingRow, DecisionRow
from detector.store.listing_tables import ListingRow
from detector.store.tables import RightRow

SIGNED = ("good_faith", "accuracy")
"""Statements that somebody signs whose word acts."""


def reason(kind: ReasonKind) -> Guard:
    """Make the guard that asks for a reason of a kind."""

    def guard(move: Move) -> Refusal | None:
        try:
            find_reason(move.given.reason_code, kind)
        except InvalidInput as error:
            return Refusal(str(error.args[0]), error.remedy)
        return None

    return guard


def is_duplicate(move: Move) -> Refusal | None:
    """Ask that the reason is another case."""
    if move.given.reason_code == "duplicate":
        return None
    return Refusal("It is no duplicate.", "Name another reason.")


def corroborated(move: Move) -> Refusal | None:
    """Ask for what speaks for it beside likeness."""
    found = find_corroboration(
        move.session, move.case, reason_code=move.given.reason_code
    )
    if found:
        return None
    return Refusal(
        "Only likeness, or what is as weak, speaks for it; that restricts nothing.",
        "Ask the brand, or look for what says more than the pictures.",
    )


def right_in_force(move: Move) -> Refusal | None:
    """Ask for a right that the reason rests on, and that holds there today."""
    reason = REASONS.get(move.given.reason_code or "")
    if reason is None or reason.right == "none":
        return None
    signal = move.case.signals.get("image_rights")
    if (
        reason.code == COPIED
        and move.given.right_id is None
        and isinstance(signal, dict)
        and signal.get("value") == "owned"
    ):
        return None  # a photo is protected without a registration
    right = (
        None
        if move.given.right_id is None
        else move.session.get(RightRow, move.given.right_id)
    )
    if right is None or right.brand_id != move.case.brand_id:
        return Refusal(
            f"{reason.code} rests on a {reason.right} of the brand; none is named.",
            "Name one as right_id; GET /v1/brands/{brand_id}/rights lists them.",
        )
    if right.type != reason.right:
        return Refusal(
            f"{reason.code} rests on a {reason.right}; this is a {right.type}.",
            "Name another right, or another reason.",
        )
    listing = move.session.get_one(ListingRow, move.case.listing_id)
    country = str(listing.details.get("country") or move.policy.territory)
    if is_right_in_force(right, territory=country, on=move.at.date()):
        return None
    return Refusal(
        f"The right {right.external_id[:100]} does not hold in {country} today.",
        "Name one that does, or dismiss the case as no_right_in_territory.",
    )


def needs_second(move: Move) -> Refusal | None:
    """Pass where the rules ask for a second opinion.

    Once two have disagreed a lead settles it who is neither of them.
    """
    policy, case = move.policy, move.case
    if move.actor.party is Party.LEAD and _two_others_disagreed(move):
        return Refusal("Two have given their opinions.", "")
    num_listings = move.session.scalar(
        select(func.count()).where(
            CaseListingRow.case_id == case.id, CaseListingRow.is_open
        )
    )
    asks = (
        case.random_key < policy.second_review_share
        or read_tier(move.session, Subject.BRAND, case.brand_id)
        in policy.second_review_tiers
        or (num_listings or 0) >= policy.second_review_listings
        or case.seller_id in policy.high_impact_sellers
        or bool(move.given.data.get("is_large_batch"))
    )
    return None if asks else Refusal("No rule asks for a second opinion.", "")


def _two_others_disagreed(move: Move) -> bool:
    query = select(DecisionRow.decided_by).where(
        DecisionRow.case_id == move.case.id, DecisionRow.state == "overruled"
    )
    second = query.where(DecisionRow.opinion == 2).limit(1)
    is_settled_by_another = move.actor.id not in move.session.scalars(query).all()
    return is_settled_by_another and move.session.scalar(second) is not None


def notify_first(move: Move) -> Refusal | None:
    """Pass where the seller is heard first."""
    if read_regime(move.case.regime).notifies_first:
        return None
    return Refusal("The regime does not hear the seller first.", "")


def regime_forwards(move: Move) -> Refusal | None:
    """Pass where a counter-notice goes to the claimant."""
    if read_regime(move.case.regime).forwards:
        return None
    return Refusal(
        f"Under {move.case.regime} an appeal is not forwarded to the claimant.",
        "Take it up for review.",
    )


def good_faith_acts(move: Move) -> Refusal | None:
    """Pass where a person of a brand in good standing may act."""
    tier = read_tier(move.session, Subject.BRAND, move.case.brand_id)
    if (
        tier is Tier.GOOD_FAITH
        and move.policy.brand_confirmation_acts
        and move.actor.is_person
    ):
        return None
    return Refusal(
        "The brand's answer does not act by itself here.",
        "It is weighed by a reviewer.",
    )


def signed(move: Move) -> Refusal | None:
    """Ask for the statements that go with a claim."""
    missing = [name for name in SIGNED if not move.given.statements.get(name)]
    if not missing:
        return None
    return Refusal(
        f"Not signed: {', '.join(missing)}.", "Send these statements as true."
    )


def only_listings(move: Move) -> Refusal | None:
    """Ask that nothing but listings is restricted."""
    if move.policy.restriction.startswith("DECISION_VISIBILITY_"):
        return None
    return Refusal("An account is not restricted that way.", "A reviewer decides.")


def has_note(move: Move) -> Refusal | None:
    """Ask for words."""
    if move.given.note and move.given.note.strip():
        return None
    return Refusal("A note is needed that says why.", "Send it as note.")


def has_answer(move: Move) -> Refusal | None:
    """Ask for reasons that can be sent to whoever appealed."""
    if move.given.note and len(move.given.note.strip()) >= 10:
        return None
    return Refusal(
        "The decision of an appeal has to give its reasons.",
        "Send them as answer: they go to whoever appealed.",
    )


def has_document(move: Move) -> Refusal | None:
    """Ask for a document."""
    if move.given.data.get("document"):
        return None
    return Refusal("A document has to show it.", "Name it as document.")

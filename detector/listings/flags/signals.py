"""What supports a flag, what speaks against it, and what is not known."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from detector.listings.flags.facts import Facts, as_price
from detector.listings.flags.seen_signals import (
    judge_claimed_first_seen,
    judge_cluster_size,
    judge_first_seen,
    judge_known_removed,
)
from detector.listings.flags.signal import (
    Direction,
    Signal,
    name_pictures,
    unknown,
)
from detector.listings.flags.wording import names_brand, replica_words
from detector.matching.match import Relation

CAVEAT = "Similar images do not by themselves show the item is counterfeit."

CHEAP = 0.5
USUAL = 0.8
"""Shares of the brand's price: below the one it is low, from the other it is usual."""
NEW_SELLER = timedelta(days=30)
OLD_SELLER = timedelta(days=730)


def judge_facts(facts: Facts) -> dict[str, object]:
    """Turn what is known into signals, by name, as can be written as JSON."""
    signals = {name: judge(facts) for name, judge in _JUDGES.items()}
    return {
        name: {
            "value": signal.value,
            "direction": signal.direction.value,
            "text": signal.text,
        }
        for name, signal in signals.items()
    }


def write_reason(signals: Mapping[str, object]) -> str:
    """Say in words what speaks for a flag, what against, and what is not known.

    Args:
        signals: as `judge_facts` returns them.
    """
    texts: dict[str, list[str]] = {}
    for signal in signals.values():
        if isinstance(signal, dict):
            texts.setdefault(str(signal["direction"]), []).append(str(signal["text"]))
    parts = [
        ("What supports it", Direction.SUPPORTS),
        ("What speaks against it", Direction.AGAINST),
        ("What is unknown", Direction.UNKNOWN),
    ]
    said = [f"{head}: {' '.join(texts.get(of, ['Nothing.']))}" for head, of in parts]
    return " ".join([*said, CAVEAT])


def _text_of(facts: Facts, name: str) -> str | None:
    value = facts.details.get(name)
    return None if value is None else str(value)


def _relation(relation: Relation, yes: str, no: str) -> Callable[[Facts], Signal]:
    def judge(facts: Facts) -> Signal:
        positions = sorted(
            hit.position
            for hit in facts.hits
            if hit.match is not None and hit.match.relation is relation
        )
        if not positions:
            return Signal(False, Direction.NEUTRAL, no)
        return Signal(True, Direction.SUPPORTS, f"{yes} ({name_pictures(positions)}).")

    return judge


def _brand_in_title(facts: Facts) -> Signal:
    title = _text_of(facts, "title")
    if title is None:
        return unknown("The title is not known.")
    if names_brand(title, facts.brand):
        return Signal(True, Direction.NEUTRAL, "The title names the brand.")
    return Signal(False, Direction.AGAINST, "The title does not name the brand.")


def _replica_words(facts: Facts) -> Signal:
    texts = [_text_of(facts, "title"), _text_of(facts, "description")]
    known = [text for text in texts if text is not None]
    if not known:
        return unknown("Neither title nor description is known.")
    words = replica_words(" \n ".join(known))
    if not words:
        return Signal([], Direction.NEUTRAL, "No word says that it is a replica.")
    return Signal(
        [*words], Direction.SUPPORTS, f"The text has the words {', '.join(words)}."
    )


def _is_new(facts: Facts) -> bool | None:
    condition = _text_of(facts, "condition")
    return None if condition is None else condition.casefold().startswith("new")


def _price_ratio(facts: Facts) -> Signal:
    price = as_price(facts.details.get("price"), facts.details.get("currency"))
    if price is None or facts.msrp is None or price[1] != facts.msrp[1]:
        return unknown("Its price cannot be held against the brand's.")
    ratio = round(float(price[0] / facts.msrp[0]), 3)
    text = f"It costs {ratio:.0%} of the brand's price."
    if _is_new(facts) is False:
        text = f"{text} Used goods cost less."
        return Signal(ratio, Direction.NEUTRAL, text)
    if ratio < CHEAP:
        return Signal(ratio, Direction.SUPPORTS, text)
    if ratio >= USUAL:
        return Signal(ratio, Direction.AGAINST, text)
    return Signal(ratio, Direction.NEUTRAL, text)


def _gtin_conflict(facts: Facts) -> Signal:
    gtin = _text_of(facts, "gtin")
    if gtin is None or not facts.gtins:
        return unknown("The product's number cannot be held against the brand's.")
    if gtin.zfill(14) in facts.gtins:
        return Signal(
            False, Direction.NEUTRAL, "It has the number of the product in the picture."
        )
    return Signal(
        True, Direction.SUPPORTS, "It has the number of another product (GTIN)."
    )


def _condition(facts: Facts) -> Signal:
    condition = _text_of(facts, "condition")
    if condition is None:
        return unknown("Its condition is not known.")
    text = f"It is offered as {condition[:50]}."
    if _is_new(facts):
        return Signal(condition, Direction.NEUTRAL, text)
    return Signal(
        condition, Direction.AGAINST, f"{text} Genuine goods may be sold again."
    )


def _authorised(facts: Facts) -> Signal:
    if facts.cover is not None:
        return Signal(True, Direction.AGAINST, facts.cover.reason)
    if not facts.has_seller:
        return unknown("The seller is not known.")
    return Signal(
        False, Direction.NEUTRAL, "No authorization of the brand covers the seller."
    )


def _seller_age(facts: Facts) -> Signal:
    seller = facts.details.get("seller")
    joined = _as_time(seller.get("created_at")) if isinstance(seller, dict) else None
    if joined is None:
        return unknown("How long the seller has been there is not known.")
    age = max(facts.occurred_at - joined, timedelta())
    text = f"The seller had been there for {age.days} days."
    direction = Direction.NEUTRAL
    if age < NEW_SELLER:
        direction = Direction.SUPPORTS
    elif age >= OLD_SELLER:
        direction = Direction.AGAINST
    return Signal(age.days, direction, text)


def _as_time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _known_fake_match(facts: Facts) -> Signal:
    positions = sorted(hit.position for hit in facts.hits if hit.is_known_fake)
    if not positions:
        return Signal(False, Direction.NEUTRAL, "No picture of a known fake is alike.")
    text = (
        f"It is like the brand's picture of a known fake ({name_pictures(positions)})."
    )
    return Signal(True, Direction.SUPPORTS, text)


def _image_rights(facts: Facts) -> Signal:
    rights = facts.image_rights
    if rights is None or rights == "unknown":
        return unknown("Who owns the reference picture is not known.")
    return Signal(
        rights, Direction.NEUTRAL, f"The brand's rights in its picture: {rights}."
    )


_JUDGES: dict[str, Callable[[Facts], Signal]] = {
    "same_photo": _relation(
        Relation.SAME_PHOTO,
        "It shows a reference's own photo",
        "It shows no reference's photo unchanged.",
    ),
    "edited_photo": _relation(
        Relation.EDITED_PHOTO,
        "It shows an edited reference photo",
        "It shows no edited reference photo.",
    ),
    "same_product_other_photo": _relation(
        Relation.SAME_PRODUCT,
        "It shows a reference's product in another photo",
        "It shows no reference's product in another photo.",
    ),
    "brand_in_title": _brand_in_title,
    "replica_words": _replica_words,
    "price_ratio": _price_ratio,
    "gtin_conflict": _gtin_conflict,
    "condition": _condition,
    "authorised": _authorised,
    "seller_age": _seller_age,
    "cluster_size": judge_cluster_size,
    "first_seen": judge_first_seen,
    "claimed_first_seen": judge_claimed_first_seen,
    "known_fake_match": _known_fake_match,
    "known_removed": judge_known_removed,
    "image_rights": _image_rights,
}
SIGNALS = tuple(_JUDGES)
"""Their names."""

"""Signals of what was seen of a listing's pictures before, and where."""

from datetime import datetime

from detector.listings.flags.facts import Facts
from detector.listings.flags.signal import (
    Direction,
    Signal,
    name_pictures,
    unknown,
)

WIDELY_SHOWN = 10
"""Sellers from which on a picture is so widely shown that it may be anybody's."""


def judge_cluster_size(facts: Facts) -> Signal:
    """Tell how many listings show the same picture."""
    if not facts.first_seen:
        return unknown("How many listings show the same picture is not known.")
    widest = max(
        facts.first_seen, key=lambda seen: (seen.num_sellers, seen.num_listings)
    )
    size = widest.num_listings
    text = f"The same picture was seen in {size} listings."
    if size == 1:
        text = "The same picture was seen in no other listing."
    if widest.num_sellers < WIDELY_SHOWN:
        return Signal(size, Direction.NEUTRAL, text)
    return Signal(
        size, Direction.AGAINST, f"{text} Many sellers show it: it may be anybody's."
    )


def judge_first_seen(facts: Facts) -> Signal:
    """Tell who showed a picture first, by when it came to us."""
    if not facts.first_seen:
        return unknown("Who showed the picture first is not known.")
    against = [seen for seen in facts.first_seen if seen.speaks_against]
    seen = (against or facts.first_seen)[0]
    value: dict[str, object] = {
        "at": _as_text(seen.at),
        "is_this_listing": seen.is_this_listing,
        "is_this_seller": seen.is_this_seller,
        "before_reference": seen.before_reference,
    }
    who = "Another listing"
    if seen.is_this_seller:
        who = "This seller"
    if seen.is_this_listing:
        who = "This listing"
    text = f"{who} was the first seen to show picture {seen.position}"
    if seen.is_this_listing and seen.num_listings == 1:
        text = f"No other listing was seen to show picture {seen.position}"
    if seen.before_reference:
        text += ", before the brand's reference was known here"
    if not against:
        return Signal(value, Direction.NEUTRAL, f"{text}.")
    whose = "It may not have come from the brand."
    if seen.is_this_seller:
        whose = "It may be the seller's own."
    return Signal(value, Direction.AGAINST, f"{text}. {whose}")


def judge_claimed_first_seen(facts: Facts) -> Signal:
    """Tell what senders claim, which speaks for and against nothing."""
    claims = [seen.claim for seen in facts.first_seen if seen.claim is not None]
    if not claims:
        return unknown("Since when the picture is listed is claimed by nobody.")
    claim = min(claims, key=lambda claim: claim.at)
    whose = "Its own" if claim.is_this_marketplace else "Another"
    value: dict[str, object] = {
        "at": _as_text(claim.at),
        "is_this_marketplace": claim.is_this_marketplace,
    }
    text = f"{whose} marketplace claims that it was listed on {claim.at:%Y-%m-%d}."
    return Signal(value, Direction.NEUTRAL, text)


def _as_text(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def judge_known_removed(facts: Facts) -> Signal:
    """Tell whether a picture is to stay down."""
    positions = sorted(hit.position for hit in facts.hits if hit.is_watched)
    if not positions:
        text = "No picture is one that is watched."
        number = max((seen.num_taken_down for seen in facts.first_seen), default=0)
        if number:
            text += f" Listings taken down that showed the same one: {number}."
        return Signal(False, Direction.NEUTRAL, text)
    which = name_pictures(positions)
    text = f"It shows a picture that is watched after a removal ({which})."
    return Signal(True, Direction.SUPPORTS, text)

"""Whether a brand allows what a listing shows, and which such flags are shown."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from sqlalchemy.orm import Session

from detector.catalogue.authorized_sellers import Authorization, find_authorization
from detector.listings.flags.hits import Hit
from detector.store.listing_tables import ListingRow


def find_cover(
    session: Session,
    listing: ListingRow,
    *,
    brand_id: str,
    hits: Iterable[Hit],
    on: date,
) -> Authorization | None:
    """Find what allows the seller to show all of the pictures.

    An authorization is for a brand's own pictures: nothing covers one of a known fake.

    Args:
        session: to read with.
        listing: that shows them.
        brand_id: whose pictures they resemble.
        hits: the pictures.
        on: the day.

    Returns:
        What allows the first of them; None if one is not allowed.
    """
    if listing.seller_id is None:
        return None
    country = listing.details.get("country")
    found: dict[str | None, Authorization | None] = {}
    for hit in hits:
        if hit.is_known_fake:
            return None
        product_id = None if hit.reference is None else hit.reference.product_id
        if product_id not in found:
            found[product_id] = find_authorization(
                session,
                brand_id=brand_id,
                marketplace=listing.marketplace,
                seller_id=listing.seller_id,
                product_id=product_id,
                country=None if country is None else str(country),
                on=on,
            )
        if found[product_id] is None:
            return None
    return next(iter(found.values()), None)


def authorization_json(authorization: Authorization) -> dict[str, object]:
    """Show why a flag is suppressed; where the contract lies is the brand's affair."""
    end = authorization.valid_to
    return {
        "id": authorization.id,
        "relation": authorization.relation,
        "valid_to": end and end.isoformat(),
        "reason": authorization.reason,
    }


def is_sampled(listing_id: str, brand_id: str, *, share: float) -> bool:
    """Draw a share of the suppressed flags, the same ones each time.

    Args:
        listing_id: our id of the listing.
        brand_id: of the flag.
        share: to be drawn, 0..1.
    """
    digest = sha256(f"{listing_id}\0{brand_id}".encode()).digest()
    return int.from_bytes(digest[:8]) < share * 2**64

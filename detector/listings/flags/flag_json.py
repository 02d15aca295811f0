"""A flag as it is told of: in events, and over the wire."""

import json

from detector.listings.flags.signals import write_reason
from detector.store.listing_tables import FlagRow, ListingRow
from detector.store.tables import BrandRow

MAX_EVENT_BYTES = 18_000
"""Of an event's data, which is to stay below 20 kB with what is put around it."""

Json = dict[str, object]


def describe_flag(row: FlagRow, listing: ListingRow, brand: BrandRow) -> Json:
    """Say all of a flag that those may know whom it concerns.

    Args:
        row: the flag.
        listing: that is flagged, as its newest version has it.
        brand: whose pictures it resembles.
    """
    return {
        "flag_id": row.id,
        "state": row.state,
        "is_sample": row.is_sample,
        "listing": {
            "id": listing.id,
            "marketplace_id": listing.marketplace,
            "listing_id": listing.external_id,
            "version": row.version,
            "url": listing.details.get("url"),
            "seller_id": listing.seller_id,
        },
        "brand": {"id": brand.id, "name": brand.name},
        "verdict": row.verdict,
        "similarity": row.similarity,
        "relation": row.relation,
        "num_images": len(row.images),
        "images": row.images,
        "signals": row.signals,
        "reason": write_reason(row.signals),
        "authorization": row.authorization,
    }


def event_data(row: FlagRow, listing: ListingRow, brand: BrandRow) -> Json:
    """Say the same within the size of an event: the first pictures only, if many."""
    data = describe_flag(row, listing, brand)
    images = list(row.images)
    while images and len(json.dumps(data)) > MAX_EVENT_BYTES:
        images = images[: len(images) // 2]
        data["images"] = images
    return data

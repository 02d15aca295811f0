"""What goes over the wire about listings."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.catalogue_schemas import AT, example
from detector.api.flag_schemas import FlagAnswer
from detector.api.pagination import ChangesOptions
from detector.api.schemas import LIKENESS, MatchedReference, Sha256, Wire
from detector.listings.intake.event_fields import EXAMPLES, Removal
from detector.matching.match import Verdict

LISTING_ID = "lst_5f0c0e5c1d2b4a6f8e9d7c3b"
MAX_EVENTS = 500
ListingState = Literal["queued", "scanned", "failed", "deleted"]
PlainName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"
    ),
]

EVENT_SCHEMA = "#/components/schemas/ListingEventFields"
EVENTS_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "title": "ListingEvents",
                    "properties": {
                        "listings": {
                            "type": "array",
                            "items": {
                                "$ref": "#/components/schemas/ListingEventFields"
                            },
                            "minItems": 1,
                            "maxItems": MAX_EVENTS,
                            "description": "In any order. Each is taken or refused by "
                            "itself; of several of one listing the newest counts.",
                        }
                    },
                    "required": ["listings"],
                    "additionalProperties": False,
                },
                "examples": {
                    name: {"summary": f"listing.{name}", "value": {"listings": [event]}}
                    for name, event in EXAMPLES.items()
                },
            }
        },
    }
}


class EventFaultAnswer(Wire):
    """What is wrong with a field of an event."""

    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="What is wrong.")
    pointer: str = Field(
        description="JSON pointer into the body, as in `/listings/3/images/0/url`."
    )
    remedy: str = Field(description="What to do about it.")


class OutcomeAnswer(Wire):
    """What became of one event."""

    status: Literal["accepted", "duplicate", "stale", "invalid"] = Field(
        description="`accepted`: it holds from now on; `duplicate`: it was taken "
        "before; `stale`: a newer version is known; `invalid`: see `errors`. Only the "
        "last is to be sent again, corrected."
    )
    id: str | None = Field(
        description="Our id of the listing; null where the event cannot be read."
    )
    listing_id: str | None = Field(
        description="The marketplace's own; null where the event names none."
    )
    version: int | None = Field(description="Null where the event cannot be read.")
    errors: list[EventFaultAnswer] = Field(description="Why it is invalid.")
    warnings: list[EventFaultAnswer] = Field(
        description="What was passed over of an event, such as a wrong GTIN, and which "
        "version is known where it is stale."
    )


class OutcomeCounts(Wire):
    """How many events there were of each outcome."""

    accepted: int = Field(ge=0)
    duplicate: int = Field(ge=0)
    stale: int = Field(ge=0)
    invalid: int = Field(ge=0)


class OutcomesAnswer(Wire):
    """What became of events."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            results=[
                {
                    "status": "accepted",
                    "id": LISTING_ID,
                    "listing_id": "4711",
                    "version": 1,
                    "errors": [],
                    "warnings": [],
                },
                {
                    "status": "invalid",
                    "id": None,
                    "listing_id": "4712",
                    "version": None,
                    "errors": [
                        {
                            "code": "bad_url",
                            "detail": "It is no web address.",
                            "pointer": "/listings/1/images/0/url",
                            "remedy": "Give a whole one, https://… or http://…, of at "
                            "most 2,000 characters.",
                        }
                    ],
                    "warnings": [],
                },
            ],
            counts={"accepted": 1, "duplicate": 0, "stale": 0, "invalid": 1},
        )
    }

    results: list[OutcomeAnswer] = Field(description="In the order of the events.")
    counts: OutcomeCounts


class ListingOptions(ChangesOptions):
    """The query parameters of the list of listings."""

    marketplace_id: PlainName | None = Field(
        None, description="Only those of this marketplace."
    )
    state: ListingState | None = Field(None, description="Only those in this state.")
    verdict: Verdict | None = Field(None, description="Only those with this verdict.")
    seller_id: PlainName | None = Field(None, description="Only those of this seller.")


LISTING: JsonDict = {
    "id": LISTING_ID,
    "marketplace_id": "shop.example",
    "listing_id": "4711",
    "version": 1,
    "state": "scanned",
    "verdict": "review",
    "error": None,
    "url": "https://market.example/items/4711",
    "title": "Runner, red, size 42",
    "seller_id": "seller-8",
    "removal": None,
    "occurred_at": AT,
    "received_at": AT,
    "scanned_at": AT,
    "deleted_at": None,
    "updated_at": AT,
}


class ListingAnswer(Wire):
    """A listing as its newest version has it."""

    model_config = Wire.model_config | {"json_schema_extra": {"examples": [LISTING]}}

    id: str = Field(description="Our id of it.")
    marketplace_id: str
    listing_id: str = Field(description="The marketplace's own id.")
    version: int
    state: ListingState = Field(
        description="`queued`: its pictures are still to be looked at; `failed`: they "
        "cannot be."
    )
    verdict: Verdict | None = Field(
        description="Of its pictures, as thresholds have it; a person decides. Null "
        "until they were looked at."
    )
    error: str | None = Field(description="Why it failed, or is queued still.")
    url: str | None
    title: str | None
    seller_id: str | None = Field(description="The marketplace's own id.")
    removal: Removal | None = Field(description="Why it was deleted, if it was told.")
    occurred_at: datetime = Field(description="Of the newest version.")
    received_at: datetime = Field(description="Of the newest version.")
    scanned_at: datetime | None
    deleted_at: datetime | None
    updated_at: datetime


class SellerDetails(Wire):
    """Who offers a listing, as the marketplace says."""

    id: str
    type: str | None = None
    country: str | None = None
    created_at: datetime | None = None
    verified: bool | None = None
    rating: float | None = None


class ListingDetails(Wire):
    """What the newest event said, by the names of its fields."""

    url: str | None = None
    title: str | None = None
    description: str | None = None
    price: str | None = Field(None, description="A decimal number.")
    currency: str | None = None
    condition: str | None = None
    brand_claimed: str | None = None
    gtin: str | None = Field(None, description="14 digits.")
    gtin_given: str | None = Field(None, description="A GTIN that is none.")
    category: str | None = None
    seller: SellerDetails | None = None
    ships_from: str | None = None
    country: str | None = None


class ListingImageAnswer(Wire):
    """A picture of a listing, and what was found."""

    position: int = Field(ge=0)
    sha256: Sha256 | None = Field(description="Null until it has been fetched.")
    url: str | None
    state: Literal["waiting", "scanned", "failed"]
    error_code: str | None = Field(description="Why there is no result, for programs.")
    error: str | None = Field(description="Likewise, in words.")
    verdict: Verdict | None = Field(description="When it was looked at.")
    matches: list[MatchedReference] = Field(
        description="Best first; those below the thresholds too."
    )
    cluster_id: str | None = Field(
        description="Of pictures that are the same, recompressed or resized."
    )
    same_as: Sha256 | None = Field(
        description="A picture so alike that its result was taken over. Not told to "
        "marketplaces, as it may be another one's."
    )


class FullListingAnswer(ListingAnswer):
    """A listing with its pictures, their matches and its flags."""

    model_config = Wire.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    **LISTING,
                    "details": {"title": "Runner, red, size 42", "price": "49.90"},
                    "images": [
                        {
                            "position": 0,
                            "sha256": "9c" * 32,
                            "url": "https://img.market.example/4711/0.jpg",
                            "state": "scanned",
                            "error_code": None,
                            "error": None,
                            "verdict": "review",
                            "matches": [
                                {
                                    "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
                                    "external_id": "shoes/runner-red/front.jpg",
                                    "brand": "Acme",
                                    "product_id": "RUN-RED-42",
                                    "reference_role": "official",
                                    **LIKENESS,
                                }
                            ],
                            "cluster_id": None,
                            "same_as": None,
                        }
                    ],
                    "flags": [],
                }
            ]
        }
    }

    details: ListingDetails
    images: list[ListingImageAnswer]
    flags: list[FlagAnswer] | None = Field(
        description="One for each brand whose pictures it shows; null if the caller "
        "may not read flags."
    )

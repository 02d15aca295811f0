"""What a listing event may say: one schema for requests and for files."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from detector.listings.intake.event_values import (
    Country,
    Currency,
    Integer,
    LongText,
    Name,
    Price,
    Sha256,
    Text,
    Time,
    WebUrl,
    Word,
    happened,
    refuse,
)

MAX_IMAGES = 50
MAX_POSITION = 9_999

Kind = Literal["listing.created", "listing.updated", "listing.deleted"]
Removal = Literal["taken_down", "ended", "sold", "withdrawn", "other"]

EXAMPLES: dict[str, JsonDict] = {
    "created": {
        "event_id": "b7d1c3",
        "type": "listing.created",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": "4711",
        "version": 1,
        "url": "https://market.example/items/4711",
        "title": "Runner, red, size 42",
        "description": "Worn twice.",
        "price": "49.90",
        "currency": "EUR",
        "condition": "used",
        "brand_claimed": "Acme",
        "gtin": "4006381333931",
        "category": "Shoes > Running",
        "images": [
            {"position": 0, "url": "https://img.market.example/4711/0.jpg"},
            {"position": 1, "sha256": "9c" * 32},
        ],
        "seller": {
            "id": "seller-8",
            "type": "business",
            "country": "DE",
            "created_at": "2024-02-29T08:00:00Z",
            "verified": True,
            "rating": 4.8,
        },
        "ships_from": "DE",
        "country": "FR",
    },
    "updated": {
        "type": "listing.updated",
        "occurred_at": "2026-06-02T09:30:00Z",
        "listing_id": "4711",
        "version": 2,
        "title": "Runner, red, size 42",
        "price": 44.5,
        "currency": "EUR",
        "images": [{"url": "https://img.market.example/4711/0.jpg"}],
        "seller": {"id": "seller-8"},
    },
    "deleted": {
        "type": "listing.deleted",
        "occurred_at": "2026-06-03T18:00:00Z",
        "listing_id": "4711",
        "version": 3,
        "removal": "taken_down",
    },
}


class Fields(BaseModel):
    """Base of all: a misspelled name is told, not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ListingSellerFields(Fields):
    """Who offers it."""

    id: Name = Field(description="The marketplace's own id of the seller.")
    type: Word | None = Field(
        None, description="In the marketplace's words, such as `business`."
    )
    country: Country | None = Field(None, description="ISO 3166-1, two letters.")
    created_at: Time | None = Field(None, description="When the seller joined.")
    verified: bool | None = Field(
        None, description="Whether the marketplace knows who the seller is."
    )
    rating: Annotated[float, Field(ge=0, le=100)] | None = Field(
        None, description="On the marketplace's own scale, 0 to 100."
    )


class ListingImageFields(Fields):
    """A picture: one of `url`, `sha256` and `data` says which."""

    position: Annotated[Integer, Field(le=MAX_POSITION)] | None = Field(
        None, description="Each once in a listing; by default the place in the list."
    )
    url: WebUrl | None = Field(
        None, description="Where to fetch it, on a host that the operator allows."
    )
    sha256: Sha256 | None = Field(
        None, description="Of a file that was sent before, to /v1/pictures or inline."
    )
    data: str | None = Field(
        None, description="The file itself, in base64 (RFC 4648, with padding)."
    )

    @model_validator(mode="after")
    def _require_one(self) -> "ListingImageFields":
        given = [
            each for each in (self.url, self.sha256, self.data) if each is not None
        ]
        if len(given) != 1:
            raise refuse(
                "bad_image",
                f"It names {len(given)} pictures.",
                "Give each picture by one of `url`, `sha256` and `data`.",
            )
        return self


class ListingEventFields(Fields):
    """What happened to a listing; it says all that holds from then on.

    What an update leaves out is gone. A deletion needs no more than the ids.
    """

    model_config = ConfigDict(json_schema_extra={"examples": list(EXAMPLES.values())})

    event_id: Name | None = Field(
        None, description="The sender's own name of the event, kept for enquiries."
    )
    type: Kind = Field(description="What happened.")
    occurred_at: Annotated[Time, AfterValidator(happened)] = Field(
        description="When it happened, with its zone: 2026-06-01T12:00:00Z."
    )
    marketplace_id: Name | None = Field(
        None,
        description="Which marketplace it is on; may be left out where the key says.",
    )
    listing_id: Name = Field(description="The marketplace's own id of the listing.")
    version: Integer | None = Field(
        None,
        description="Rises with each event of a listing, and tells which is newer; "
        "the milliseconds of `occurred_at` since 1970 if left out.",
    )
    url: WebUrl | None = Field(None, description="Where people see the listing.")
    title: Text | None = Field(None, description="As buyers read it.")
    description: LongText | None = Field(None, description="As buyers read it.")
    price: Price | None = Field(
        None, description="An amount such as 1234.50, as text or as a number."
    )
    currency: Currency | None = Field(
        None, description="Of the price, ISO 4217, three letters."
    )
    condition: Word | None = Field(
        None, description="In the marketplace's words, such as `used`."
    )
    brand_claimed: Text | None = Field(
        None, description="The brand that the seller says it is."
    )
    gtin: Word | None = Field(
        None,
        description="As the seller gives it. A wrong one is told as a warning; the "
        "listing is taken all the same.",
    )
    category: Text | None = Field(None, description="In the marketplace's words.")
    images: Annotated[list[ListingImageFields], Field(max_length=MAX_IMAGES)] = Field(
        [], description=f"Its pictures, {MAX_IMAGES} at most."
    )
    seller: ListingSellerFields | None = Field(None, description="Who offers it.")
    ships_from: Country | None = Field(None, description="ISO 3166-1, two letters.")
    country: Country | None = Field(
        None, description="Where it is offered: ISO 3166-1, two letters."
    )
    removal: Removal | None = Field(
        None,
        description="Why it is gone; goes with `listing.deleted`. Flagged pictures of "
        "a listing that was `taken_down` are watched from then on.",
    )

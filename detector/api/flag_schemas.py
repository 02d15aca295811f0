"""What goes over the wire of flags and watched pictures."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from detector.api.list_schemas import LINE, PLAIN_ID
from detector.api.pagination import ChangesOptions, PageOptions
from detector.api.schemas import Sha256, Share, Wire
from detector.matching.match import Relation

FlagState = Literal["open", "suppressed", "withdrawn"]
FlagVerdict = Literal["review", "match"]
FlagId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the flag.")]
PictureId = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the picture's bytes.")
]
Id = Annotated[str, StringConstraints(pattern=PLAIN_ID)]
Reason = Annotated[str, StringConstraints(max_length=500, pattern=LINE)]

AT = "2026-06-01T12:00:00Z"
BRAND_ID = "brand_0c9a7e1f5d2b4a6f8e9d7c3b"
LISTING_ID = "lst_5f0c0e5c1d2b4a6f8e9d7c3b"
FLAG_IMAGE: JsonDict = {
    "position": 0,
    "sha256": "9c" * 32,
    "reference_id": "ref_5f0c0e5c1d2b4a6f8e9d7c3b",
    "external_id": "shoes/runner-red/front.jpg",
    "similarity": 0.932114,
    "likelihood": 0.871203,
    "relation": "edited_photo",
    "verdict": "match",
    "is_watched": False,
}
FLAG: JsonDict = {
    "flag_id": "flag_9d7c3b5f0c0e5c1d2b4a6f8e",
    "state": "open",
    "is_sample": False,
    "listing": {
        "id": LISTING_ID,
        "marketplace_id": "market.example",
        "listing_id": "4711",
        "version": 1,
        "url": "https://market.example/items/4711",
        "seller_id": "seller-8",
    },
    "brand": {"id": BRAND_ID, "name": "Acme"},
    "verdict": "match",
    "similarity": 0.932114,
    "relation": "edited_photo",
    "num_images": 1,
    "images": [FLAG_IMAGE],
    "signals": {
        "edited_photo": {
            "value": True,
            "direction": "supports",
            "text": "It shows an edited reference photo (picture 0).",
        },
        "price_ratio": {
            "value": None,
            "direction": "unknown",
            "text": "Its price cannot be held against the brand's.",
        },
    },
    "reason": "What supports it: It shows an edited reference photo (picture 0). What "
    "speaks against it: Nothing. What is unknown: Its price cannot be held against the "
    "brand's. Similar images do not by themselves show the item is counterfeit.",
    "authorization": None,
    "created_at": AT,
    "updated_at": AT,
}


class FlagOptions(ChangesOptions):
    """The query parameters of the list of flags."""

    state: FlagState | None = Field(None, description="Only those in this state.")
    verdict: FlagVerdict | None = Field(None, description="Only those of this verdict.")
    brand_id: Id | None = Field(None, description="Only those of this brand.")
    marketplace_id: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Only listings on this marketplace."
    )
    listing_id: Id | None = Field(
        None, description="Only those of this listing, by our id of it."
    )


class EvidenceOptions(BaseModel):
    """Which match of a flag is drawn."""

    model_config = ConfigDict(extra="forbid")

    position: int = Field(
        ge=0, le=2**31 - 1, description="Of the picture, as in `images`."
    )
    reference_id: Id | None = Field(
        None, description="A reference of the brand; the best one by default."
    )


class FlaggedListing(Wire):
    """Which listing it is about."""

    id: str = Field(description="Our id of it.")
    marketplace_id: str
    listing_id: str = Field(description="The marketplace's id of it.")
    version: int = Field(description="That was looked at.")
    url: str | None
    seller_id: str | None


class FlaggedBrand(Wire):
    """Whose pictures it resembles."""

    id: str
    name: str


class FlaggedImage(Wire):
    """A picture of the listing that speaks for the flag."""

    position: int = Field(ge=0)
    sha256: Sha256
    reference_id: str | None = Field(
        description="The best match of the brand; null if the picture only is watched."
    )
    external_id: str | None = Field(description="The brand's own name of it.")
    similarity: Share | None
    likelihood: Share | None = Field(
        None,
        description="That a reviewer confirms it, by past decisions; null where not "
        "calibrated.",
    )
    relation: Relation | None
    verdict: FlagVerdict
    is_watched: bool = Field(
        description="The same picture was in a listing that was taken down."
    )


class FirstSeenValue(Wire):
    """When a picture was first seen, in whichever listing."""

    at: datetime = Field(description="When that listing came to us.")
    is_this_listing: bool
    is_this_seller: bool | None
    before_reference: bool | None = Field(
        description="Before the brand's reference was known here."
    )


class ClaimedFirstSeenValue(Wire):
    """Since when a picture is listed as a marketplace claims; nobody has checked it."""

    at: datetime = Field(description="The earliest `occurred_at` that was sent.")
    is_this_marketplace: bool = Field(description="The listing's own claims it.")


class SignalAnswer(Wire):
    """One thing to be weighed by a person."""

    value: (
        bool
        | int
        | float
        | str
        | list[str]
        | FirstSeenValue
        | ClaimedFirstSeenValue
        | None
    ) = Field(description="Null is not known, which is neither no nor 0.")
    direction: Literal["supports", "against", "neutral", "unknown"]
    text: str


class AuthorizationAnswer(Wire):
    """Why a flag is suppressed."""

    id: str = Field(description="Of the brand's entry for the seller.")
    relation: str
    valid_to: str | None = Field(description="Its last day; null without an end.")
    reason: str


class FlagAnswer(Wire):
    """A listing shows pictures that resemble a brand's: something for a person."""

    model_config = ConfigDict(json_schema_extra={"examples": [FLAG]})

    flag_id: str
    state: FlagState = Field(
        description="`suppressed`: an authorization of the brand covers it; "
        "`withdrawn`: nothing speaks for it any more."
    )
    is_sample: bool = Field(description="Suppressed, and shown all the same.")
    listing: FlaggedListing
    brand: FlaggedBrand
    verdict: FlagVerdict = Field(
        description="What the thresholds make of the pictures; a person decides."
    )
    similarity: Share | None = Field(description="Of the strongest picture.")
    relation: Relation | None = Field(description="Likewise.")
    num_images: int = Field(ge=0)
    images: list[FlaggedImage]
    signals: dict[str, SignalAnswer]
    reason: str = Field(description="The signals in words.")
    authorization: AuthorizationAnswer | None
    created_at: datetime
    updated_at: datetime


class WatchedOptions(PageOptions):
    """The query parameters of the list of watched pictures."""

    brand_id: Id | None = Field(None, description="Only those of this brand.")


class NewWatchedPicture(Wire):
    """A picture to be watched: whoever shows it, or the like, is flagged."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sha256": "9c" * 32,
                    "brand_id": BRAND_ID,
                    "reason": "Court order 7 O 12/26.",
                }
            ]
        }
    )

    sha256: Sha256 = Field(description="Of a picture that a listing has shown.")
    brand_id: Id
    reason: Reason


class WatchedPictureAnswer(Wire):
    """A picture that is to stay down."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sha256": "9c" * 32,
                    "brand_id": BRAND_ID,
                    "listing_id": LISTING_ID,
                    "reason": "A listing that showed it was taken down.",
                    "created_by": None,
                    "created_at": AT,
                }
            ]
        }
    )

    sha256: Sha256
    brand_id: str
    listing_id: str | None = Field(description="That was taken down.")
    reason: str
    created_by: str | None = Field(
        description="Null if a removal led to it: it is watched where that was, and "
        "otherwise on all marketplaces."
    )
    created_at: datetime

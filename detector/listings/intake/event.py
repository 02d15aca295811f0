"""Listing events: read from what was sent, or told apart from what cannot be used."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from pydantic import ValidationError

from detector.catalogue.formats.gtin import GtinProblem, parse_gtin
from detector.listings.intake.batch_json import RepeatedName
from detector.listings.intake.event_fault import (
    MAX_FAULTS,
    EventFault,
    repeated_name,
    schema_faults,
)
from detector.listings.intake.event_fields import ListingEventFields, ListingImageFields
from detector.listings.intake.event_values import EPOCH

__all__ = ["EventFault", "EventKind", "GivenImage", "ListingEvent", "read_event"]

_NO_DETAILS = {
    "event_id",
    "type",
    "occurred_at",
    "marketplace_id",
    "listing_id",
    "version",
    "images",
    "removal",
    "gtin",
}


class EventKind(StrEnum):
    """What happened to a listing."""

    CREATED = "listing.created"
    UPDATED = "listing.updated"
    DELETED = "listing.deleted"


@dataclass(frozen=True, slots=True)
class GivenImage:
    """A picture of a listing, named by `url` or by `sha256`.

    Attributes:
        position: in the listing.
        sha256: of its bytes, also where they came along; None if it is named by URL.
        url: where to fetch it.
        data: its bytes, if they came along.
    """

    position: int
    sha256: str | None = None
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Find out the hash of bytes that came along."""
        if self.data is not None and self.sha256 is None:
            object.__setattr__(self, "sha256", sha256(self.data).hexdigest())


@dataclass(frozen=True, slots=True)
class ListingEvent:
    """What a marketplace says of a listing: all that holds from then on.

    Attributes:
        marketplace: that it is on.
        listing_id: the marketplace's own id.
        version: tells which event is newer.
        event_id: the sender's name of the event.
        type: what happened.
        occurred_at: when.
        seller_id: the marketplace's own id of the seller.
        details: the other fields that were given, as can be written as JSON: price as
            a decimal string, GTIN of 14 digits (`gtin_given` if it is none), times in
            ISO 8601.
        images: its pictures, in the order given.
        removal: why it was deleted, if the marketplace tells.
        warnings: what was taken all the same.
    """

    marketplace: str
    listing_id: str
    version: int
    event_id: str | None
    type: EventKind
    occurred_at: datetime
    seller_id: str | None
    details: dict[str, object]
    images: tuple[GivenImage, ...] = ()
    removal: str | None = None
    warnings: tuple[EventFault, ...] = ()

    @property
    def content_sha256(self) -> str:
        """Tell what it says from what another says, however often either is sent."""
        said = {
            "is_deleted": self.type is EventKind.DELETED,
            "removal": self.removal,
            "details": self.details,
            "images": sorted(
                ([i.position, i.sha256, i.url] for i in self.images),
                key=lambda image: str(image[0]),
            ),
        }
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_event(
    raw: object, *, marketplace: str | None, max_image_bytes: int
) -> ListingEvent | tuple[EventFault, ...]:
    """Understand what was sent as one event.

    Args:
        raw: as `parse_json` returns it.
        marketplace: whose sender it is; None for who may name any.
        max_image_bytes: largest picture that may come along.

    Returns:
        The event, or what is wrong with it.
    """
    if isinstance(raw, RepeatedName):
        return (repeated_name("", raw),)
    try:
        fields = ListingEventFields.model_validate(raw)
    except ValidationError as error:
        return schema_faults(error)
    faults: list[EventFault] = []
    if marketplace is None and fields.marketplace_id is None:
        faults.append(
            EventFault(
                "/marketplace_id",
                "missing_field",
                "The field is missing.",
                "Say which marketplace the listing is on: the sender is tied to none.",
            )
        )
    if marketplace is not None and fields.marketplace_id not in (None, marketplace):
        faults.append(
            EventFault(
                "/marketplace_id",
                "other_marketplace",
                "The sender speaks for another marketplace.",
                "Leave it out, or use that marketplace's own key.",
            )
        )
    if fields.removal is not None and fields.type != "listing.deleted":
        faults.append(
            EventFault(
                "/removal",
                "bad_value",
                f"It does not go with {fields.type}.",
                "Leave it out, or send listing.deleted.",
            )
        )
    images = _read_images(fields.images, max_image_bytes, faults)
    if faults:
        return tuple(faults[:MAX_FAULTS])
    details = fields.model_dump(mode="json", exclude=_NO_DETAILS, exclude_none=True)
    warnings = _read_gtin(fields.gtin, details)
    version = fields.version
    if version is None:
        version = (fields.occurred_at - EPOCH) // timedelta(milliseconds=1)
    return ListingEvent(
        marketplace=str(marketplace or fields.marketplace_id),
        listing_id=fields.listing_id,
        version=version,
        event_id=fields.event_id,
        type=EventKind(fields.type),
        occurred_at=fields.occurred_at,
        seller_id=None if fields.seller is None else fields.seller.id,
        details=details,
        images=images,
        removal=fields.removal,
        warnings=warnings,
    )


def _read_images(
    given: Sequence[ListingImageFields], max_bytes: int, faults: list[EventFault]
) -> tuple[GivenImage, ...]:
    images: dict[int, GivenImage] = {}
    for n, image in enumerate(given):
        position = n if image.position is None else image.position
        if position in images:
            faults.append(
                EventFault(
                    f"/images/{n}/position",
                    "repeated_position",
                    f"The listing has two pictures at {position}.",
                    "Give each picture its own position, or leave all positions out.",
                )
            )
        data = None
        if image.data is not None:
            try:
                data = _decode(image.data, max_bytes)
            except ValueError as error:
                faults.append(
                    EventFault(
                        f"/images/{n}/data",
                        "bad_base64",
                        f"The picture cannot be taken: {error}.",
                        "Encode the bytes of one file by a base64 library, with no "
                        "prefix; send a smaller copy if it is too large.",
                    )
                )
        images[position] = GivenImage(position, image.sha256, image.url, data)
    return tuple(images.values())


def _decode(text: str, max_bytes: int) -> bytes:
    if len(text) // 4 * 3 - 2 > max_bytes:
        raise ValueError(f"it has over {max_bytes:,} bytes")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is not base64") from error
    if not 0 < len(data) <= max_bytes:
        raise ValueError(f"it has {len(data):,} bytes; 1 to {max_bytes:,} are taken")
    return data


def _read_gtin(given: str | None, details: dict[str, object]) -> tuple[EventFault, ...]:
    """Keep a GTIN; a wrong one is the seller's doing, and no reason not to look."""
    if given is None or not given.strip():
        return ()
    gtin = parse_gtin(given)
    if not isinstance(gtin, GtinProblem):
        details["gtin"] = gtin
        return ()
    details["gtin_given"] = given
    message = f"The GTIN is passed over: {gtin.message}."
    return (EventFault("/gtin", gtin.code, message, gtin.remedy),)

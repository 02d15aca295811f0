"""What happens so often that it is only counted, for whoever wants to know."""

from collections.abc import Callable
from enum import StrEnum


class Counted(StrEnum):
    """What is counted, and what became of it."""

    LISTING_ACCEPTED = "listing.accepted"
    LISTING_DUPLICATE = "listing.duplicate"
    LISTING_STALE = "listing.stale"
    LISTING_INVALID = "listing.invalid"

    PICTURE_MATCHED = "picture.matched"
    PICTURE_REUSED_BYTES = "picture.reused_bytes"
    PICTURE_REUSED_TWIN = "picture.reused_twin"
    PICTURE_VECTORS_ONLY = "picture.vectors_only"
    PICTURE_UNREADABLE = "picture.unreadable"

    DELIVERY_DELIVERED = "delivery.delivered"
    DELIVERY_RETRIED = "delivery.retried"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_CANCELED = "delivery.canceled"

    @property
    def thing(self) -> str:
        """What is counted."""
        return self.value.partition(".")[0]

    @property
    def outcome(self) -> str:
        """What became of it."""
        return self.value.partition(".")[2]


Count = Callable[[Counted, int], None]
"""Told what happened how often, once it is committed; called from any thread."""


def count_nothing(counted: Counted, number: int) -> None:
    """Take no notice."""

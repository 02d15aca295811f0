"""Who sees which events."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, false, or_

from detector.events.event_type import (
    FOR_BRANDS,
    FOR_MARKETPLACES,
    FOR_PLATFORM,
    EventType,
)
from detector.store.event_tables import EventRow, WebhookEndpointRow


@dataclass(frozen=True, slots=True)
class Audience:
    """A marketplace, or a brand; with neither it is the platform.

    Attributes:
        marketplace: whose events are seen.
        brand_id: likewise.
    """

    marketplace: str | None = None
    brand_id: str | None = None

    @property
    def types(self) -> frozenset[EventType]:
        """The events that it can be told of."""
        if self.marketplace is not None:
            return FOR_MARKETPLACES
        return FOR_PLATFORM if self.brand_id is None else FOR_BRANDS


def is_visible(audience: Audience) -> ColumnElement[bool]:
    """Select the events that an audience sees."""
    is_told = EventRow.type.in_(sorted(audience.types))
    if audience.marketplace is not None:
        return and_(is_told, EventRow.marketplace == audience.marketplace)
    if audience.brand_id is not None:
        return and_(is_told, EventRow.brand_id == audience.brand_id)
    return is_told


def is_owned(owner: Audience) -> ColumnElement[bool]:
    """Select the endpoints of an audience."""
    return and_(
        WebhookEndpointRow.marketplace.is_not_distinct_from(owner.marketplace),
        WebhookEndpointRow.brand_id.is_not_distinct_from(owner.brand_id),
    )


def concerns(event: EventRow) -> ColumnElement[bool]:
    """Select the endpoints of all who see an event."""
    audiences = [
        Audience(),
        Audience(marketplace=event.marketplace),
        Audience(brand_id=event.brand_id),
    ]
    seeing = [is_owned(each) for each in set(audiences) if event.type in each.types]
    return or_(false(), *seeing)

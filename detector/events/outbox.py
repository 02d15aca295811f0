"""Events: what others should learn, written in the transaction that makes it true."""

import uuid
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from detector.store.clock import next_seq
from detector.store.event_tables import EventRow

CLOCK = "event"


class EventType(StrEnum):
    """What can have happened."""

    MATCH_CREATED = "match.created"
    MATCH_UPDATED = "match.updated"
    MATCH_WITHDRAWN = "match.withdrawn"
    LISTING_FAILED = "listing.failed"
    SWEEP_COMPLETED = "sweep.completed"
    CATALOGUE_IMPORT_COMPLETED = "catalogue.import_completed"
    CATALOGUE_IMPORT_FAILED = "catalogue.import_failed"
    WEBHOOK_ENDPOINT_DISABLED = "webhook.endpoint_disabled"


def emit(
    session: Session,
    type: EventType,
    *,
    marketplace: str | None,
    brand_id: str | None,
    data: Mapping[str, object],
) -> EventRow:
    """Record an event, and its delivery to every endpoint that wants it.

    Args:
        session: of the transaction that makes it true.
        type: what happened.
        marketplace: whose affair it is.
        brand_id: likewise; with both, both are told.
        data: what can be written as JSON, small (below 20 kB): names, no pictures.
    """
    row = EventRow(
        seq=next_seq(session, CLOCK),
        id="evt_" + uuid.uuid4().hex,
        type=type,
        marketplace=marketplace,
        brand_id=brand_id,
        data=dict(data),
    )
    session.add(row)
    session.flush()
    return row

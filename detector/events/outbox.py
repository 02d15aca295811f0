"""Events: what others should learn, written in the transaction that makes it true."""

import json
import uuid
from collections.abc import Mapping

from sqlalchemy.orm import Session

from detector.events.deliveries import deliver
from detector.events.event_type import EventType
from detector.store.clock import next_seq
from detector.store.event_tables import EventRow

__all__ = ["EventType", "emit", "record_event"]

CLOCK = "event"
MAX_DATA_BYTES = 19_500
"""With its envelope, an event is below 20 kB."""


def emit(
    session: Session,
    type: EventType,
    *,
    marketplace: str | None,
    brand_id: str | None,
    data: Mapping[str, object],
) -> EventRow:
    """Record an event, and its delivery to every endpoint that wants it.

    From then on until the transaction ends no other one can emit, so do it late.

    Args:
        session: of the transaction that makes it true.
        type: what happened.
        marketplace: whose affair it is.
        brand_id: likewise; with both, each is told if the type is for it.
        data: what can be written as JSON, names and no pictures. Of what is over
            20 kB the largest fields are left out, named in `left_out`.
    """
    row = record_event(
        session, type, marketplace=marketplace, brand_id=brand_id, data=data
    )
    deliver(session, row)
    return row


def record_event(
    session: Session,
    type: EventType,
    *,
    marketplace: str | None,
    brand_id: str | None,
    data: Mapping[str, object],
) -> EventRow:
    """Record an event that nobody is told of by itself."""
    row = EventRow(
        seq=next_seq(session, CLOCK),
        id="evt_" + uuid.uuid4().hex,
        type=type,
        marketplace=marketplace,
        brand_id=brand_id,
        data=thin(data),
    )
    session.add(row)
    session.flush()
    return row


def thin(data: Mapping[str, object]) -> dict[str, object]:
    """Leave the largest fields out until the rest is small enough to be sent."""
    sizes = {name: size_of({name: value}) for name, value in data.items()}
    left_out: list[str] = []
    kept = dict(data)
    while size_of(kept) > MAX_DATA_BYTES:
        largest = max(kept.keys() - {"left_out"}, key=lambda name: sizes[name])
        del kept[largest]
        left_out.append(largest)
        kept["left_out"] = left_out
    return kept


def size_of(value: object) -> int:
    """Count the bytes of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False).encode())

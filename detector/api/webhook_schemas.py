"""What goes over the wire about events and webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic.config import JsonDict

from detector.api.catalogue_schemas import AT, Line, Link, example
from detector.api.pagination import PageOptions, RecordOptions, as_text, in_utc
from detector.api.schemas import AS_WHOLE, Wire
from detector.events.delivery_log import MAX_REPLAYED
from detector.events.outbox import EventType

WebhookId = Annotated[str, Path(pattern="^wep_[0-9a-f]{32}$")]
DeliveryId = Annotated[str, Path(pattern="^dlv_[0-9a-f]{32}$")]
Types = Annotated[list[EventType], Field(max_length=50)]
Time = Annotated[AwareDatetime, BeforeValidator(as_text), AfterValidator(in_utc)]
State = Literal["enabled", "disabled"]
DeliveryState = Literal["pending", "delivered", "failed"]
Secret = Annotated[str, StringConstraints(pattern="^whsec_[A-Za-z0-9+/=]+$")]

MAX_OVERLAP_S = 30 * 86_400
URL = (
    "Where to: `https://` and public, or a host of DETECTOR_WEBHOOK_HOSTS. Redirects "
    "are not followed."
)
TYPES = "Which events are sent; all that there are for you, later ones too, if empty."
ID = "wep_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49"
EVENT_ID = "evt_1c3dce4b2a1f5e6d0b8f7a9e2d3c4b5a"
WEBHOOK: JsonDict = {
    "id": ID,
    "url": "https://shop.example/hooks/detector",
    "types": ["match.created", "match.withdrawn"],
    "description": "to the trust and safety queue",
    "state": "enabled",
    "disabled_reason": None,
    "failing_since": None,
    "paused_until": None,
    "created_by": "key:5f0c0e5c",
    "created_at": AT,
    "updated_at": AT,
}
SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD8vCFqUCNDvo="


class NewWebhook(Wire):
    """An endpoint to be added."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            url="https://shop.example/hooks/detector",
            types=["match.created", "match.withdrawn"],
            description="to the trust and safety queue",
        )
    }

    url: Link = Field(description=URL)
    types: Types = Field(default=[], description=TYPES)
    description: Line | None = None


class WebhookChange(Wire):
    """What to change of an endpoint; what is left out stays as it is."""

    model_config = Wire.model_config | {"json_schema_extra": example(state="enabled")}

    url: Link | None = Field(None, description=f"{URL} Null changes nothing.")
    types: Types | None = Field(None, description=f"{TYPES} Null changes nothing.")
    description: Line | None = None
    state: State | None = Field(
        None,
        description="Enabled again, what is pending is sent at once; what has happened "
        "in between is sent by a replay. Null changes nothing.",
    )


class SecretRotation(Wire):
    """How a secret gives way to another one."""

    overlap_s: Annotated[int, AS_WHOLE] = Field(
        86_400,
        strict=True,
        ge=0,
        le=MAX_OVERLAP_S,
        description="How many seconds messages are signed with the old one as well; 0 "
        "ends it at once.",
    )


class WebhookAnswer(Wire):
    """An endpoint that events are sent to."""

    model_config = Wire.model_config | {"json_schema_extra": example(**WEBHOOK)}

    id: str
    url: str
    types: list[EventType] = Field(description=TYPES)
    description: str | None
    state: State
    disabled_reason: str | None
    failing_since: datetime | None = Field(
        description="Since when nothing has arrived; null if the last message did. "
        "After 5 days the endpoint is disabled."
    )
    paused_until: datetime | None = Field(
        description="Until when nothing is sent, as it asked, or gave no answer."
    )
    created_by: str | None
    created_at: datetime
    updated_at: datetime


class NewWebhookAnswer(WebhookAnswer):
    """An endpoint, and its new secret."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(**WEBHOOK, secret=SECRET)
    }

    secret: Secret = Field(
        description="Verifies messages, as Standard Webhooks has it; shown this once."
    )


class DeliveryOptions(RecordOptions):
    """The query parameters of the delivery log."""

    state: DeliveryState | None = Field(None, description="Only those in this state.")


class AttemptAnswer(Wire):
    """One try at a delivery."""

    n: int = Field(ge=1)
    at: datetime
    duration_ms: int = Field(ge=0)
    status: int | None = Field(description="Null if there was no answer.")
    error: str | None = Field(description="Null if it arrived.")


class DeliveryAnswer(Wire):
    """An event on its way to an endpoint."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="dlv_2d4edf5c3b2a6f7e1c9a8bafe4d5c6b7",
            event_id=EVENT_ID,
            type="match.created",
            state="pending",
            num_attempts=1,
            next_at=AT,
            delivered_at=None,
            created_at=AT,
            attempts=[
                {
                    "n": 1,
                    "at": AT,
                    "duration_ms": 212,
                    "status": 500,
                    "error": "It answered with 500.",
                }
            ],
        )
    }

    id: str
    event_id: str = Field(description="The `webhook-id` of each message.")
    type: EventType
    state: DeliveryState = Field(description="`failed` after ten attempts in vain.")
    num_attempts: int = Field(ge=0)
    next_at: datetime | None = Field(description="When a pending one is tried next.")
    delivered_at: datetime | None
    created_at: datetime
    attempts: list[AttemptAnswer]


class ReplayOrder(Wire):
    """Which events are to be sent again."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(since=AT, until=None, types=["match.created"])
    }

    since: Time = Field(description="Those of that time or later.")
    until: Time | None = Field(None, description="Before that time; null for now.")
    types: Types = Field(
        default=[], description="Only these; all that the endpoint wants if empty."
    )


class ReplayAnswer(Wire):
    """How many events are being sent again."""

    model_config = Wire.model_config | {"json_schema_extra": example(num_events=128)}

    num_events: int = Field(ge=0, le=MAX_REPLAYED)


class EventOptions(PageOptions):
    """The query parameters of the list of events."""

    types: Types = Field(default=[], description="Only these; all if none is named.")


class EventAnswer(Wire):
    """Something that has happened: what webhooks send, with its id."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id=EVENT_ID,
            type="catalogue.import_completed",
            timestamp=AT,
            data={"import_id": "imp_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49", "num_rows": 640},
        )
    }

    id: str = Field(description="The `webhook-id` where it is sent.")
    type: EventType
    timestamp: datetime
    data: dict[str, JsonValue] = Field(
        description="Small; of what is over 20 kB the largest fields are missing and "
        "named in `left_out`."
    )


class EventTypeAnswer(Wire):
    """A kind of event that the caller's webhooks can be sent."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(type="catalogue.import_completed")
    }

    type: EventType


class EventsAnswer(Wire):
    """Some events, the oldest first."""

    items: list[EventAnswer]
    next_cursor: str = Field(
        description="Leads on from the last event, at the end of the list too: ask "
        "again with it for what has happened since."
    )
    has_more: bool = Field(description="Whether there are more now.")

"""Tables of what others are told: events, webhook endpoints, deliveries; and clocks."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from detector.store.table import Table, utc_now


class ClockRow(Table):
    """The last number given out under a name; see `clock.next_seq`."""

    __tablename__ = "clock"

    name: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)


class EventRow(Table):
    """Something that happened, for those whom it concerns.

    `seq` numbers events in the order of commits (clock `event`). `marketplace` and
    `brand_id` name whose affair it is; null is nobody's but the platform's.
    """

    __tablename__ = "event"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    marketplace: Mapped[str | None] = mapped_column(index=True)
    brand_id: Mapped[str | None] = mapped_column(index=True)
    data: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class WebhookEndpointRow(Table):
    """Where events are sent; of a marketplace, of a brand, or of the platform.

    `types` lists the events that are wanted, all if empty. `secrets` holds
    `{"secret": "whsec_…", "expires_at": null or ISO}`, the newest first. `state` is
    `enabled` or `disabled`; `failing_since` is when deliveries began to fail.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[str] = mapped_column(primary_key=True)
    marketplace: Mapped[str | None]
    brand_id: Mapped[str | None] = mapped_column(ForeignKey("brand.id"))
    url: Mapped[str]
    description: Mapped[str | None]
    types: Mapped[list[str]] = mapped_column(JSON)
    secrets: Mapped[list[dict[str, str | None]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="enabled")
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class WebhookDeliveryRow(Table):
    """An event on its way to an endpoint.

    `state` is `pending`, `delivered` or `failed`; `next_at` is when a pending one is
    tried next.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("event_seq", "endpoint_id"),
        Index("ix_webhook_delivery_due", "endpoint_id", "state", "next_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoint.id"))
    event_seq: Mapped[int] = mapped_column(BigInteger, ForeignKey("event.seq"))
    state: Mapped[str] = mapped_column(default="pending")
    num_attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    next_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class WebhookAttemptRow(Table):
    """One try at a delivery: the delivery log."""

    __tablename__ = "webhook_attempt"

    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_delivery.id"), primary_key=True
    )
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]

"""Webhook endpoints: where events are sent; each has one owner, who alone sees it."""

import base64
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, Unknown
from detector.events.audience import Audience, is_owned
from detector.events.deliveries import job_id, locked_endpoint, now_of, wake
from detector.events.event_type import EventType
from detector.events.outbox import CLOCK, emit
from detector.store.clock import next_seq
from detector.store.event_tables import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
)
from detector.store.paging import page
from detector.store.table import utc_now
from detector.store.work_tables import JobRow

MAX_ENDPOINTS = 20
"""Of one owner."""
SECRET_BYTES = 32
MAX_SECRETS = 5
"""Valid at once; all but the newest are about to expire."""
LOCK = "webhook_endpoint"
"""The clock that is held while endpoints are counted."""


def create_endpoint(
    session: Session,
    owner: Audience,
    *,
    url: str,
    types: Sequence[EventType],
    description: str | None,
    created_by: str,
) -> tuple[WebhookEndpointRow, str]:
    """Add an endpoint; return it, and the secret that it knows us by.

    Args:
        session: of a transaction.
        owner: whose events are sent.
        url: where to, which was checked.
        types: that are sent; all if none is named.
        description: for people.
        created_by: who asked for it.

    Raises:
        InvalidInput: the owner is not told of such events.
        Conflict: the owner has as many as can be.
    """
    check_types(owner, types)
    next_seq(session, LOCK)
    count = select(func.count()).select_from(WebhookEndpointRow).where(is_owned(owner))
    if (session.scalar(count) or 0) >= MAX_ENDPOINTS:
        raise Conflict(
            f"There are {MAX_ENDPOINTS} endpoints already.",
            remedy="Delete one that is no longer needed.",
        )
    secret = new_secret()
    row = WebhookEndpointRow(
        id="wep_" + uuid.uuid4().hex,
        marketplace=owner.marketplace,
        brand_id=owner.brand_id,
        url=url,
        description=description,
        types=sorted(set(types)),
        secrets=[{"secret": secret, "expires_at": None}],
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    return row, secret


def check_types(owner: Audience, types: Sequence[EventType]) -> None:
    """Refuse types of events that an owner is never told of.

    Raises:
        InvalidInput: it names one.
    """
    if foreign := sorted(set(types) - owner.types):
        raise InvalidInput(
            f"There are no events of type {', '.join(foreign)} for you.",
            remedy=f"There are: {', '.join(sorted(owner.types))}.",
        )


def list_endpoints(
    session: Session, owner: Audience, *, limit: int, cursor: str | None = None
) -> tuple[list[WebhookEndpointRow], str | None]:
    """List an owner's endpoints, the oldest first, a page at a time.

    Raises:
        InvalidCursor: it was not made for this list.
    """
    keys = (WebhookEndpointRow.created_at, WebhookEndpointRow.id)
    query = select(WebhookEndpointRow).where(is_owned(owner))
    return page(session, query, keys=keys, limit=limit, cursor=cursor)


def find_endpoint(session: Session, owner: Audience, id: str) -> WebhookEndpointRow:
    """Read an endpoint of an owner.

    Raises:
        Unknown: there is none, or it is somebody else's.
    """
    row = session.scalars(
        select(WebhookEndpointRow).where(WebhookEndpointRow.id == id, is_owned(owner))
    ).one_or_none()
    if row is None:
        raise Unknown(f"There is no webhook {id[:100]!r}.", remedy="List the webhooks.")
    return row


def lock_endpoint(session: Session, owner: Audience, id: str) -> WebhookEndpointRow:
    """Lock an endpoint of an owner, and its job before it.

    Raises:
        Unknown: there is none, or it is somebody else's.
    """
    find_endpoint(session, owner, id)
    wake(session, id)
    locked_endpoint(session, id)
    return find_endpoint(session, owner, id)


def change_endpoint(
    session: Session, owner: Audience, id: str, changes: Mapping[str, object]
) -> WebhookEndpointRow:
    """Change fields of an endpoint.

    Enabling it, or giving it another URL, lets it begin anew: what is pending is sent
    at once.

    Args:
        session: of a transaction.
        owner: whose it is.
        id: of the endpoint.
        changes: name → value of `url`, `types`, `description` and `state`.

    Raises:
        Unknown: there is none, or it is somebody else's.
        InvalidInput: the owner is not told of such events.
    """
    row = lock_endpoint(session, owner, id)
    types = changes.get("types")
    if isinstance(types, Sequence):
        check_types(owner, [EventType(each) for each in types])
        row.types = sorted(set(types))
    if "description" in changes:
        description = changes["description"]
        row.description = None if description is None else str(description)
    url, state = changes.get("url"), changes.get("state")
    begins_anew = state == "enabled" or (url is not None and url != row.url)
    row.url = row.url if url is None else str(url)
    if state == "disabled" and row.state == "enabled":
        row.state, row.disabled_reason = "disabled", "Its owner has disabled it."
    elif state == "enabled":
        row.state, row.disabled_reason = "enabled", None
    if begins_anew:
        row.failing_since = row.paused_until = None
        session.execute(
            update(WebhookDeliveryRow)
            .where(WebhookDeliveryRow.endpoint_id == id)
            .where(WebhookDeliveryRow.state == "pending")
            .values(next_at=now_of(session))
        )
    session.flush()
    return row


def delete_endpoint(session: Session, owner: Audience, id: str) -> None:
    """Forget an endpoint, and all that was, or was to be, sent there.

    Raises:
        Unknown: there is none, or it is somebody else's.
    """
    find_endpoint(session, owner, id)
    wake(session, id)
    # Whoever emits to it right now has to be waited for, with all of a lock.
    row = session.get_one(WebhookEndpointRow, id, with_for_update=True)
    deliveries = select(WebhookDeliveryRow.id).where(
        WebhookDeliveryRow.endpoint_id == id
    )
    session.execute(
        delete(WebhookAttemptRow).where(WebhookAttemptRow.delivery_id.in_(deliveries))
    )
    session.execute(
        delete(WebhookDeliveryRow).where(WebhookDeliveryRow.endpoint_id == id)
    )
    session.delete(row)
    session.execute(
        delete(JobRow).where(JobRow.id == job_id(id), JobRow.state == "ready")
    )


def rotate_secret(
    session: Session, owner: Audience, id: str, *, overlap: timedelta
) -> tuple[WebhookEndpointRow, str]:
    """Give an endpoint a new secret; return both.

    Messages are signed with the old one as well until the overlap is over.

    Raises:
        Unknown: there is none, or it is somebody else's.
        Conflict: as many secrets as can be are valid; none is dropped before its time.
    """
    find_endpoint(session, owner, id)
    row = locked_endpoint(session, id)
    if row is None:
        raise Unknown(f"The webhook {id} is gone.", remedy="List the webhooks.")
    now = utc_now()
    until = now + overlap
    earlier: list[dict[str, str | None]] = []
    for each in row.secrets:
        ends_at = _ends_at(each)
        ends_at = until if ends_at is None else min(ends_at, until)
        if ends_at > now:
            earlier.append(
                {"secret": each["secret"], "expires_at": ends_at.isoformat()}
            )
    if len(earlier) >= MAX_SECRETS:
        first = min(str(each["expires_at"]) for each in earlier)
        raise Conflict(
            f"The webhook {id} has {MAX_SECRETS} secrets that are still valid.",
            remedy=f"Rotate it again after {first}, when the first of them ends, or "
            "with `overlap_s` 0, which ends all earlier ones at once.",
        )
    secret = new_secret()
    newest: dict[str, str | None] = {"secret": secret, "expires_at": None}
    row.secrets = [newest, *earlier]
    session.flush()
    return row, secret


def disable(session: Session, id: str, *, reason: str) -> bool:
    """Disable an endpoint that is enabled, and emit that.

    Returns:
        Whether it was enabled.
    """
    next_seq(session, CLOCK, 0)  # comes before the endpoint, in the order of locks
    row = locked_endpoint(session, id)
    if row is None or row.state != "enabled":
        return False
    row.state, row.disabled_reason = "disabled", reason
    session.flush()
    failing_since = row.failing_since and row.failing_since.isoformat()
    emit(
        session,
        EventType.WEBHOOK_ENDPOINT_DISABLED,
        marketplace=row.marketplace,
        brand_id=row.brand_id,
        data={
            "webhook_id": id,
            "url": row.url,
            "reason": reason,
            "failing_since": failing_since,
        },
    )
    return True


def new_secret() -> str:
    """Make a secret as Standard Webhooks writes it."""
    random = secrets.token_bytes(SECRET_BYTES)
    return "whsec_" + base64.b64encode(random).decode()


def valid_secrets(row: WebhookEndpointRow, now: datetime) -> list[str]:
    """List the secrets that messages are signed with now, the newest first."""
    return [
        each["secret"] or ""
        for each in row.secrets
        if (ends_at := _ends_at(each)) is None or ends_at > now
    ]


def _ends_at(secret: Mapping[str, str | None]) -> datetime | None:
    text = secret["expires_at"]
    return None if text is None else datetime.fromisoformat(text)

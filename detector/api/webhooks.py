"""Routes of webhooks: endpoints that events are sent to, and the delivery log."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.events import audience_of
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import Service, service_of
from detector.api.small_body import SmallBody
from detector.api.webhook_schemas import (
    AttemptAnswer,
    DeliveryAnswer,
    DeliveryId,
    DeliveryOptions,
    NewWebhook,
    NewWebhookAnswer,
    ReplayAnswer,
    ReplayOrder,
    SecretRotation,
    WebhookAnswer,
    WebhookChange,
    WebhookId,
)
from detector.events.delivery_log import (
    LoggedDelivery,
    list_deliveries,
    replay,
    retry_delivery,
    send_test,
)
from detector.events.endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    find_endpoint,
    list_endpoints,
    rotate_secret,
)
from detector.events.sending import check_url
from detector.network.hosts import AllowedHosts
from detector.store.event_tables import WebhookEndpointRow

router = APIRouter(
    prefix="/v1/webhooks",
    tags=["webhooks"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems(
        {403: "The role does not allow it, or the key names no marketplace."}
    ),
)
unknown = problems({404: "No such webhook or delivery, or it is somebody else's."})
unless_disabled = unknown | problems({409: "The webhook is disabled."})

Caller = Annotated[Principal, Depends(needs(Capability.WEBHOOKS_MANAGE))]


@router.post(
    "",
    operation_id="create_webhook",
    status_code=201,
    responses=problems({409: "There are 20 already."}),
)
def create(
    request: Request, response: Response, caller: Caller, new: NewWebhook
) -> NewWebhookAnswer:
    """Have events sent to a URL, and show the secret that they are signed with.

    Messages are as Standard Webhooks 1.0 has them, `{"type", "timestamp", "data"}`.
    Each arrives at least once: one with a `webhook-id` that was seen before is the
    same. They may overtake each other. What is not answered with 2xx within 20 s is
    sent again after 5 s, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours.
    """
    service = service_of(request)
    _check_url(service, new.url)
    with service.store.database.write() as session:
        row, secret = create_endpoint(
            session,
            audience_of(caller),
            url=new.url,
            types=new.types,
            description=new.description,
            created_by=caller.id,
        )
        answer = _with_secret(row, secret)
    response.headers["Location"] = f"{router.prefix}/{answer.id}"
    return answer


@router.get("", operation_id="list_webhooks")
def list_page(
    request: Request,
    response: Response,
    caller: Caller,
    options: Annotated[PageOptions, Query()],
) -> Page[WebhookAnswer]:
    """List the webhooks of the caller's marketplace or brand, or of the platform."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_endpoints(
            session, audience_of(caller), limit=options.limit, cursor=options.cursor
        )
    return Page(
        items=[_as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{webhook_id}", operation_id="show_webhook", responses=unknown)
def show(request: Request, caller: Caller, webhook_id: WebhookId) -> WebhookAnswer:
    """Show a webhook."""
    with service_of(request).store.database.read() as session:
        return _as_answer(find_endpoint(session, audience_of(caller), webhook_id))


@router.patch("/{webhook_id}", operation_id="change_webhook", responses=unknown)
def change(
    request: Request, caller: Caller, webhook_id: WebhookId, change: WebhookChange
) -> WebhookAnswer:
    """Change a webhook; disable it, or enable it again."""
    service = service_of(request)
    if change.url is not None:
        _check_url(service, change.url)
    given = change.model_dump(exclude_unset=True)
    changes = {
        name: value
        for name, value in given.items()
        if value is not None or name == "description"
    }
    with service.store.database.write() as session:
        row = change_endpoint(session, audience_of(caller), webhook_id, changes)
        return _as_answer(row)


@router.delete(
    "/{webhook_id}", operation_id="delete_webhook", status_code=204, responses=unknown
)
def delete(request: Request, caller: Caller, webhook_id: WebhookId) -> None:
    """Remove a webhook with its delivery log; what is pending is not sent."""
    with service_of(request).store.database.write() as session:
        delete_endpoint(session, audience_of(caller), webhook_id)


@router.post(
    "/{webhook_id}/rotate-secret",
    operation_id="rotate_webhook_secret",
    responses=unknown | problems({409: "Five secrets are valid still."}),
)
def rotate(
    request: Request, caller: Caller, webhook_id: WebhookId, rotation: SecretRotation
) -> NewWebhookAnswer:
    """Make a new secret, and show it this once.

    Messages carry signatures of both until the overlap is over.
    """
    with service_of(request).store.database.write() as session:
        row, secret = rotate_secret(
            session,
            audience_of(caller),
            webhook_id,
            overlap=timedelta(seconds=rotation.overlap_s),
        )
        return _with_secret(row, secret)


@router.post(
    "/{webhook_id}/test",
    operation_id="test_webhook",
    status_code=202,
    responses=unless_disabled,
)
def test(request: Request, caller: Caller, webhook_id: WebhookId) -> DeliveryAnswer:
    """Send a `webhook.test` to this webhook only; the log tells how it went."""
    with service_of(request).store.database.write() as session:
        return _as_delivery(send_test(session, audience_of(caller), webhook_id))


@router.post(
    "/{webhook_id}/replay",
    operation_id="replay_webhook",
    status_code=202,
    responses=unless_disabled,
)
def replay_events(
    request: Request, caller: Caller, webhook_id: WebhookId, order: ReplayOrder
) -> ReplayAnswer:
    """Send all events of a time again, at most 10,000, under the ids they had.

    Those too that happened while the webhook was disabled, or before it was made.
    """
    with service_of(request).store.database.write() as session:
        count = replay(
            session,
            audience_of(caller),
            webhook_id,
            since=order.since,
            until=order.until,
            types=order.types,
        )
    return ReplayAnswer(num_events=count)


@router.get(
    "/{webhook_id}/deliveries",
    operation_id="list_webhook_deliveries",
    responses=unknown,
)
def list_log(
    request: Request,
    response: Response,
    caller: Caller,
    webhook_id: WebhookId,
    options: Annotated[DeliveryOptions, Query()],
) -> Page[DeliveryAnswer]:
    """List what was, or is to be, sent to a webhook.

    The oldest first unless `newest_first` is asked for.
    """
    with service_of(request).store.database.read() as session:
        logged, next_cursor = list_deliveries(
            session,
            audience_of(caller),
            webhook_id,
            limit=options.limit,
            cursor=options.cursor,
            state=options.state,
            newest_first=options.newest_first,
        )
    return Page(
        items=[_as_delivery(each) for each in logged],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/retry",
    operation_id="retry_webhook_delivery",
    status_code=202,
    responses=unless_disabled,
)
def retry(
    request: Request, caller: Caller, webhook_id: WebhookId, delivery_id: DeliveryId
) -> DeliveryAnswer:
    """Send an event again at once, also one that has arrived or failed."""
    with service_of(request).store.database.write() as session:
        return _as_delivery(
            retry_delivery(session, audience_of(caller), webhook_id, delivery_id)
        )


def _check_url(service: Service, url: str) -> None:
    check_url(url, AllowedHosts.parse(service.settings.webhook_hosts or ""))


def _as_answer(row: WebhookEndpointRow) -> WebhookAnswer:
    return WebhookAnswer.model_validate(_fields(row))


def _with_secret(row: WebhookEndpointRow, secret: str) -> NewWebhookAnswer:
    return NewWebhookAnswer.model_validate(_fields(row) | {"secret": secret})


def _fields(row: WebhookEndpointRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in WebhookAnswer.model_fields}


def _as_delivery(logged: LoggedDelivery) -> DeliveryAnswer:
    row, event = logged.row, logged.event
    return DeliveryAnswer.model_validate(
        {
            "id": row.id,
            "event_id": event.id,
            "type": event.type,
            "state": row.state,
            "num_attempts": row.num_attempts,
            "next_at": row.next_at,
            "delivered_at": row.delivered_at,
            "created_at": row.created_at,
            "attempts": [
                {name: getattr(attempt, name) for name in AttemptAnswer.model_fields}
                for attempt in logged.attempts
            ],
        }
    )

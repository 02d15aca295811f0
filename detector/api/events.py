"""Route of events, for those who come and ask instead of being sent them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.api.webhook_schemas import (
    EventAnswer,
    EventOptions,
    EventsAnswer,
    EventTypeAnswer,
)
from detector.events.audience import Audience
from detector.events.event_list import list_events

router = APIRouter(prefix="/v1", tags=["webhooks"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.EVENTS_READ))]


def audience_of(principal: Principal) -> Audience:
    """Find out whose events somebody sees.

    Raises:
        Forbidden: they speak for marketplaces, and for none in particular.
    """
    return Audience(marketplace_of(principal), principal.brand_id)


@router.get(
    "/event-types",
    operation_id="list_event_types",
    responses=problems(
        {403: "The role does not allow it, or the key names no marketplace."}
    ),
)
def list_types(caller: Reader) -> Page[EventTypeAnswer]:
    """List, on one page, which kinds of events webhooks of the caller can be sent."""
    items = [EventTypeAnswer(type=each) for each in sorted(audience_of(caller).types)]
    return Page(items=items, next_cursor=None)


@router.get(
    "/events",
    operation_id="list_events",
    responses=problems(
        {403: "The role does not allow it, or the key names no marketplace."}
    ),
)
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[EventOptions, Query()],
) -> EventsAnswer:
    """List events, the oldest first: those that webhooks of the caller are sent.

    `next_cursor` is always there. Who goes on from it, now or later, sees each event
    once and misses none.
    """
    with service_of(request).store.database.read() as session:
        page = list_events(
            session,
            audience_of(caller),
            limit=options.limit,
            cursor=options.cursor,
            types=options.types,
        )
    link_to_next(request, response, page.next_cursor if page.has_more else None)
    return EventsAnswer(
        items=[
            EventAnswer.model_validate(
                {
                    "id": row.id,
                    "type": row.type,
                    "timestamp": row.created_at,
                    "data": row.data,
                }
            )
            for row in page.events
        ],
        next_cursor=page.next_cursor,
        has_more=page.has_more,
    )

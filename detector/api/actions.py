"""Routes of actions: what marketplaces are asked to do, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import actor_of
from detector.api.action_schemas import (
    ActionAnswer,
    ActionId,
    ActionOptions,
    NewAcknowledgement,
)
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.review.actions.acknowledge import Acknowledgement, acknowledge
from detector.review.actions.action_json import describe_in_full
from detector.review.actions.action_list import (
    ActionFilter,
    find_action,
    list_actions,
    mark_fetched,
)
from detector.store.table import utc_now

router = APIRouter(
    prefix="/v1/actions",
    tags=["actions"],
    dependencies=[with_key],
    responses=problems({404: "No such action, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.ACTIONS_READ))]
Doer = Annotated[Principal, Depends(needs(Capability.ACTIONS_ACK))]


@router.get("", operation_id="list_actions")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[ActionOptions, Query()],
) -> Page[ActionAnswer]:
    """List actions; `waiting=true` those to be acted on and acknowledged.

    A marketplace sees what it was asked for. What it fetches here is `sent` from then
    on, and goes on waiting until it is acknowledged.
    """
    seen = marketplace_of(caller)
    wanted = ActionFilter(
        is_waiting=options.waiting,
        state=options.state,
        kind=options.kind,
        case_id=options.case_id,
        marketplace=options.marketplace_id,
        updated_since=options.updated_since,
    )
    database = service_of(request).store.database
    with database.read() if seen is None else database.write() as session:
        rows, next_cursor = list_actions(
            session,
            wanted,
            marketplace=seen,
            cursor=options.cursor,
            limit=options.limit,
        )
        if seen is not None:
            mark_fetched(session, rows)
        items = [
            ActionAnswer.model_validate(describe_in_full(session, row)) for row in rows
        ]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{action_id}", operation_id="show_action")
def show(request: Request, caller: Reader, action_id: ActionId) -> ActionAnswer:
    """Show an action: what its event told, as it is now."""
    with service_of(request).store.database.read() as session:
        row = find_action(session, action_id, marketplace=marketplace_of(caller))
        return ActionAnswer.model_validate(describe_in_full(session, row))


@router.post("/{action_id}/acknowledgements", operation_id="acknowledge_action")
def take_acknowledgement(
    request: Request, caller: Doer, action_id: ActionId, given: NewAcknowledgement
) -> ActionAnswer:
    """Say what became of an action; whoever acts for the marketplace does.

    Once a restriction is applied the seller counts as told, and can appeal.
    """
    told = Acknowledgement(given.outcome, given.error, given.external_id)
    actor = actor_of(caller)
    marketplace_of(caller)  # a key that names no marketplace acts for none
    with service_of(request).store.database.write() as session:
        row = acknowledge(session, action_id, told, actor=actor, at=utc_now())
        return ActionAnswer.model_validate(describe_in_full(session, row))

"""Routes of cases: which there are, and all that the caller may know of one."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import scope_of
from detector.api.case_answers import as_answer, as_details
from detector.api.case_details import CaseDetails
from detector.api.case_schemas import CaseAnswer, CaseId, CaseOptions
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.errors import InvalidInput
from detector.review.queue.case_list import CaseFilter, find_case, list_cases
from detector.review.queue.case_story import tell_story

router = APIRouter(
    prefix="/v1/cases",
    tags=["cases"],
    dependencies=[with_key],
    responses=problems({404: "No such case, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]


@router.get("", operation_id="list_cases")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[CaseOptions, Query()],
) -> Page[CaseAnswer]:
    """List cases; `updated_since` follows what changes.

    A marketplace sees its own, a brand those about which it was asked or gave notice,
    or in which it has an appeal to answer.
    """
    scope = scope_of(caller)
    wanted = CaseFilter(
        state=options.state,
        closure=options.closure,
        queue=options.queue,
        brand_id=options.brand_id,
        marketplace=options.marketplace_id,
        seller_id=options.seller_id,
        cluster_id=options.cluster_id,
        listing_id=options.listing_id,
        leased_by=caller.id if options.mine else None,
        updated_since=options.updated_since,
        by_deadline=options.order == "deadline",
        newest_change_first=options.order == "newest_change",
    )
    if options.order is not None and wanted.updated_since is not None:
        raise InvalidInput(
            "What has changed since a time comes in the order of the changes.",
            remedy="Leave out `order`, or `updated_since`.",
        )
    if wanted.by_deadline and scope.is_outside:
        raise InvalidInput(
            "Deadlines order the cases of the platform's people.",
            remedy="Leave out `order`, or ask for `newest_change`.",
        )
    hidden = scope.is_outside and (options.queue or options.cluster_id)
    if hidden or (scope.brand_id is not None and options.seller_id):
        return Page(items=[], next_cursor=None)
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_cases(
            session, wanted, scope=scope, cursor=options.cursor, limit=options.limit
        )
        items = [as_answer(view, scope) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{case_id}", operation_id="show_case")
def show(request: Request, caller: Reader, case_id: CaseId) -> CaseDetails:
    """Show all of a case that the caller may know.

    Who reviewed it, what colleagues say and what can still be undone is shown to the
    platform's people alone; whoever may give the second opinion sees no first one.
    """
    scope = scope_of(caller)
    with service_of(request).store.database.read() as session:
        view = find_case(session, case_id, scope=scope)
        return as_details(view, tell_story(session, view, scope=scope), scope)

"""Routes of health checks: how well a brand's catalogue will work."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import HTMLResponse

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.import_schemas import HealthAnswer, HealthOptions
from detector.api.pagination import Page, RecordOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.catalogue import health_job
from detector.catalogue.brands import find_brand
from detector.catalogue.health_job import ask_for_check, find_check
from detector.errors import Conflict
from detector.store.work_tables import HealthCheckRow

router = APIRouter(
    prefix="/v1/brands/{brand_id}/health", tags=["health"], dependencies=[with_key]
)

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

Reader = Annotated[Principal, Depends(needs(Capability.CATALOGUE_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.CATALOGUE_WRITE))]


def as_answer(row: HealthCheckRow) -> HealthAnswer:
    """Show a check."""
    names = HealthAnswer.model_fields
    return HealthAnswer.model_validate({name: getattr(row, name) for name in names})


@router.post("", operation_id="start_health_check", status_code=202)
def start_health_check(
    request: Request,
    response: Response,
    caller: Writer,
    brand_id: str,
    options: HealthOptions,
) -> HealthAnswer:
    """Look at a catalogue in the background: duplicates, collisions, a self-test."""
    service = service_of(request)
    check_id = "chk_" + uuid.uuid4().hex
    with service.store.database.write() as session:
        find_brand(session, brand_id)
        row = ask_for_check(
            session,
            check_id=check_id,
            brand_id=brand_id,
            sample=options.sample,
            seed=options.seed,
            created_by=caller.id,
        )
        answer = as_answer(row)
    service.wake_worker()
    response.headers["Location"] = f"/v1/brands/{brand_id}/health/{check_id}"
    return answer


@router.get("", operation_id="list_health_checks")
def list_health_checks(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: str,
    options: Annotated[RecordOptions, Query()],
) -> Page[HealthAnswer]:
    """List the checks of a catalogue, the oldest first unless asked otherwise."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = health_job.list_checks(
            session,
            brand_id=brand_id,
            cursor=options.cursor,
            limit=options.limit,
            newest_first=options.newest_first,
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{check_id}", operation_id="show_health_check")
def show_health_check(
    request: Request, caller: Reader, brand_id: str, check_id: str
) -> HealthAnswer:
    """Show a check, with its report once it is done."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_check(session, brand_id=brand_id, check_id=check_id))


@router.get(
    "/{check_id}/page",
    operation_id="show_health_page",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def show_health_page(
    request: Request, caller: Reader, brand_id: str, check_id: str
) -> HTMLResponse:
    """Show a finished report as a page that needs no other file."""
    with service_of(request).store.database.read() as session:
        page = find_check(session, brand_id=brand_id, check_id=check_id).page
    if page is None:
        raise Conflict(
            "The check is not done, or has failed.",
            remedy="Ask for its state; the page is there once it is done.",
        )
    return HTMLResponse(page, headers={"Content-Security-Policy": PAGE_POLICY})

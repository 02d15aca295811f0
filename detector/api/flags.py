"""Routes of flags: listings that show pictures like a brand's."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.flag_schemas import EvidenceOptions, FlagAnswer, FlagId, FlagOptions
from detector.api.match import FILE
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.listings.flags.evidence import find_exhibit
from detector.listings.flags.flag_json import describe_flag
from detector.listings.flags.flag_list import (
    FlagFilter,
    FlagView,
    find_flag,
    list_flags,
)
from detector.matching.steps import Step, timed

router = APIRouter(
    prefix="/v1/flags",
    tags=["flags"],
    dependencies=[with_key],
    responses=problems({404: "No such flag, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.FLAGS_READ))]


def as_answer(view: FlagView) -> FlagAnswer:
    """Show a flag."""
    row = view.row
    return FlagAnswer.model_validate(
        {
            **describe_flag(row, view.listing, view.brand),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    )


@router.get("", operation_id="list_flags")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[FlagOptions, Query()],
) -> Page[FlagAnswer]:
    """List flags; `updated_since` follows what changes, also what is withdrawn."""
    seen = marketplace_of(caller)
    if seen is not None and options.marketplace_id not in (None, seen):
        return Page(items=[], next_cursor=None)
    wanted = FlagFilter(
        state=options.state,
        verdict=options.verdict,
        brand_id=options.brand_id,
        marketplace=options.marketplace_id if seen is None else seen,
        listing_id=options.listing_id,
        updated_since=options.updated_since,
    )
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_flags(
            session, wanted, cursor=options.cursor, limit=options.limit
        )
        items = [as_answer(view) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{flag_id}", operation_id="show_flag")
def show(request: Request, caller: Reader, flag_id: FlagId) -> FlagAnswer:
    """Show a flag: what its event told, as it is now."""
    with service_of(request).store.database.read() as session:
        return as_answer(
            find_flag(session, flag_id, marketplace=marketplace_of(caller))
        )


@router.get(
    "/{flag_id}/evidence",
    operation_id="show_flag_evidence",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": FILE}}}},
)
async def show_evidence(
    request: Request,
    caller: Reader,
    flag_id: FlagId,
    options: Annotated[EvidenceOptions, Query()],
) -> Response:
    """Draw a listing's picture beside the reference that it matches, as a PNG."""
    service = service_of(request)

    def work() -> bytes:
        engine = service.engine
        with service.store.database.read() as session:
            exhibit = find_exhibit(
                session,
                find_flag(session, flag_id, marketplace=marketplace_of(caller)),
                position=options.position,
                reference_id=options.reference_id,
                review_threshold=engine.matcher.scoring.review_threshold,
            )
        with timed(service.metrics.observe, Step.EVIDENCE):
            return exhibit.draw(service.store.blobs, engine.extractor)

    async with service.pool.place():
        return Response(await service.pool.run(work), media_type="image/png")

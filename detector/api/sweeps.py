"""Routes of sweeps: references held against pictures that were listed before."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.catalogue_schemas import AT, BRAND_ID, Name, example
from detector.api.import_schemas import WorkState
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.schemas import AS_WHOLE, Wire
from detector.api.service import service_of
from detector.listings.sweeps import sweep_list
from detector.store.listing_tables import SweepRow

router = APIRouter(prefix="/v1/sweeps", tags=["sweeps"], dependencies=[with_key])

Keeper = Annotated[Principal, Depends(needs(Capability.JOBS_MANAGE))]
Days = Annotated[int, Field(strict=True, ge=1, le=3_650), AS_WHOLE]
Looks = Annotated[int, Field(strict=True, ge=0, le=10_000), AS_WHOLE]


class SweepOptions(Wire):
    """Which references are to be swept, and how far."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(brand_id=BRAND_ID, days=30, max_looks=1000)
    }

    brand_id: Name | None = Field(
        None, description="Whose references; all brands' if null."
    )
    days: Days | None = Field(
        None,
        description="Pictures of listings that were received in these last days; as "
        "the service is set if null.",
    )
    max_looks: Looks | None = Field(
        None,
        description="Most listings to be looked at again, those with the most alike "
        "pictures first; as the service is set if null.",
    )


class SweepAnswer(Wire):
    """References held against pictures that were listed before they came."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="swp_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
            state="running",
            brand_id=BRAND_ID,
            is_automatic=False,
            since=AT,
            max_looks=1000,
            num_references=1000,
            num_done=40500,
            num_total=100000,
            num_found=312,
            num_looked=0,
            num_skipped=0,
            error=None,
            created_at=AT,
            started_at=AT,
            finished_at=None,
        )
    }

    id: str
    state: WorkState
    brand_id: str | None = Field(description="Whose references; null if all brands'.")
    is_automatic: bool = Field(
        description="It was made because the catalogue had changed, for no more than "
        "what had."
    )
    since: datetime = Field(description="Listings that were received then or later.")
    max_looks: int = Field(ge=0)
    num_references: int = Field(ge=0)
    num_done: int = Field(ge=0, description="Pictures gone through.")
    num_total: int | None = Field(description="Null until it has begun.")
    num_found: int = Field(
        ge=0, description="Pictures that some reference is near enough to be compared."
    )
    num_looked: int = Field(ge=0, description="Listings that are looked at again.")
    num_skipped: int = Field(
        ge=0,
        description="Listings with pictures that were found, but less alike, that "
        "`max_looks` left out.",
    )
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def as_answer(row: SweepRow) -> SweepAnswer:
    """Show a sweep."""
    names = SweepAnswer.model_fields.keys() - {"is_automatic"}
    return SweepAnswer.model_validate(
        {
            **{name: getattr(row, name) for name in names},
            "is_automatic": row.created_by is None,
        }
    )


@router.post("", operation_id="start_sweep", status_code=202)
def start_sweep(
    request: Request, response: Response, caller: Keeper, options: SweepOptions
) -> SweepAnswer:
    """Hold all references, or a brand's, against pictures that were listed of late.

    What is new in the catalogue is swept without being asked for. This is for what a
    limit left out, or for looking further back: pictures whose results have seen a
    reference are not held against it again.
    """
    service = service_of(request)
    settings = service.settings
    days, max_looks = options.days, options.max_looks
    with service.store.database.write() as session:
        row = sweep_list.ask_for_full_sweep(
            session,
            brand_id=options.brand_id,
            days=settings.sweep_days if days is None else days,
            max_looks=settings.sweep_max_looks if max_looks is None else max_looks,
            created_by=caller.id,
        )
        answer = as_answer(row)
    service.wake_worker()
    response.headers["Location"] = f"/v1/sweeps/{answer.id}"
    return answer


@router.get("", operation_id="list_sweeps")
def list_sweeps(
    request: Request,
    response: Response,
    caller: Keeper,
    options: Annotated[PageOptions, Query()],
) -> Page[SweepAnswer]:
    """List sweeps, the oldest first."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = sweep_list.list_sweeps(
            session, cursor=options.cursor, limit=options.limit
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{sweep_id}", operation_id="show_sweep")
def show_sweep(request: Request, caller: Keeper, sweep_id: str) -> SweepAnswer:
    """Show how far a sweep has come."""
    with service_of(request).store.database.read() as session:
        return as_answer(sweep_list.find_sweep(session, sweep_id))


@router.post("/{sweep_id}/cancel", operation_id="cancel_sweep")
def cancel_sweep(request: Request, caller: Keeper, sweep_id: str) -> SweepAnswer:
    """End a sweep; nothing that it found is looked at."""
    with service_of(request).store.database.write() as session:
        return as_answer(sweep_list.cancel_sweep(session, sweep_id))

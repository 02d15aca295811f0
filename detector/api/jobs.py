"""Routes of jobs, for whoever looks after the service."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.catalogue_schemas import AT, Name, example
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.api.service import service_of
from detector.listings import given_up
from detector.store import job_list
from detector.store.work_tables import JobRow

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], dependencies=[with_key])

Keeper = Annotated[Principal, Depends(needs(Capability.JOBS_MANAGE))]
JobState = Literal["ready", "leased", "done", "dead", "canceled"]


class JobOptions(PageOptions):
    """The query parameters of the list of jobs."""

    state: JobState | None = Field(
        None,
        description="Only those in this state; what is not over by default.",
    )
    kind: Name | None = Field(None, description="Only those of this kind.")


class JobAnswer(Wire):
    """Work in the background."""

    model_config = Wire.model_config | {
        "json_schema_extra": example(
            id="job_0b2cbd3a1f0e4d5c9a7e6f8d1c2b3a49",
            kind="catalogue_import",
            state="dead",
            attempts=8,
            max_attempts=8,
            run_at=AT,
            last_error="The disk is full.",
            created_at=AT,
            finished_at=AT,
        )
    }

    id: str
    kind: str
    state: JobState
    attempts: int = Field(ge=0)
    max_attempts: int = Field(ge=1)
    run_at: datetime = Field(description="Not before.")
    last_error: str | None = Field(description="Why it failed the last time.")
    created_at: datetime
    finished_at: datetime | None


def as_answer(row: JobRow) -> JobAnswer:
    """Show a job; what it works on is its brand's affair."""
    return JobAnswer.model_validate(
        {name: getattr(row, name) for name in JobAnswer.model_fields}
    )


@router.get("", operation_id="list_jobs")
def list_jobs(
    request: Request,
    response: Response,
    caller: Keeper,
    options: Annotated[JobOptions, Query()],
) -> Page[JobAnswer]:
    """List jobs, the oldest first: what is not over, unless `state` asks for it."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = job_list.list_jobs(
            session,
            limit=options.limit,
            cursor=options.cursor,
            kind=options.kind,
            state=options.state,
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{job_id}", operation_id="show_job")
def show_job(request: Request, caller: Keeper, job_id: str) -> JobAnswer:
    """Show a job; scans and other jobs that are many are forgotten once done."""
    with service_of(request).store.database.read() as session:
        return as_answer(job_list.find_job(session, job_id))


@router.post("/{job_id}/retry", operation_id="retry_job")
def retry_job(request: Request, caller: Keeper, job_id: str) -> JobAnswer:
    """Let a job that was given up or canceled be tried again, with all its attempts."""
    service = service_of(request)
    with service.store.database.write() as session:
        answer = as_answer(given_up.retry_job(session, job_id))
    service.wake_worker()
    return answer


@router.post("/{job_id}/cancel", operation_id="cancel_job")
def cancel_job(request: Request, caller: Keeper, job_id: str) -> JobAnswer:
    """Take a job out of the queue; what is being done for it is not committed."""
    with service_of(request).store.database.write() as session:
        return as_answer(job_list.cancel(session, job_id))

"""Routes of the record of what was done, and by whom."""

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import scope_of
from detector.api.case_answers import as_step
from detector.api.case_details import StepAnswer
from detector.api.case_schemas import Id, Word
from detector.api.list_file import CSV_ANSWER, csv_response
from detector.api.pagination import (
    Page,
    PageOptions,
    RecordOptions,
    as_text,
    in_utc,
    link_to_next,
)
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.catalogue.formats.export import csv_line
from detector.review.queue.audit_list import (
    AuditFilter,
    AuditView,
    list_audit,
    read_audit,
)

router = APIRouter(prefix="/v1", tags=["cases"], dependencies=[with_key])

Auditor = Annotated[Principal, Depends(needs(Capability.AUDIT_READ))]
Time = Annotated[AwareDatetime, BeforeValidator(as_text), AfterValidator(in_utc)]


class Wanted(BaseModel):
    """Which part of the record is wanted."""

    case_id: Id | None = Field(None, description="Only what belongs to this case.")
    subject: Word | None = Field(
        None,
        description="Only what was done to such a thing: `case`, `policy`, …",
    )
    subject_id: Word | None = Field(None, description="Only what was done to this one.")
    event: Word | None = Field(None, description="Only what this was: `restrict`, …")
    actor_id: Id | None = Field(None, description="Only what this one did.")
    actor: Word | None = Field(
        None, description="Only what somebody of this name did: `Ada`."
    )
    since: Time | None = Field(None, description="Only from then on.")
    until: Time | None = Field(None, description="Only before then.")

    def as_filter(self) -> AuditFilter:
        """Say it to the record."""
        names = AuditFilter.__dataclass_fields__
        return AuditFilter(**{name: getattr(self, name) for name in names})


class AuditOptions(RecordOptions, Wanted):
    """The query parameters of the record in pages."""


class TableOptions(Wanted):
    """The query parameters of the record as a table."""

    model_config = PageOptions.model_config


@router.get("/audit", operation_id="list_audit")
def list_page(
    request: Request,
    response: Response,
    caller: Auditor,
    options: Annotated[AuditOptions, Query()],
) -> Page[StepAnswer]:
    """List what was done, the oldest first unless `newest_first` is asked for.

    Whoever may give a second opinion does not find the first one here before.
    """
    with service_of(request).store.database.read() as session:
        views, next_cursor = list_audit(
            session,
            options.as_filter(),
            scope=scope_of(caller),
            cursor=options.cursor,
            limit=options.limit,
            newest_first=options.newest_first,
        )
    items = [StepAnswer.model_validate(as_step(view)) for view in views]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get(
    "/audit.csv",
    operation_id="download_audit",
    response_class=Response,
    responses=CSV_ANSWER,
)
def download(
    request: Request, caller: Auditor, options: Annotated[TableOptions, Query()]
) -> Response:
    """Download the same as a table; no cell is a formula to a spreadsheet."""
    with service_of(request).store.database.read() as session:
        views = read_audit(session, options.as_filter(), scope=scope_of(caller))
        return csv_response(_lines(views), "audit.csv")


def _lines(views: Iterator[AuditView]) -> Iterator[str]:
    names = list(StepAnswer.model_fields)
    yield csv_line(names)
    for view in views:
        step = as_step(view)
        yield csv_line(_cell(step[name]) for name in names)


def _cell(value: object) -> object:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else value

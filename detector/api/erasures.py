"""Routes of erasures: one person asks for one, another approves it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict, Field, JsonValue

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import recorded_as
from detector.api.case_schemas import Word
from detector.api.list_schemas import PLAIN_ID, Text
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.api.service import service_of
from detector.api.small_body import SmallBody
from detector.review.erasure.erase import (
    approve_erasure,
    find_erasure,
    list_erasures,
    propose_erasure,
    reject_erasure,
)
from detector.review.erasure.subject import SubjectKind
from detector.store.table import utc_now
from detector.store.takedown_tables import ErasureRow

PREFIX = "/v1/erasures"
State = Literal["proposed", "blocked", "done", "rejected"]

router = APIRouter(
    prefix=PREFIX,
    tags=["evidence"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems({404: "No such erasure, or nothing to erase."}),
)

Eraser = Annotated[Principal, Depends(needs(Capability.DATA_ERASE))]
ErasureId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the erasure.")]
SETTLED = problems({409: "It was settled already, or takes somebody else."})


class NewErasure(Wire):
    """Whose data is to be erased."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "seller",
                    "subject_id": "shop.example/seller-8",
                    "reason": "The seller asked for it.",
                }
            ]
        }
    )

    subject: SubjectKind = Field(description="What it is.")
    subject_id: Word = Field(
        description="Our id of a listing or a brand; of a seller `marketplace/seller`."
    )
    reason: Text = Field(description="Why; stays on record, so name nobody.")


class ErasureOptions(PageOptions):
    """The query parameters of the list of erasures."""

    state: State | None = Field(None, description="Only those in this state.")


class ErasureAnswer(Wire):
    """An erasure, and what came of it."""

    id: str = Field(description="Of the erasure.")
    subject: str = Field(description="What it is of.")
    subject_id: str | None = Field(description="Whose data; null once it is done.")
    subject_sha256: str = Field(description="All that is left of the name.")
    reason: str = Field(description="Why.")
    state: State = Field(description="How far it is.")
    proposed_by: str = Field(description="Who asked for it.")
    approved_by: str | None = Field(description="Who approved it.")
    report: dict[str, JsonValue] = Field(
        description="What was erased, and what is kept; or what is in the way."
    )
    created_at: datetime = Field(description="When it was asked for.")
    finished_at: datetime | None = Field(description="When it was settled.")


def as_answer(row: ErasureRow) -> ErasureAnswer:
    """Show an erasure."""
    return ErasureAnswer.model_validate(
        {name: getattr(row, name) for name in ErasureAnswer.model_fields}
    )


@router.post(
    "",
    operation_id="propose_erasure",
    status_code=201,
    responses=problems({409: "Another one of the same waits for approval."}),
)
def propose(
    request: Request, response: Response, caller: Eraser, new: NewErasure
) -> ErasureAnswer:
    """Ask for an erasure; nothing happens until somebody else approves it."""
    with service_of(request).store.database.write() as session:
        row = propose_erasure(
            session,
            kind=new.subject.value,
            subject_id=new.subject_id,
            reason=new.reason,
            actor=recorded_as(caller),
            at=utc_now(),
        )
        answer = as_answer(row)
    response.headers["Location"] = f"{PREFIX}/{answer.id}"
    return answer


@router.get("", operation_id="list_erasures")
def list_page(
    request: Request,
    response: Response,
    caller: Eraser,
    options: Annotated[ErasureOptions, Query()],
) -> Page[ErasureAnswer]:
    """List erasures."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_erasures(
            session, state=options.state, cursor=options.cursor, limit=options.limit
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{erasure_id}", operation_id="show_erasure")
def show(request: Request, caller: Eraser, erasure_id: ErasureId) -> ErasureAnswer:
    """Show an erasure, and what came of it."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_erasure(session, erasure_id))


@router.post("/{erasure_id}/approve", operation_id="approve_erasure", responses=SETTLED)
def approve(request: Request, caller: Eraser, erasure_id: ErasureId) -> ErasureAnswer:
    """Approve an erasure that somebody else has asked for, and do it.

    It is `blocked` where something is on legal hold, or a case has yet to end; approve
    it again once that is over.
    """
    row = approve_erasure(
        service_of(request).store,
        erasure_id,
        actor=recorded_as(caller),
        at=utc_now(),
    )
    return as_answer(row)


@router.post("/{erasure_id}/reject", operation_id="reject_erasure", responses=SETTLED)
def reject(request: Request, caller: Eraser, erasure_id: ErasureId) -> ErasureAnswer:
    """Turn an erasure down."""
    with service_of(request).store.database.write() as session:
        row = reject_erasure(
            session, erasure_id, actor=recorded_as(caller), at=utc_now()
        )
        return as_answer(row)

"""Routes of legal holds."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import ConfigDict, Field

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
from detector.review.evidence.legal_hold import (
    HoldKind,
    find_hold,
    lift_hold,
    list_holds,
    place_hold,
)
from detector.store.table import utc_now
from detector.store.takedown_tables import LegalHoldRow

PREFIX = "/v1/legal-holds"

router = APIRouter(
    prefix=PREFIX,
    tags=["evidence"],
    dependencies=[with_key],
    route_class=SmallBody,
    responses=problems({404: "No such hold, or nothing to be held."}),
)

Keeper = Annotated[Principal, Depends(needs(Capability.HOLDS_MANAGE))]
HoldId = Annotated[str, Path(pattern=PLAIN_ID, description="Id of the hold.")]


class NewHold(Wire):
    """What is to be kept, whatever its age."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "seller",
                    "subject_id": "shop.example/seller-8",
                    "reason": "District court of Berlin, 16 O 12/26.",
                }
            ]
        }
    )

    subject: HoldKind = Field(description="What it is.")
    subject_id: Word = Field(
        description="Our id of it; of a seller `marketplace/seller`."
    )
    reason: Text = Field(description="Why; for colleagues.")


class HoldOptions(PageOptions):
    """The query parameters of the list of holds."""

    is_lifted: bool | None = Field(
        None, description="Only those that were lifted, or only those that stand."
    )


class HoldAnswer(Wire):
    """A legal hold: nothing of its subject is deleted until it is lifted."""

    id: str = Field(description="Of the hold.")
    subject: str = Field(description="What it is.")
    subject_id: str = Field(description="Our id of it.")
    reason: str = Field(description="Why.")
    created_by: str = Field(description="Who placed it.")
    created_at: datetime = Field(description="When.")
    lifted_by: str | None = Field(description="Who lifted it.")
    lifted_at: datetime | None = Field(description="When; null while it stands.")


def as_answer(row: LegalHoldRow) -> HoldAnswer:
    """Show a hold."""
    return HoldAnswer.model_validate(
        {name: getattr(row, name) for name in HoldAnswer.model_fields}
    )


@router.post("", operation_id="place_legal_hold", status_code=201)
def place(
    request: Request, response: Response, caller: Keeper, new: NewHold
) -> HoldAnswer:
    """Put a case, a listing, a seller or a brand on hold."""
    with service_of(request).store.database.write() as session:
        row = place_hold(
            session,
            new.subject,
            new.subject_id,
            reason=new.reason,
            actor=recorded_as(caller),
            at=utc_now(),
        )
        answer = as_answer(row)
    response.headers["Location"] = f"{PREFIX}/{answer.id}"
    return answer


@router.get("", operation_id="list_legal_holds")
def list_page(
    request: Request,
    response: Response,
    caller: Keeper,
    options: Annotated[HoldOptions, Query()],
) -> Page[HoldAnswer]:
    """List holds."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_holds(
            session,
            is_lifted=options.is_lifted,
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{hold_id}", operation_id="show_legal_hold")
def show(request: Request, caller: Keeper, hold_id: HoldId) -> HoldAnswer:
    """Show a hold."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_hold(session, hold_id))


@router.post(
    "/{hold_id}/lift",
    operation_id="lift_legal_hold",
    responses=problems({409: "It was lifted already."}),
)
def lift(request: Request, caller: Keeper, hold_id: HoldId) -> HoldAnswer:
    """Lift a hold; what time was up for meanwhile goes with the next daily round."""
    with service_of(request).store.database.write() as session:
        row = lift_hold(session, hold_id, actor=recorded_as(caller), at=utc_now())
        return as_answer(row)

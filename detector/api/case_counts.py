"""Route of how many cases stand how."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.acting import scope_of
from detector.api.case_schemas import CaseState, Closure, Id
from detector.api.pagination import Page, PageOptions
from detector.api.permission import needs, with_key
from detector.api.schemas import Wire
from detector.api.service import service_of
from detector.review.queue.case_counts import count_cases

router = APIRouter(prefix="/v1/case-counts", tags=["cases"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.CASES_READ))]


class CaseCountOptions(BaseModel):
    """The query parameters of the counts."""

    model_config = PageOptions.model_config

    brand_id: Id | None = Field(None, description="Only cases of this brand.")


class CaseCountAnswer(Wire):
    """How many cases are in a state."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"state": "closed", "closure": "no_action", "count": 12}]
        }
    )

    state: CaseState = Field(description="As the caller is told.")
    closure: Closure | None = Field(description="Null while they are not closed.")
    count: int = Field(ge=1)


@router.get("", operation_id="count_cases")
def count_all(
    request: Request, caller: Reader, options: Annotated[CaseCountOptions, Query()]
) -> Page[CaseCountAnswer]:
    """Count the cases that the caller sees, on one page: by state and closure."""
    with service_of(request).store.database.read() as session:
        counts = count_cases(session, scope=scope_of(caller), brand_id=options.brand_id)
    items = [CaseCountAnswer.model_validate(asdict(count)) for count in counts]
    return Page(items=items, next_cursor=None)

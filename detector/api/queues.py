"""Route of queues: how much waits, and for how long."""

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from detector.api.case_claims import Reviewer
from detector.api.case_schemas import AT
from detector.api.pagination import Page
from detector.api.permission import with_key
from detector.api.schemas import Wire
from detector.api.service import service_of
from detector.review.queue.counts import count_queues
from detector.store.table import utc_now

router = APIRouter(prefix="/v1/queues", tags=["cases"], dependencies=[with_key])


class CaseQueueAnswer(Wire):
    """What waits in a queue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "queue": "review",
                    "num_waiting": 12,
                    "num_claimed": 2,
                    "num_overdue": 1,
                    "oldest_opened_at": AT,
                    "next_due_at": AT,
                }
            ]
        }
    )

    queue: str = Field(description="`second` holds what waits for a second opinion.")
    num_waiting: int = Field(ge=0)
    num_claimed: int = Field(ge=0)
    num_overdue: int = Field(ge=0, description="Of those that wait.")
    oldest_opened_at: datetime | None
    next_due_at: datetime | None


@router.get("", operation_id="list_queues")
def list_all(request: Request, caller: Reviewer) -> Page[CaseQueueAnswer]:
    """List the queues, on one page, and what waits in each."""
    with service_of(request).store.database.read() as session:
        counts = count_queues(session, at=utc_now())
    items = [CaseQueueAnswer.model_validate(asdict(count)) for count in counts]
    return Page(items=items, next_cursor=None)

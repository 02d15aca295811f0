"""Long lists come in pages, each with a cursor that leads to the next one."""

import re
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Request, Response
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
)

from detector.api.schemas import Wire

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
WRITTEN_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d")


def as_text(given: object) -> object:
    """Refuse numbers, which would be taken for seconds since 1970."""
    is_number = isinstance(given, int | float)
    if is_number or (isinstance(given, str) and not WRITTEN_TIME.match(given)):
        raise ValueError("should be a time like 2026-06-01T12:00:00Z")
    return given


def in_utc(time: datetime) -> datetime:
    """Convert to UTC; the first and the last hours of the calendar may not fit."""
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


class PageOptions(BaseModel):
    """The query parameters of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(
        DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most items to return."
    )
    cursor: str | None = Field(
        None, description="`next_cursor` of the page before; none for the first page."
    )


class ChangesOptions(PageOptions):
    """The query parameters of a list that can be asked for what has changed."""

    updated_since: (
        Annotated[AwareDatetime, BeforeValidator(as_text), AfterValidator(in_utc)]
        | None
    ) = Field(
        None,
        description="Only what was changed at that time or later, the oldest change "
        "first: `2026-06-01T12:00:00Z`.",
    )


class RecordOptions(PageOptions):
    """The query parameters of a list that may begin with what came last."""

    newest_first: bool = Field(False, description="The newest first, not the oldest.")


class Page(Wire, Generic[Item]):
    """Some items of a list, in a fixed order."""

    items: list[Item]
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last one."
    )


def link_to_next(
    request: Request, response: Response, next_cursor: str | None
) -> str | None:
    """Add a `Link` to the next page, and hand the cursor on to the answer."""
    if next_cursor is not None:
        query = request.url.include_query_params(cursor=next_cursor).query
        # Relative, as a proxy may have changed how we are called.
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return next_cursor

"""Routes of a brand's rights: trademarks, copyrights, designs and others."""

import asyncio
import io
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.list_file import (
    CSV_ANSWER,
    CSV_BODY,
    as_file_answer,
    csv_response,
    read_list_file,
)
from detector.api.list_schemas import BrandId, EntryId, FileAnswer, FileOptions
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.rights_schemas import (
    NewRight,
    RightAnswer,
    RightChange,
    RightOptions,
)
from detector.api.service import service_of
from detector.catalogue.ip_rights import (
    change_right,
    create_right,
    delete_right,
    export_rights,
    find_right,
    list_rights,
    right_fields,
    right_validity,
    upload_rights,
)
from detector.catalogue.validity import days_left, today
from detector.store.tables import RightRow

PREFIX = "/v1/brands/{brand_id}/rights"

Reader = Annotated[Principal, Depends(needs(Capability.RIGHTS_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.RIGHTS_WRITE))]

files = APIRouter()


@files.get(
    "/file",
    operation_id="download_rights",
    response_class=Response,
    responses=CSV_ANSWER,
)
def download_rights(request: Request, caller: Reader, brand_id: BrandId) -> Response:
    """Send all rights of a brand as `rights.csv`.

    No cell is a formula to a spreadsheet. Uploading the file again changes nothing.
    """
    with service_of(request).store.database.read() as session:
        return csv_response(export_rights(session, brand_id=brand_id), "rights.csv")


@files.put("/file", operation_id="upload_rights", openapi_extra=CSV_BODY)
async def upload(
    request: Request,
    caller: Writer,
    brand_id: BrandId,
    options: Annotated[FileOptions, Query()],
) -> FileAnswer:
    """Add and change rights as a `rights.csv` says; those it does not list stay.

    Good rows are taken and the others told of. The same file again changes nothing. A
    blank cell takes away what was there; what is disabled stays so.
    """
    body = await read_list_file(request)
    database = service_of(request).store.database

    def work() -> FileAnswer:
        opened = database.read() if options.dry_run else database.write()
        with opened as session:
            change = upload_rights(
                session,
                brand_id=brand_id,
                file=io.BytesIO(body),
                dry_run=options.dry_run,
            )
        return as_file_answer(change)

    return await asyncio.to_thread(work)


router = APIRouter(
    prefix=PREFIX,
    tags=["rights"],
    dependencies=[with_key],
    responses=problems(
        {
            403: "The caller's role, or scopes, do not allow it.",
            404: "No such brand or right, or none that the caller may know of.",
        }
    ),
)
router.include_router(files)


def as_answer(row: RightRow) -> RightAnswer:
    """Show a right as it stands today."""
    on = today()
    return RightAnswer.model_validate(
        {
            **right_fields(row),
            "id": row.id,
            "right_id": row.external_id,
            "state": row.state,
            "effective_state": right_validity(row, on),
            "expires_in_days": days_left(row.expires_on, on),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    )


@router.post(
    "",
    operation_id="create_right",
    status_code=201,
    responses=problems({409: "The brand has a right of that name."}),
)
def create(
    request: Request,
    response: Response,
    caller: Writer,
    brand_id: BrandId,
    new: NewRight,
) -> RightAnswer:
    """Add a right."""
    fields = new.model_dump(exclude_unset=True, exclude={"right_id"})
    with service_of(request).store.database.write() as session:
        row = create_right(
            session, brand_id=brand_id, right_id=new.right_id, fields=fields
        )
        answer = as_answer(row)
    response.headers["Location"] = f"{PREFIX.format(brand_id=brand_id)}/{answer.id}"
    return answer


@router.get("", operation_id="list_rights")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: BrandId,
    options: Annotated[RightOptions, Query()],
) -> Page[RightAnswer]:
    """List a brand's rights; `expiring_within_days` finds those to be renewed."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_rights(
            session,
            brand_id=brand_id,
            limit=options.limit,
            cursor=options.cursor,
            type=options.type,
            standing=options.effective_state,
            expiring_within_days=options.expiring_within_days,
            updated_since=options.updated_since,
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{right_id}", operation_id="show_right")
def show(
    request: Request, caller: Reader, brand_id: BrandId, right_id: EntryId
) -> RightAnswer:
    """Show a right, by our id of it."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_right(session, brand_id=brand_id, row_id=right_id))


@router.patch("/{right_id}", operation_id="change_right")
def change(
    request: Request,
    caller: Writer,
    brand_id: BrandId,
    right_id: EntryId,
    change: RightChange,
) -> RightAnswer:
    """Change the fields that are given; disable a right, or enable it again."""
    given = change.model_dump(exclude_unset=True)
    fields = {
        name: value
        for name, value in given.items()
        if value is not None or name not in {"type", "state"}
    }
    with service_of(request).store.database.write() as session:
        row = change_right(session, brand_id=brand_id, row_id=right_id, fields=fields)
        return as_answer(row)


@router.delete("/{right_id}", operation_id="delete_right", status_code=204)
def delete(
    request: Request, caller: Writer, brand_id: BrandId, right_id: EntryId
) -> None:
    """Remove a right; disabling it, or letting it expire, keeps it on record."""
    with service_of(request).store.database.write() as session:
        delete_right(session, brand_id=brand_id, row_id=right_id)

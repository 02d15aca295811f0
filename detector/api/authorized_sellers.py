"""Routes of the sellers whom a brand allows to use its pictures."""

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
    NewSeller,
    SellerAnswer,
    SellerChange,
    SellerOptions,
)
from detector.api.service import service_of
from detector.catalogue.authorized_sellers import (
    change_seller,
    create_seller,
    delete_seller,
    find_seller,
    list_sellers,
    seller_fields,
    seller_validity,
)
from detector.catalogue.seller_list import export_sellers, upload_sellers
from detector.catalogue.validity import days_left, today
from detector.store.tables import AuthorizedSellerRow

PREFIX = "/v1/brands/{brand_id}/authorized-sellers"

Reader = Annotated[Principal, Depends(needs(Capability.SELLERS_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.SELLERS_WRITE))]

files = APIRouter()


@files.get(
    "/file",
    operation_id="download_authorized_sellers",
    response_class=Response,
    responses=CSV_ANSWER,
)
def download_sellers(request: Request, caller: Reader, brand_id: BrandId) -> Response:
    """Send all authorized sellers of a brand as `authorised_sellers.csv`.

    No cell is a formula to a spreadsheet. Uploading the file again changes nothing.
    """
    with service_of(request).store.database.read() as session:
        return csv_response(
            export_sellers(session, brand_id=brand_id), "authorised_sellers.csv"
        )


@files.put("/file", operation_id="upload_authorized_sellers", openapi_extra=CSV_BODY)
async def upload(
    request: Request,
    caller: Writer,
    brand_id: BrandId,
    options: Annotated[FileOptions, Query()],
) -> FileAnswer:
    """Add and change entries as a file says; sellers that it does not list stay.

    Good rows are taken and the others told of. The same file again changes nothing. A
    blank cell takes a limit away; who is disabled stays so.
    """
    body = await read_list_file(request)
    database = service_of(request).store.database

    def work() -> FileAnswer:
        opened = database.read() if options.dry_run else database.write()
        with opened as session:
            change = upload_sellers(
                session,
                brand_id=brand_id,
                file=io.BytesIO(body),
                dry_run=options.dry_run,
            )
        return as_file_answer(change)

    return await asyncio.to_thread(work)


router = APIRouter(
    prefix=PREFIX,
    tags=["authorized sellers"],
    dependencies=[with_key],
    responses=problems(
        {
            403: "The caller's role, or scopes, do not allow it.",
            404: "No such brand or seller, or none that the caller may know of.",
        }
    ),
)
router.include_router(files)


def as_answer(row: AuthorizedSellerRow) -> SellerAnswer:
    """Show an entry as it stands today."""
    on = today()
    return SellerAnswer.model_validate(
        {
            **seller_fields(row),
            "id": row.id,
            "marketplace": row.marketplace,
            "seller_id": row.seller_id,
            "state": row.state,
            "effective_state": seller_validity(row, on),
            "expires_in_days": days_left(row.valid_to, on),
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    )


@router.post(
    "",
    operation_id="create_authorized_seller",
    status_code=201,
    responses=problems({409: "The brand has an entry for that seller."}),
)
def create(
    request: Request,
    response: Response,
    caller: Writer,
    brand_id: BrandId,
    new: NewSeller,
) -> SellerAnswer:
    """Authorize a seller, within limits of product, country and time."""
    fields = new.model_dump(exclude_unset=True, exclude={"marketplace", "seller_id"})
    with service_of(request).store.database.write() as session:
        row = create_seller(
            session,
            brand_id=brand_id,
            marketplace=new.marketplace,
            seller_id=new.seller_id,
            fields=fields,
        )
        answer = as_answer(row)
    response.headers["Location"] = f"{PREFIX.format(brand_id=brand_id)}/{answer.id}"
    return answer


@router.get("", operation_id="list_authorized_sellers")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: BrandId,
    options: Annotated[SellerOptions, Query()],
) -> Page[SellerAnswer]:
    """List authorized sellers; `expiring_within_days` finds those to be renewed."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_sellers(
            session,
            brand_id=brand_id,
            limit=options.limit,
            cursor=options.cursor,
            marketplace=options.marketplace,
            standing=options.effective_state,
            expiring_within_days=options.expiring_within_days,
            updated_since=options.updated_since,
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{entry_id}", operation_id="show_authorized_seller")
def show(
    request: Request, caller: Reader, brand_id: BrandId, entry_id: EntryId
) -> SellerAnswer:
    """Show an entry, by our id of it."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_seller(session, brand_id=brand_id, row_id=entry_id))


@router.patch("/{entry_id}", operation_id="change_authorized_seller")
def change(
    request: Request,
    caller: Writer,
    brand_id: BrandId,
    entry_id: EntryId,
    change: SellerChange,
) -> SellerAnswer:
    """Change the fields that are given; disable a seller, or enable it again."""
    given = change.model_dump(exclude_unset=True)
    fields = {
        name: value
        for name, value in given.items()
        if value is not None or name not in {"relation", "state"}
    }
    with service_of(request).store.database.write() as session:
        row = change_seller(session, brand_id=brand_id, row_id=entry_id, fields=fields)
        return as_answer(row)


@router.delete("/{entry_id}", operation_id="delete_authorized_seller", status_code=204)
def delete(
    request: Request, caller: Writer, brand_id: BrandId, entry_id: EntryId
) -> None:
    """Remove an entry; disabling it, or letting it expire, keeps it on record."""
    with service_of(request).store.database.write() as session:
        delete_seller(session, brand_id=brand_id, row_id=entry_id)

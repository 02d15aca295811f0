"""Routes of brands."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.catalogue_schemas import (
    BrandAnswer,
    BrandChange,
    CatalogueAnswer,
    NewBrand,
)
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.catalogue import brands
from detector.catalogue.brands import add_brand, find_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.counts import count_catalogue
from detector.catalogue.reference_changes import set_brand_state
from detector.errors import Conflict
from detector.store.tables import BrandRow

router = APIRouter(prefix="/v1/brands", tags=["brands"], dependencies=[with_key])

Reader = Annotated[Principal, Depends(needs(Capability.BRANDS_READ))]
CatalogueReader = Annotated[Principal, Depends(needs(Capability.CATALOGUE_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.BRANDS_WRITE))]


def as_answer(row: BrandRow) -> BrandAnswer:
    """Show a brand."""
    return BrandAnswer.model_validate(row, from_attributes=True)


@router.post("", operation_id="create_brand", status_code=201)
def create_brand(
    request: Request, response: Response, caller: Writer, new: NewBrand
) -> BrandAnswer:
    """Add a brand; two spellings of one name are one brand."""
    new_id = brands.brand_id(new.name)
    with service_of(request).store.database.write() as session:
        if not add_brand(session, new.name):
            raise Conflict(
                "There is a brand of that name already.",
                remedy=f"Use /v1/brands/{new_id}, or another name.",
            )
        answer = as_answer(find_brand(session, new_id))
    response.headers["Location"] = f"/v1/brands/{new_id}"
    return answer


@router.get("", operation_id="list_brands")
def list_brands(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[PageOptions, Query()],
) -> Page[BrandAnswer]:
    """List the brands that the caller sees: its own, or all of them."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = brands.list_brands(
            session,
            only=caller.brand_id,
            cursor=options.cursor,
            limit=options.limit,
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{brand_id}", operation_id="show_brand")
def show_brand(request: Request, caller: Reader, brand_id: str) -> BrandAnswer:
    """Show a brand."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_brand(session, brand_id))


@router.get("/{brand_id}/catalogue-counts", operation_id="count_catalogue")
def count(request: Request, caller: CatalogueReader, brand_id: str) -> CatalogueAnswer:
    """Count what a brand's catalogue holds."""
    with service_of(request).store.database.read() as session:
        counts = count_catalogue(session, brand_id)
    states = counts.references
    return CatalogueAnswer(
        num_products=counts.num_products,
        num_products_without_picture=counts.num_products_without_picture,
        num_active_references=states.get("active", 0),
        num_disabled_references=states.get("disabled", 0),
        num_expired_references=states.get("expired", 0),
    )


@router.patch("/{brand_id}", operation_id="change_brand")
def change_brand(
    request: Request, caller: Writer, brand_id: str, change: BrandChange
) -> BrandAnswer:
    """Disable a brand, or enable it again."""
    with service_of(request).store.database.write() as session:
        log = ChangeLog(session)
        row = find_brand(session, brand_id)
        set_brand_state(session, log, row, change.state)
        return as_answer(row)

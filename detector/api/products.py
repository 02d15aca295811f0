"""Routes of a brand's products."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import TypeAdapter

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.catalogue_schemas import (
    NewProduct,
    ProductAnswer,
    ProductFields,
    ProductOptions,
)
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.catalogue import products
from detector.catalogue.brands import find_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.formats.gtin import GtinProblem, parse_gtin
from detector.catalogue.products import (
    ProductPictures,
    count_references,
    find_product,
    known_fields,
    product_row_id,
    put_product,
    remove_products,
)
from detector.errors import Conflict, InvalidInput
from detector.store.tables import ProductRow

router = APIRouter(
    prefix="/v1/brands/{brand_id}/products", tags=["products"], dependencies=[with_key]
)

FIELDS = TypeAdapter(dict[str, str | list[str]])

Reader = Annotated[Principal, Depends(needs(Capability.CATALOGUE_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.CATALOGUE_WRITE))]


def as_answer(row: ProductRow, pictures: ProductPictures | None) -> ProductAnswer:
    """Show a product; `pictures` is None if it has none."""
    pictures = pictures or ProductPictures()
    return ProductAnswer(
        id=row.id,
        product_id=row.external_id,
        fields=FIELDS.validate_python(known_fields(row)),
        num_references=pictures.num_references,
        reference_id=pictures.first_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def given_fields(fields: ProductFields) -> dict[str, object]:
    """Take the fields that a request gives; null takes a field away."""
    given = fields.model_dump(exclude_unset=True, exclude={"product_id"})
    if given.get("gtin") is not None:
        read = parse_gtin(str(given["gtin"]))
        if isinstance(read, GtinProblem):
            raise InvalidInput(
                f"The GTIN {given['gtin']} is none: {read.message}.", remedy=read.remedy
            )
        given["gtin"] = read
    return given


@router.post("", operation_id="create_product", status_code=201)
def create_product(
    request: Request, response: Response, caller: Writer, brand_id: str, new: NewProduct
) -> ProductAnswer:
    """Add a product; its pictures are uploaded as references."""
    fields = given_fields(new)
    row_id = product_row_id(brand_id, new.product_id)
    with service_of(request).store.database.write() as session:
        ChangeLog(session)  # one writer at a time, so that none is added twice
        find_brand(session, brand_id)
        if session.get(ProductRow, row_id) is not None:
            raise Conflict(
                f"The brand has a product {new.product_id!r} already.",
                remedy=f"Change it: PATCH /v1/brands/{brand_id}/products/{row_id}.",
            )
        row, _ = put_product(
            session, brand_id=brand_id, external_id=new.product_id, fields=fields
        )
        answer = as_answer(row, None)
    response.headers["Location"] = f"/v1/brands/{brand_id}/products/{row_id}"
    return answer


@router.get("", operation_id="list_products")
def list_products(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: str,
    options: Annotated[ProductOptions, Query()],
) -> Page[ProductAnswer]:
    """List a brand's products."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = products.list_products(
            session,
            brand_id=brand_id,
            updated_since=options.updated_since,
            text=options.q,
            cursor=options.cursor,
            limit=options.limit,
        )
        counts = count_references(session, rows)
        items = [as_answer(row, counts.get(row.id)) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{product_id}", operation_id="show_product")
def show_product(
    request: Request, caller: Reader, brand_id: str, product_id: str
) -> ProductAnswer:
    """Show a product, by our id of it."""
    with service_of(request).store.database.read() as session:
        row = find_product(session, brand_id=brand_id, row_id=product_id)
        return as_answer(row, count_references(session, [row]).get(row.id))


@router.patch("/{product_id}", operation_id="change_product")
def change_product(
    request: Request,
    caller: Writer,
    brand_id: str,
    product_id: str,
    change: ProductFields,
) -> ProductAnswer:
    """Change the fields that are given; null takes one away."""
    fields = given_fields(change)
    with service_of(request).store.database.write() as session:
        ChangeLog(session)
        row = find_product(session, brand_id=brand_id, row_id=product_id)
        put_product(
            session, brand_id=brand_id, external_id=row.external_id, fields=fields
        )
        return as_answer(row, count_references(session, [row]).get(row.id))


@router.delete("/{product_id}", operation_id="delete_product", status_code=204)
def delete_product(
    request: Request, caller: Writer, brand_id: str, product_id: str
) -> None:
    """Remove a product, and the references that show no other one."""
    with service_of(request).store.database.write() as session:
        log = ChangeLog(session)
        row = find_product(session, brand_id=brand_id, row_id=product_id)
        remove_products(session, log, [row.id])

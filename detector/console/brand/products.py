"""Pages of a brand's products: a list of them, and each with its pictures."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.brand.form_fields import typed
from detector.console.brand.own_brand import read_brand
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PAGE_SIZE = 24
MAX_PICTURES = 100
FIELDS = (
    "title",
    "gtin",
    "mpn",
    "sku",
    "category",
    "color",
    "size",
    "material",
    "msrp",
    "msrp_currency",
    "product_url",
    "description",
)
"""What can be changed here; files of a catalogue know more."""

router = APIRouter(prefix="/catalogue/{brand_id}/products", include_in_schema=False)


@router.get("")
async def list_page(
    request: Request, viewer: SignedIn, brand_id: str, q: str = "", cursor: str = ""
) -> Response:
    """List products with a picture of each."""
    brand, products = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(
            path_of("brands", brand_id, "products"),
            q=q,
            cursor=cursor,
            limit=PAGE_SIZE,
        ),
    )
    return page(
        request,
        "brand/products.html",
        viewer=viewer,
        brand=brand,
        products=products,
        q=q,
        cursor=cursor,
    )


@router.get("/{product_id}")
async def show(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    product_id: str,
    saved: bool = False,
) -> Response:
    """Show a product."""
    return await _render(request, viewer, brand_id, product_id, is_saved=saved)


@router.post("/{product_id}")
async def change(
    request: Request, viewer: SignedIn, brand_id: str, product_id: str
) -> Response:
    """Change a product's fields; an empty one takes what was there away."""
    form = await request.form()
    filled = typed(form, FIELDS)
    place = path_of("brands", brand_id, "products", product_id)
    given = {name: value or None for name, value in filled.items()}
    try:
        await viewer.api.write("PATCH", place, given)
    except ApiProblem as refused:
        return await _render(
            request, viewer, brand_id, product_id, filled=filled, refused=refused
        )
    return RedirectResponse(
        f"/catalogue/{brand_id}/products/{product_id}?saved=true", 303
    )


@router.post("/{product_id}/remove")
async def remove(viewer: SignedIn, brand_id: str, product_id: str) -> Response:
    """Remove a product, and the pictures that show no other one."""
    place = path_of("brands", brand_id, "products", product_id)
    await viewer.api.write("DELETE", place)
    return RedirectResponse(f"/catalogue/{brand_id}/products", 303)


async def _render(
    request: Request,
    viewer: Viewer,
    brand_id: str,
    product_id: str,
    *,
    filled: Mapping[str, str] | None = None,
    refused: ApiProblem | None = None,
    is_saved: bool = False,
) -> Response:
    brand, product = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(path_of("brands", brand_id, "products", product_id)),
    )
    references = await viewer.api.read(
        path_of("brands", brand_id, "references"),
        product_id=product["product_id"],
        limit=MAX_PICTURES,
    )
    return page(
        request,
        "brand/product.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        brand=brand,
        product=product,
        references=references,
        names=FIELDS,
        values=filled or {n: product["fields"].get(n, "") for n in FIELDS},
        others={k: v for k, v in product["fields"].items() if k not in FIELDS},
        problem=None if refused is None else refused.problem,
        is_saved=is_saved,
        may_write=viewer.may("catalogue:write"),
    )

"""Pages of imports: the files that were sent, and what was wrong in each."""

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.brand.own_brand import lead_to_own, read_brand
from detector.console.inner_api import path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn

PAGE_SIZE = 50

router = APIRouter(prefix="/imports", include_in_schema=False)


@router.get("")
async def lead_home(viewer: SignedIn) -> Response:
    """Lead to the own brand's imports."""
    return lead_to_own(viewer, "/imports")


@router.get("/{brand_id}")
async def list_page(
    request: Request, viewer: SignedIn, brand_id: str, cursor: str = ""
) -> Response:
    """List a brand's imports, the newest first."""
    brand, imports = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(
            path_of("brands", brand_id, "imports"),
            newest_first=True,
            cursor=cursor,
            limit=PAGE_SIZE,
        ),
    )
    return page(
        request,
        "brand/imports.html",
        viewer=viewer,
        brand=brand,
        imports=imports,
        cursor=cursor,
        may_write=viewer.may("catalogue:write"),
    )


@router.get("/{brand_id}/{import_id}")
async def show(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    import_id: str,
    cursor: str = "",
) -> Response:
    """Show how far an import has come, and what is wrong with its rows."""
    place = path_of("brands", brand_id, "imports", import_id)
    brand, shown, problems = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(place),
        viewer.api.read(f"{place}/problems", cursor=cursor, limit=PAGE_SIZE),
    )
    return page(
        request,
        "brand/import.html",
        viewer=viewer,
        brand=brand,
        shown=shown,
        problems=problems,
        cursor=cursor,
        may_write=viewer.may("catalogue:write"),
    )


@router.post("/{brand_id}/{import_id}/cancel")
async def cancel(viewer: SignedIn, brand_id: str, import_id: str) -> Response:
    """End an import; what went in stays."""
    place = path_of("brands", brand_id, "imports", import_id)
    await viewer.api.write("POST", f"{place}/cancel")
    return RedirectResponse(f"/imports/{brand_id}/{import_id}", 303)

"""The page of a brand's catalogue: how it stands, and where to add to it."""

import asyncio

from fastapi import APIRouter, Request, Response

from detector.console.brand.own_brand import lead_to_own, read_brand
from detector.console.inner_api import path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn

router = APIRouter(prefix="/catalogue", include_in_schema=False)


@router.get("")
async def lead_home(viewer: SignedIn) -> Response:
    """Lead to the own brand's catalogue."""
    return lead_to_own(viewer, "/catalogue")


@router.get("/{brand_id}")
async def show(request: Request, viewer: SignedIn, brand_id: str) -> Response:
    """Show how a catalogue stands, and take files for it."""
    place = path_of("brands", brand_id)
    brand, counts, imports, checks = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(f"{place}/catalogue-counts"),
        viewer.api.read(f"{place}/imports", newest_first=True, limit=3),
        viewer.api.read(f"{place}/health", newest_first=True, limit=1),
    )
    return page(
        request,
        "brand/catalogue.html",
        viewer=viewer,
        brand=brand,
        counts=counts,
        imports=imports,
        check=next(iter(checks["items"]), None),
        may_write=viewer.may("catalogue:write"),
    )

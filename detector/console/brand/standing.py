"""Page of where a brand stands, and of what would change it."""

import asyncio

from fastapi import APIRouter, Request, Response

from detector.console.brand.own_brand import lead_to_own, read_brand
from detector.console.inner_api import path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn

PREFIX = "/standing"

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_own(viewer: SignedIn) -> Response:
    """Lead to the brand's own standing."""
    return lead_to_own(viewer, PREFIX)


@router.get("/{brand_id}")
async def show(request: Request, viewer: SignedIn, brand_id: str) -> Response:
    """Show a brand's tier, its figures, and what they are held against."""
    brand, standing, changes = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(path_of("brands", brand_id, "standing")),
        viewer.api.read(
            "/standing", subject="brand", subject_id=brand_id, newest_first=True
        ),
    )
    return page(
        request,
        "brand/standing.html",
        viewer=viewer,
        brand=brand,
        standing=standing,
        wanted={
            each["name"]: each["wanted"]
            for each in standing["conditions"]
            if each["tier"] == "good_faith" and each["reason_code"] is None
        },
        changes=changes["items"],
    )

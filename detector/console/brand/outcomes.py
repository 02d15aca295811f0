"""Page of a brand's cases: how many there are, how they stand."""

import asyncio

from fastapi import APIRouter, Request, Response

from detector.console.brand.own_brand import brand_asked_for, more_path
from detector.console.rendering import page
from detector.console.viewer import SignedIn

router = APIRouter(prefix="/outcomes", include_in_schema=False)


@router.get("")
async def show(
    request: Request,
    viewer: SignedIn,
    state: str = "",
    closure: str = "",
    brand_id: str = "",
    cursor: str = "",
) -> Response:
    """Count the brand's cases, and list those that are wanted."""
    counts, found, reasons, brand = await asyncio.gather(
        viewer.api.read("/case-counts", brand_id=brand_id),
        viewer.api.read(
            "/cases",
            state=state,
            closure=closure,
            brand_id=brand_id,
            cursor=cursor,
            order="newest_change",
        ),
        viewer.api.read("/reason-codes"),
        brand_asked_for(viewer, brand_id),
    )
    return page(
        request,
        "brand/outcomes.html",
        viewer=viewer,
        counts=counts["items"],
        cases=found["items"],
        reasons={each["code"]: each["says"] for each in reasons["items"]},
        state=state,
        closure=closure,
        brand_id=brand_id,
        brand=brand,
        more=more_path(request, found["next_cursor"]),
    )

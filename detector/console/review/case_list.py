"""The list of cases, with what it is narrowed to in its address."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from detector.api.case_schemas import CaseState, Closure
from detector.console.inner_api import Answer
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

FILTERS = (
    "state",
    "closure",
    "queue",
    "brand_id",
    "marketplace_id",
    "seller_id",
    "cluster_id",
    "listing_id",
    "mine",
    "order",
)
STATES = CaseState.__args__  # type: ignore[attr-defined]
CLOSURES = Closure.__args__  # type: ignore[attr-defined]
DEADLINE = "deadline"

router = APIRouter(include_in_schema=False)


@router.get("/cases")
async def show(request: Request, viewer: SignedIn) -> Response:
    """List cases: for the platform's people what is due soonest first."""
    given = {k: v for k, v in request.query_params.items() if k in FILTERS and v}
    is_inside = viewer.brand_id is None and viewer.marketplace is None
    asked = {"order": DEADLINE, **given} if is_inside else given
    if asked.get("order") == "id":
        del asked["order"]
    cursor = request.query_params.get("cursor")
    found, brands, queues = await asyncio.gather(
        viewer.api.read("/cases", cursor=cursor, limit=50, **asked),
        _read_brands(viewer),
        _read_queues(viewer),
    )
    return page(
        request,
        "review/cases.html",
        viewer=viewer,
        cases=found["items"],
        given=given,
        is_inside=is_inside,
        is_first=cursor is None,
        first_url=_url(given),
        next_url=_url(given, found["next_cursor"]) if found["next_cursor"] else None,
        brands=brands,
        queues=queues,
        states=STATES,
        closures=CLOSURES,
    )


async def _read_brands(viewer: Viewer) -> Answer:
    if viewer.brand_id is not None or not viewer.may("brands:read"):
        return []
    return (await viewer.api.read("/brands", limit=200))["items"]


async def _read_queues(viewer: Viewer) -> list[str]:
    if not viewer.may("cases:decide"):
        return []
    found = (await viewer.api.read("/queues"))["items"]
    return [each["queue"] for each in found]


def _url(given: Mapping[str, str], cursor: str | None = None) -> str:
    query = {**given, "cursor": cursor} if cursor else given
    return "/cases" + (f"?{urlencode(query)}" if query else "")

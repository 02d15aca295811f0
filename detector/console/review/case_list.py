"""The list of cases, with what it is narrowed to in its address."""

import asyncio
from collections.abc import Mapping
from typing import get_args
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
STATES, CLOSURES = get_args(CaseState), get_args(Closure)
UNDECIDED = ("open", "claimed", "awaiting_brand", "awaiting_second")
QUEUES = ("review", "sample", "leads")
DEADLINE, NEWEST = "deadline", "newest_change"

router = APIRouter(include_in_schema=False)


@router.get("/cases")
async def show(request: Request, viewer: SignedIn) -> Response:
    """List cases: what waits by its deadline, what is decided by its newest change."""
    given = {k: v for k, v in request.query_params.items() if k in FILTERS and v}
    is_inside = viewer.brand_id is None and viewer.marketplace is None
    order = _order(given) if is_inside else NEWEST
    cursor = request.query_params.get("cursor")
    found, brands = await asyncio.gather(
        viewer.api.read("/cases", cursor=cursor, limit=50, **{**given, "order": order}),
        _read_brands(viewer),
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
        order=order,
        queues=QUEUES if is_inside else (),
        states=STATES,
        closures=CLOSURES,
    )


def _order(given: Mapping[str, str]) -> str:
    """Choose an order: what is decided already is due no more."""
    can_wait = "closure" not in given and given.get("state", "open") in UNDECIDED
    return given.get("order", DEADLINE) if can_wait else NEWEST


async def _read_brands(viewer: Viewer) -> Answer:
    if viewer.brand_id is not None or not viewer.may("brands:read"):
        return []
    return (await viewer.api.read("/brands", limit=200))["items"]


def _url(given: Mapping[str, str], cursor: str | None = None) -> str:
    query = {**given, "cursor": cursor} if cursor else given
    return "/cases" + (f"?{urlencode(query)}" if query else "")

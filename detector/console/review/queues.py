"""The page of queues: what waits, and where to begin."""

import asyncio

from fastapi import APIRouter, Request, Response

from detector.console.rendering import page
from detector.console.review.decision_bar import read_decided
from detector.console.viewer import SignedIn

router = APIRouter(include_in_schema=False)


@router.get("/review")
async def show(
    request: Request, viewer: SignedIn, empty: str | None = None
) -> Response:
    """Show the queues and the cases that the viewer holds."""
    queues, mine, decided = await asyncio.gather(
        viewer.api.read("/queues"),
        viewer.api.read("/cases", mine=True),
        read_decided(request, viewer),
    )
    return page(
        request,
        "review/queues.html",
        viewer=viewer,
        queues=queues["items"],
        mine=mine["items"],
        decided=decided,
        queue=empty,
    )

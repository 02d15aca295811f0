"""The page of figures: how detection, review and takedowns do, and what waits."""

import asyncio

from fastapi import APIRouter, Query, Request, Response

from detector.console.inner_api import Answer
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

WINDOWS = (7, 30, 90, 365)
GROUPS = ("detection", "review", "transparency")

router = APIRouter(include_in_schema=False)


@router.get("/figures")
async def show(
    request: Request, viewer: SignedIn, days: int = Query(90, ge=1, le=3660)
) -> Response:
    """Show the figures of a window, and how old what waits is."""
    report, queues = await asyncio.gather(
        viewer.api.read("/metrics-report", days=days), _read_queues(viewer)
    )
    groups: dict[str, list[Answer]] = {group: [] for group in GROUPS}
    for metric in report["metrics"]:
        groups[metric["group"]].append(metric)
    return page(
        request,
        "lead/figures.html",
        viewer=viewer,
        report=report,
        groups=groups,
        queues=queues,
        days=days,
        windows=WINDOWS,
    )


async def _read_queues(viewer: Viewer) -> list[Answer]:
    if not viewer.may("cases:decide"):
        return []
    found: list[Answer] = (await viewer.api.read("/queues"))["items"]
    return found

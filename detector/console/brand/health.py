"""Pages of health checks: how well copies of a brand's pictures would be found."""

import asyncio
from itertools import groupby

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.typed_values import whole
from detector.console.brand.own_brand import lead_to_own, read_brand
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PAGE_SIZE = 10
"""Few, as each comes with its whole report."""
SAMPLES = (12, 24, 100, 0)
"""Pictures to test, of which the second is proposed; 0 leaves the self-test out."""
MAX_SHOWN = 24
"""Pictures of one kind of finding that are shown; the count tells of the others."""

router = APIRouter(prefix="/health-checks", include_in_schema=False)


@router.get("")
async def lead_home(viewer: SignedIn) -> Response:
    """Lead to the own brand's health checks."""
    return lead_to_own(viewer, "/health-checks")


@router.get("/{brand_id}")
async def list_page(
    request: Request, viewer: SignedIn, brand_id: str, cursor: str = ""
) -> Response:
    """List a brand's checks, the newest first, and offer a new one."""
    return await _render_list(request, viewer, brand_id, cursor=cursor)


@router.post("/{brand_id}")
async def start(
    request: Request, viewer: SignedIn, brand_id: str, sample: str = Form("")
) -> Response:
    """Start a check."""
    place = path_of("brands", brand_id, "health")
    try:
        begun = await viewer.api.write("POST", place, {"sample": whole(sample)})
    except ApiProblem as refused:
        return await _render_list(request, viewer, brand_id, refused=refused)
    return RedirectResponse(f"/health-checks/{brand_id}/{begun['id']}", 303)


@router.get("/{brand_id}/{check_id}")
async def show(
    request: Request, viewer: SignedIn, brand_id: str, check_id: str
) -> Response:
    """Show a check: how far it has come, then its report."""
    brand, check = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(path_of("brands", brand_id, "health", check_id)),
    )
    report = check["report"]
    return page(
        request,
        "brand/health_check.html",
        viewer=viewer,
        brand=brand,
        check=check,
        report=report,
        kinds=[] if report is None else _by_kind(report["findings"]),
        max_shown=MAX_SHOWN,
        may_write=viewer.may("catalogue:write"),
    )


async def _render_list(
    request: Request,
    viewer: Viewer,
    brand_id: str,
    *,
    cursor: str = "",
    refused: ApiProblem | None = None,
) -> Response:
    place = path_of("brands", brand_id)
    brand, counts, checks = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(f"{place}/catalogue-counts"),
        viewer.api.read(
            f"{place}/health", newest_first=True, cursor=cursor, limit=PAGE_SIZE
        ),
    )
    return page(
        request,
        "brand/health_checks.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        brand=brand,
        counts=counts,
        checks=checks,
        cursor=cursor,
        samples=SAMPLES,
        problem=None if refused is None else refused.problem,
        may_write=viewer.may("catalogue:write"),
    )


def _by_kind(findings: Answer) -> list[list[Answer]]:
    """Gather findings of one code; the report lists them one after the other."""
    return [list(some) for _, some in groupby(findings, key=lambda one: one["code"])]

"""The page of the service's state: models, index, jobs."""

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.inner_api import Answer, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

router = APIRouter(prefix="/state", include_in_schema=False)


@router.get("")
async def show(request: Request, viewer: SignedIn) -> Response:
    """Show what is served, and which jobs there are."""
    state, jobs = await asyncio.gather(viewer.api.read("/service"), _read_jobs(viewer))
    return page(
        request, "lead/service_state.html", viewer=viewer, state=state, jobs=jobs
    )


@router.post("/jobs/{job_id}/retry")
async def retry(viewer: SignedIn, job_id: str) -> Response:
    """Let a job that was given up be tried again."""
    await viewer.api.write("POST", path_of("jobs", job_id, "retry"))
    return RedirectResponse("/state", 303)


async def _read_jobs(viewer: Viewer) -> list[Answer]:
    if not viewer.may("jobs:manage"):
        return []
    found: list[Answer] = (await viewer.api.read("/jobs", state="dead", limit=100))[
        "items"
    ]
    return found

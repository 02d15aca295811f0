"""The page of references' records: which raise flags that are dismissed."""

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.console.inner_api import path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn

router = APIRouter(prefix="/reference-records", include_in_schema=False)


@router.get("")
async def show(
    request: Request, viewer: SignedIn, quarantined: str = "", cursor: str = ""
) -> Response:
    """List references with what became of their matches."""
    found = await viewer.api.read(
        "/reference-records", quarantined=quarantined or None, cursor=cursor, limit=50
    )
    return page(
        request,
        "lead/reference_records.html",
        viewer=viewer,
        records=found["items"],
        next_cursor=found["next_cursor"],
        quarantined=quarantined,
    )


@router.post("/{reference_id}/quarantine")
async def quarantine(
    viewer: SignedIn, reference_id: str, reason: str = Form("")
) -> Response:
    """Let a reference raise no flag any more."""
    path = path_of("reference-records", reference_id, "quarantine")
    await viewer.api.write("POST", path, {"reason": reason})
    return RedirectResponse("/reference-records", 303)


@router.post("/{reference_id}/release")
async def release(viewer: SignedIn, reference_id: str) -> Response:
    """Let a reference raise flags again."""
    path = path_of("reference-records", reference_id, "release")
    await viewer.api.write("POST", path)
    return RedirectResponse("/reference-records", 303)

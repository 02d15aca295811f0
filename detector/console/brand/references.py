"""Pages of a brand's pictures: all of them, and each with what can be done to it."""

import asyncio

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.console.brand.own_brand import read_brand
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PAGE_SIZE = 48
ROLES = ("official", "packaging", "logo", "detail", "lifestyle", "known_fake")
RIGHTS = ("owned", "licensed", "unknown")
STATES = ("active", "disabled", "expired")

router = APIRouter(prefix="/catalogue/{brand_id}/references", include_in_schema=False)


@router.get("")
async def list_page(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    q: str = "",
    state: str = "",
    role: str = "",
    cursor: str = "",
) -> Response:
    """List pictures."""
    wanted = {"q": q, "state": state, "role": role}
    brand, references = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(
            path_of("brands", brand_id, "references"),
            cursor=cursor,
            limit=PAGE_SIZE,
            **wanted,
        ),
    )
    return page(
        request,
        "brand/references.html",
        viewer=viewer,
        brand=brand,
        references=references,
        wanted=wanted,
        cursor=cursor,
        states=STATES,
        roles=ROLES,
    )


@router.get("/{reference_id}")
async def show(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    reference_id: str,
    saved: bool = False,
) -> Response:
    """Show a picture."""
    return await _render(request, viewer, brand_id, reference_id, is_saved=saved)


@router.post("/{reference_id}")
async def change(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    reference_id: str,
    role: str = Form(""),
    image_rights: str = Form(""),
) -> Response:
    """Say what a picture shows, and whose it is."""
    given = {"role": role, "image_rights": image_rights}
    return await _write(request, viewer, brand_id, reference_id, given)


@router.post("/{reference_id}/state")
async def change_state(
    request: Request,
    viewer: SignedIn,
    brand_id: str,
    reference_id: str,
    state: str = Form(""),
) -> Response:
    """Let a picture be searched, or not; one that had expired then has no end."""
    given: dict[str, object] = {"state": state}
    if state == "active":
        given["expires_at"] = None
    return await _write(request, viewer, brand_id, reference_id, given)


@router.post("/{reference_id}/remove")
async def remove(viewer: SignedIn, brand_id: str, reference_id: str) -> Response:
    """Remove a picture."""
    place = path_of("brands", brand_id, "references", reference_id)
    await viewer.api.write("DELETE", place)
    return RedirectResponse(f"/catalogue/{brand_id}/references", 303)


async def _write(
    request: Request,
    viewer: Viewer,
    brand_id: str,
    reference_id: str,
    given: dict[str, object] | dict[str, str],
) -> Response:
    place = path_of("brands", brand_id, "references", reference_id)
    try:
        await viewer.api.write("PATCH", place, given)
    except ApiProblem as refused:
        return await _render(request, viewer, brand_id, reference_id, refused=refused)
    here = f"/catalogue/{brand_id}/references/{reference_id}"
    return RedirectResponse(f"{here}?saved=true", 303)


async def _render(
    request: Request,
    viewer: Viewer,
    brand_id: str,
    reference_id: str,
    *,
    refused: ApiProblem | None = None,
    is_saved: bool = False,
) -> Response:
    brand, reference = await asyncio.gather(
        read_brand(viewer, brand_id),
        viewer.api.read(path_of("brands", brand_id, "references", reference_id)),
    )
    return page(
        request,
        "brand/reference.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        brand=brand,
        reference=reference,
        roles=ROLES,
        rights=RIGHTS,
        problem=None if refused is None else refused.problem,
        is_saved=is_saved,
        may_write=viewer.may("catalogue:write"),
    )

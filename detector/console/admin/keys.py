"""Pages of API keys; a brand's admin sees those of the brand."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.form_page import form_page
from detector.console.admin.grants import read_brands, read_choices, read_grant
from detector.console.admin.typed_values import (
    DEFAULT_OVERLAP_H,
    MAX_OVERLAP_H,
    seconds,
    whole,
)
from detector.console.brand.form_fields import text, texts, typed
from detector.console.brand.own_brand import more_path
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/keys"
KEPT = ("name", "role", "brand_id", "marketplace", "expires_in_days")

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(request: Request, viewer: SignedIn, cursor: str = "") -> Response:
    """List the keys; never the keys themselves."""
    found = await viewer.api.read("/keys", cursor=cursor, limit=100)
    brands = await read_brands(viewer)
    return page(
        request,
        "admin/keys.html",
        viewer=viewer,
        keys=found["items"],
        brand_names={each["id"]: each["name"] for each in brands},
        more=more_path(request, found["next_cursor"]),
    )


@router.get("/new")
async def show_new(request: Request, viewer: SignedIn) -> Response:
    """Show the form to make a key."""
    return await _show_new(request, viewer, given={})


@router.post("/new")
async def make(request: Request, viewer: SignedIn) -> Response:
    """Make a key, and show it this once."""
    form = await request.form()
    body = {
        **read_grant(form),
        "name": text(form, "name") or "",
        "scopes": texts(form, "scopes") or None,
        "expires_in_days": whole(text(form, "expires_in_days")),
    }
    try:
        made = await viewer.api.write("POST", "/keys", body)
    except ApiProblem as refused:
        given = {**typed(form, KEPT), "scopes": texts(form, "scopes")}
        return await _show_new(request, viewer, given=given, refused=refused)
    return page(request, "admin/new_key_made.html", viewer=viewer, key=made)


@router.get("/{prefix}")
async def show(request: Request, viewer: SignedIn, prefix: str) -> Response:
    """Show what is known of a key, and how to end it."""
    return await _show(request, viewer, prefix)


@router.post("/{prefix}/rotate")
async def rotate(request: Request, viewer: SignedIn, prefix: str) -> Response:
    """Make a key that takes another one's place, and show it this once."""
    overlap_s = seconds(text(await request.form(), "overlap_h"))
    path, body = path_of("keys", prefix, "rotate"), {"overlap_s": overlap_s}
    try:
        made = await viewer.api.write("POST", path, body)
    except ApiProblem as refused:
        return await _show(request, viewer, prefix, refused=refused)
    return page(request, "admin/new_key_made.html", viewer=viewer, key=made)


@router.post("/{prefix}/revoke")
async def revoke(request: Request, viewer: SignedIn, prefix: str) -> Response:
    """End a key for good."""
    try:
        await viewer.api.write("POST", path_of("keys", prefix, "revoke"))
    except ApiProblem as refused:
        return await _show(request, viewer, prefix, refused=refused)
    return RedirectResponse(f"{PREFIX}/{prefix}", 303)


async def _show(
    request: Request,
    viewer: Viewer,
    prefix: str,
    *,
    refused: ApiProblem | None = None,
) -> Response:
    key = await viewer.api.read(path_of("keys", prefix))
    brands = await read_brands(viewer)
    return form_page(
        request,
        "admin/key.html",
        viewer=viewer,
        refused=refused,
        key=key,
        brand_names={each["id"]: each["name"] for each in brands},
        default_overlap_h=DEFAULT_OVERLAP_H,
        max_overlap_h=MAX_OVERLAP_H,
    )


async def _show_new(
    request: Request,
    viewer: Viewer,
    *,
    given: Mapping[str, object],
    refused: ApiProblem | None = None,
) -> Response:
    return form_page(
        request,
        "admin/new_key.html",
        viewer=viewer,
        refused=refused,
        choices=await read_choices(viewer),
        given=given,
        can_write=True,
    )

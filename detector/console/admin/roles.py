"""Pages of roles: what each allows, and how to change that."""

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.form_page import form_page
from detector.console.brand.form_fields import texts
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/roles"

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(request: Request, viewer: SignedIn) -> Response:
    """Show what each role allows."""
    roles = (await viewer.api.read("/roles"))["items"]
    capabilities = {name for each in roles for name in each["capabilities"]}
    return page(
        request,
        "admin/roles.html",
        viewer=viewer,
        roles=roles,
        capabilities=sorted(capabilities),
    )


@router.get("/{role}")
async def show(request: Request, viewer: SignedIn, role: str) -> Response:
    """Show what a role allows, to be changed by whoever may."""
    return await _show(request, viewer, role)


@router.post("/{role}")
async def change(request: Request, viewer: SignedIn, role: str) -> Response:
    """Say what a role allows."""
    chosen = texts(await request.form(), "capabilities")
    body = {"capabilities": chosen}
    try:
        await viewer.api.write("PUT", path_of("roles", role), body)
    except ApiProblem as refused:
        return await _show(request, viewer, role, chosen=chosen, refused=refused)
    return RedirectResponse(PREFIX, 303)


async def _show(
    request: Request,
    viewer: Viewer,
    role: str,
    *,
    chosen: list[str] | None = None,
    refused: ApiProblem | None = None,
) -> Response:
    known = await viewer.api.read(path_of("roles", role))
    return form_page(
        request,
        "admin/role.html",
        viewer=viewer,
        refused=refused,
        role=known,
        chosen=known["capabilities"] if chosen is None else chosen,
        capabilities=sorted(viewer.capabilities.union(known["capabilities"])),
        can_write=viewer.may("roles:manage"),
    )

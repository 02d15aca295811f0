"""Pages of users: people with a role; a brand's admin sees those of the brand."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.admin.form_page import form_page
from detector.console.admin.grants import read_brands, read_choices, read_grant
from detector.console.brand.form_fields import text, typed
from detector.console.brand.own_brand import more_path
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/users"
KEPT = ("email", "name", "role", "brand_id", "marketplace")

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(request: Request, viewer: SignedIn, cursor: str = "") -> Response:
    """List the users."""
    found = await viewer.api.read("/users", cursor=cursor, limit=100)
    brands = await read_brands(viewer)
    return page(
        request,
        "admin/users.html",
        viewer=viewer,
        users=found["items"],
        brand_names={each["id"]: each["name"] for each in brands},
        more=more_path(request, found["next_cursor"]),
    )


@router.get("/new")
async def show_new(request: Request, viewer: SignedIn) -> Response:
    """Show the form to add somebody."""
    return await _show_new(request, viewer, given={})


@router.post("/new")
async def add(request: Request, viewer: SignedIn) -> Response:
    """Add somebody."""
    form = await request.form()
    body = {
        **read_grant(form),
        "email": text(form, "email") or "",
        "name": text(form, "name") or "",
        "password": _password(form.get("password")),
    }
    try:
        await viewer.api.write("POST", "/users", body)
    except ApiProblem as refused:
        return await _show_new(
            request, viewer, given=typed(form, KEPT), refused=refused
        )
    return RedirectResponse(PREFIX, 303)


@router.get("/{user_id}")
async def show(request: Request, viewer: SignedIn, user_id: str) -> Response:
    """Show somebody, and what can be changed of them."""
    return await _show(request, viewer, user_id)


@router.post("/{user_id}")
async def change(request: Request, viewer: SignedIn, user_id: str) -> Response:
    """Change somebody's name or role."""
    form = await request.form()
    body = {"name": text(form, "name") or "", "role": text(form, "role")}
    return await _write(request, viewer, user_id, ("PATCH", "", body))


@router.post("/{user_id}/state")
async def set_state(request: Request, viewer: SignedIn, user_id: str) -> Response:
    """Disable somebody, or enable them again."""
    body = {"state": text(await request.form(), "state")}
    return await _write(request, viewer, user_id, ("PATCH", "", body))


@router.post("/{user_id}/password")
async def reset_password(request: Request, viewer: SignedIn, user_id: str) -> Response:
    """Give somebody another password."""
    body = {"password": _password((await request.form()).get("password"))}
    return await _write(request, viewer, user_id, ("PUT", "/password", body))


async def _write(
    request: Request,
    viewer: Viewer,
    user_id: str,
    order: tuple[str, str, Mapping[str, object]],
) -> Response:
    method, part, body = order
    try:
        await viewer.api.write(method, f"{path_of('users', user_id)}{part}", body)
    except ApiProblem as refused:
        return await _show(request, viewer, user_id, refused=refused)
    return RedirectResponse(f"{PREFIX}/{user_id}?done=yes", 303)


async def _show_new(
    request: Request,
    viewer: Viewer,
    *,
    given: Mapping[str, str],
    refused: ApiProblem | None = None,
) -> Response:
    return form_page(
        request,
        "admin/new_user.html",
        viewer=viewer,
        refused=refused,
        choices=await read_choices(viewer),
        given=given,
        can_write=True,
    )


async def _show(
    request: Request,
    viewer: Viewer,
    user_id: str,
    *,
    refused: ApiProblem | None = None,
) -> Response:
    user = await viewer.api.read(path_of("users", user_id))
    choices = await read_choices(viewer)
    roles = {each["role"]: each for each in choices.roles}
    reach = await viewer.api.read(path_of("roles", user["role"]))
    return form_page(
        request,
        "admin/user.html",
        viewer=viewer,
        refused=refused,
        user=user,
        # Whoever may do more than the viewer is not theirs to change.
        can_write=user["role"] in roles,
        is_self=viewer.id == f"user:{user['id']}",
        roles=[each for each in roles if roles[each]["reach"] == reach["reach"]],
        brand_names={each["id"]: each["name"] for each in choices.brands},
        given=user,
        is_done="done" in request.query_params,
    )


def _password(value: object) -> str:
    """Read a password as it was typed: blanks belong to it."""
    return value if isinstance(value, str) else ""

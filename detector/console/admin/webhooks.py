"""Pages of webhooks: where events are sent to, and what became of each."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from detector.console.admin.form_page import form_page
from detector.console.admin.typed_values import (
    DEFAULT_OVERLAP_H,
    MAX_OVERLAP_H,
    moment,
    seconds,
)
from detector.console.brand.form_fields import text, texts, typed
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/webhooks"
LOG_SIZE = 50

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(request: Request, viewer: SignedIn) -> Response:
    """List the webhooks of the viewer's brand or marketplace, or of the platform."""
    found = await viewer.api.read("/webhooks", limit=200)
    return page(request, "admin/webhooks.html", viewer=viewer, webhooks=found["items"])


@router.get("/new")
async def show_new(request: Request, viewer: SignedIn) -> Response:
    """Show the form to add a webhook."""
    return await _show_new(request, viewer, given={})


@router.post("/new")
async def add(request: Request, viewer: SignedIn) -> Response:
    """Add a webhook, and show its secret this once."""
    form = await request.form()
    try:
        made = await viewer.api.write("POST", "/webhooks", _read_form(form))
    except ApiProblem as refused:
        given = {**typed(form, ("url", "description")), "types": texts(form, "types")}
        return await _show_new(request, viewer, given=given, refused=refused)
    return page(request, "admin/new_secret.html", viewer=viewer, webhook=made)


@router.get("/{webhook_id}")
async def show(
    request: Request,
    viewer: SignedIn,
    webhook_id: str,
    state: str = "",
    cursor: str = "",
) -> Response:
    """Show a webhook with its delivery log, the newest first."""
    return await _show(request, viewer, webhook_id, state=state, cursor=cursor)


@router.get("/{webhook_id}/deliveries")
async def show_log(
    request: Request,
    viewer: SignedIn,
    webhook_id: str,
    state: str = "",
    cursor: str = "",
) -> Response:
    """Show the delivery log alone, for a page that waits for what is on its way."""
    log = await _read_log(viewer, webhook_id, state=state, cursor=cursor)
    return page(request, "admin/deliveries.html", viewer=viewer, **log)


@router.post("/{webhook_id}")
async def change(request: Request, viewer: SignedIn, webhook_id: str) -> Response:
    """Change where to, what or why."""
    form = await request.form()
    body = _read_form(form)
    return await _write(request, viewer, webhook_id, ("PATCH", "", body), given=body)


@router.post("/{webhook_id}/state")
async def set_state(request: Request, viewer: SignedIn, webhook_id: str) -> Response:
    """Disable a webhook, or enable it again."""
    body = {"state": text(await request.form(), "state")}
    return await _write(request, viewer, webhook_id, ("PATCH", "", body))


@router.post("/{webhook_id}/test")
async def test(request: Request, viewer: SignedIn, webhook_id: str) -> Response:
    """Send an event that means nothing."""
    return await _write(request, viewer, webhook_id, ("POST", "/test", None))


@router.post("/{webhook_id}/replay")
async def replay(request: Request, viewer: SignedIn, webhook_id: str) -> Response:
    """Send the events of a time again."""
    form = await request.form()
    body: dict[str, object] = {"types": texts(form, "types")}
    body |= {
        name: value
        for name in ("since", "until")
        if (value := moment(text(form, name))) is not None
    }
    return await _write(request, viewer, webhook_id, ("POST", "/replay", body))


@router.post("/{webhook_id}/deliveries/{delivery_id}/retry")
async def retry(
    request: Request, viewer: SignedIn, webhook_id: str, delivery_id: str
) -> Response:
    """Send an event again at once."""
    part = path_of("deliveries", delivery_id, "retry")
    return await _write(request, viewer, webhook_id, ("POST", part, None))


@router.post("/{webhook_id}/rotate-secret")
async def rotate(request: Request, viewer: SignedIn, webhook_id: str) -> Response:
    """Make a new secret, and show it this once."""
    overlap_s = seconds(text(await request.form(), "overlap_h"))
    path = path_of("webhooks", webhook_id, "rotate-secret")
    try:
        made = await viewer.api.write("POST", path, {"overlap_s": overlap_s})
    except ApiProblem as refused:
        return await _show(request, viewer, webhook_id, refused=refused)
    return page(request, "admin/new_secret.html", viewer=viewer, webhook=made)


@router.post("/{webhook_id}/remove")
async def remove(viewer: SignedIn, webhook_id: str) -> Response:
    """Remove a webhook with its log."""
    await viewer.api.write("DELETE", path_of("webhooks", webhook_id))
    return RedirectResponse(PREFIX, 303)


async def _write(
    request: Request,
    viewer: Viewer,
    webhook_id: str,
    order: tuple[str, str, Mapping[str, object] | None],
    *,
    given: Mapping[str, object] | None = None,
) -> Response:
    method, part, body = order
    try:
        path = f"{path_of('webhooks', webhook_id)}{part}"
        await viewer.api.write(method, path, body)
    except ApiProblem as refused:
        return await _show(request, viewer, webhook_id, given=given, refused=refused)
    return RedirectResponse(f"{PREFIX}/{webhook_id}#log", 303)


async def _show_new(
    request: Request,
    viewer: Viewer,
    *,
    given: Mapping[str, object],
    refused: ApiProblem | None = None,
) -> Response:
    return form_page(
        request,
        "admin/new_webhook.html",
        viewer=viewer,
        refused=refused,
        types=await _read_types(viewer),
        given=given,
        can_write=True,
    )


async def _show(
    request: Request,
    viewer: Viewer,
    webhook_id: str,
    *,
    state: str = "",
    cursor: str = "",
    given: Mapping[str, object] | None = None,
    refused: ApiProblem | None = None,
) -> Response:
    webhook = await viewer.api.read(path_of("webhooks", webhook_id))
    log = await _read_log(viewer, webhook_id, state=state, cursor=cursor)
    return form_page(
        request,
        "admin/webhook.html",
        viewer=viewer,
        refused=refused,
        webhook=webhook,
        types=await _read_types(viewer),
        given=webhook if given is None else given,
        can_write=True,
        is_changing=given is not None,
        is_paused=_is_ahead(webhook["paused_until"]),
        default_overlap_h=DEFAULT_OVERLAP_H,
        max_overlap_h=MAX_OVERLAP_H,
        **log,
    )


async def _read_log(
    viewer: Viewer, webhook_id: str, *, state: str, cursor: str
) -> dict[str, Answer]:
    found = await viewer.api.read(
        path_of("webhooks", webhook_id, "deliveries"),
        state=state,
        cursor=cursor,
        newest_first=True,
        limit=LOG_SIZE,
    )
    return {
        "webhook_id": webhook_id,
        "deliveries": found["items"],
        "next_cursor": found["next_cursor"],
        "cursor": cursor,
        "log_state": state,
    }


async def _read_types(viewer: Viewer) -> list[str]:
    """Read which events the viewer's webhooks can be sent, if they may know."""
    if not viewer.may("events:read"):
        return []
    found: list[Answer] = (await viewer.api.read("/event-types"))["items"]
    return [each["type"] for each in found]


def _is_ahead(moment: str | None) -> bool:
    return moment is not None and datetime.fromisoformat(moment) > datetime.now(UTC)


def _read_form(form: FormData) -> dict[str, object]:
    return {
        "url": text(form, "url") or "",
        "types": texts(form, "types"),
        "description": text(form, "description"),
    }

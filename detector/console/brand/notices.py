"""Pages of notices: what a brand claims of listings, and what became of it."""

import asyncio

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from detector.console.brand.form_fields import countries, text, texts, typed
from detector.console.brand.listing_lines import read_lines, write_lines
from detector.console.brand.own_brand import brand_asked_for, more_path
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/notices"
CONTACT = ("address", "phone", "signature")
FIELDS = (
    "marketplace_id",
    "reason_code",
    "right_id",
    "listings",
    "explanation",
    "name",
    "email",
    "role",
    "external_id",
    "territories",
    "message_to_seller",
    "discloses_identity",
    *CONTACT,
)
Given = dict[str, object]

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(
    request: Request,
    viewer: SignedIn,
    state: str = "",
    brand_id: str = "",
    cursor: str = "",
) -> Response:
    """List notices, the newest first."""
    found = await viewer.api.read(
        "/notices", state=state, brand_id=brand_id, cursor=cursor, newest_first=True
    )
    return page(
        request,
        "brand/notices.html",
        viewer=viewer,
        notices=found["items"],
        state=state,
        brand_id=brand_id,
        brand=await brand_asked_for(viewer, brand_id),
        can_give=_can_give(viewer),
        more=more_path(request, found["next_cursor"]),
    )


@router.get("/new")
async def show_new(request: Request, viewer: SignedIn) -> Response:
    """Show the form to give notice with."""
    return await _show_form(request, viewer, given={"name": viewer.name})


@router.post("/new")
async def give(request: Request, viewer: SignedIn) -> Response:
    """Give notice; the receipt says whether anything is missing."""
    return await _send(request, viewer, notice=None)


@router.get("/{notice_id}")
async def show(request: Request, viewer: SignedIn, notice_id: str) -> Response:
    """Show a notice: its receipt, and what became of each listing."""
    notice = await viewer.api.read(path_of("notices", notice_id))
    right = await _right_of(viewer, notice)
    return page(
        request,
        "brand/notice.html",
        viewer=viewer,
        notice=notice,
        reasons=await _reasons(viewer),
        right=right,
        can_change=_can_give(viewer) and viewer.brand_id == notice["brand_id"],
    )


@router.get("/{notice_id}/complete")
async def show_incomplete(
    request: Request, viewer: SignedIn, notice_id: str
) -> Response:
    """Show the form again, with what is there and what is missing."""
    notice = await viewer.api.read(path_of("notices", notice_id))
    if notice["state"] != "incomplete":
        return RedirectResponse(f"{PREFIX}/{notice_id}", 303)
    return await _show_form(request, viewer, given=_given_of(notice), notice=notice)


@router.post("/{notice_id}/complete")
async def complete(request: Request, viewer: SignedIn, notice_id: str) -> Response:
    """Send an incomplete notice again."""
    notice = await viewer.api.read(path_of("notices", notice_id))
    return await _send(request, viewer, notice=notice)


@router.get("/{notice_id}/withdraw")
async def ask_withdraw(request: Request, viewer: SignedIn, notice_id: str) -> Response:
    """Ask which listings are taken back, before any is."""
    notice = await viewer.api.read(path_of("notices", notice_id))
    return page(
        request, "brand/withdraw.html", viewer=viewer, notice=notice, problem=None
    )


@router.post("/{notice_id}/withdraw")
async def withdraw(request: Request, viewer: SignedIn, notice_id: str) -> Response:
    """Take back what was ticked."""
    listing_ids = texts(await request.form(), "listing_id")
    place = f"{PREFIX}/{notice_id}"
    if not listing_ids:
        # To the API, none named is all of them.
        return RedirectResponse(f"{place}/withdraw", 303)
    try:
        await viewer.api.write(
            "POST",
            path_of("notices", notice_id, "withdraw"),
            {"listing_ids": listing_ids},
        )
    except ApiProblem as refused:
        if refused.status == 404:
            raise
        return page(
            request,
            "brand/withdraw.html",
            viewer=viewer,
            status=refused.status,
            notice=await viewer.api.read(path_of("notices", notice_id)),
            problem=refused.problem,
        )
    return RedirectResponse(place, 303)


async def _send(request: Request, viewer: Viewer, notice: Answer | None) -> Response:
    form = await request.form()
    items, bad_lines = read_lines(text(form, "listings") or "")
    given: Given = {
        **typed(form, FIELDS),
        "signed": texts(form, "signed"),
        "evidence": _evidence(form),
    }
    if bad_lines:
        return await _show_form(
            request,
            viewer,
            given=given,
            notice=notice,
            bad_lines=bad_lines,
            status=422,
        )
    body = {**_body(form), "items": [item.as_json() for item in items]}
    method, path = "POST", PREFIX
    if notice is not None:
        method, path = "PUT", path_of("notices", notice["notice_id"])
    try:
        answer = await viewer.api.write(method, path, body)
    except ApiProblem as refused:
        if refused.status in (403, 404):
            raise
        return await _show_form(
            request,
            viewer,
            given=given,
            notice=notice,
            problem=refused.problem,
            status=refused.status,
        )
    return RedirectResponse(f"{PREFIX}/{answer['notice_id']}", 303)


def _body(form: FormData) -> Given:
    """Read the form as the API takes a notice, without its listings."""
    return {
        "marketplace_id": text(form, "marketplace_id"),
        "reason_code": text(form, "reason_code"),
        "right_id": text(form, "right_id"),
        "explanation": text(form, "explanation"),
        "notifier": {
            "name": text(form, "name"),
            "email": text(form, "email"),
            "role": text(form, "role") or "owner",
        },
        "contact": {name: text(form, name) for name in CONTACT},
        "evidence": _evidence(form),
        "signed": texts(form, "signed"),
        "territories": countries(form, "territories"),
        "message_to_seller": text(form, "message_to_seller"),
        "discloses_identity": text(form, "discloses_identity") is not None,
        "external_id": text(form, "external_id"),
    }


def _given_of(notice: Answer) -> Given:
    """Fill the form with a notice."""
    return {
        **{
            name: notice[name] or ""
            for name in (
                "marketplace_id",
                "reason_code",
                "right_id",
                "explanation",
                "external_id",
                "message_to_seller",
            )
        },
        **(notice["notifier"] or {}),
        **(notice["contact"] or {}),
        "listings": write_lines(notice["items"]),
        "territories": ", ".join(notice["territories"]),
        "discloses_identity": "yes" if notice["discloses_identity"] else "",
        "signed": notice["signed"],
        "evidence": notice["evidence"],
    }


def _evidence(form: FormData) -> list[dict[str, str]]:
    """Read what else shows it; rows without words are left out."""
    kinds, references = texts(form, "kind"), texts(form, "reference")
    return [
        {"kind": kind, "reference": reference.strip()}
        for kind, reference in zip(kinds, references, strict=False)
        if reference.strip()
    ]


async def _show_form(
    request: Request,
    viewer: Viewer,
    *,
    given: Given,
    notice: Answer | None = None,
    problem: object = None,
    bad_lines: object = (),
    status: int = 200,
) -> Response:
    """Show the form to give notice with, or to complete it; only brands give any."""
    brand_id = viewer.brand_id
    if brand_id is None:
        return RedirectResponse(PREFIX, 303)
    reasons, rights, declarations = await asyncio.gather(
        viewer.api.read("/reason-codes"),
        viewer.api.read(path_of("brands", brand_id, "rights"), limit=200),
        viewer.api.read("/declarations"),
    )
    in_force = [each for each in rights["items"] if each["effective_state"] == "active"]
    return page(
        request,
        "brand/notice_form.html",
        viewer=viewer,
        status=status,
        reasons=[each for each in reasons["items"] if each["kind"] == "restrict"],
        in_force=in_force,
        not_in_force=[each for each in rights["items"] if each not in in_force],
        declarations=declarations,
        notice=notice,
        given=given,
        problem=problem,
        bad_lines=bad_lines,
    )


async def _reasons(viewer: Viewer) -> dict[str, str]:
    found = await viewer.api.read("/reason-codes")
    return {each["code"]: each["says"] for each in found["items"]}


async def _right_of(viewer: Viewer, notice: Answer) -> Answer | None:
    """Read the right that a notice rests on; None if it is gone, or not to be seen."""
    if notice["right_id"] is None or not viewer.may("rights:read"):
        return None
    try:
        return await viewer.api.read(
            path_of("brands", notice["brand_id"], "rights", notice["right_id"])
        )
    except ApiProblem as problem:
        if problem.status == 404:
            return None
        raise


def _can_give(viewer: Viewer) -> bool:
    return viewer.may("notices:write") and viewer.brand_id is not None

"""Pages of decisions on many cases at once: preview, result, one undo."""

import asyncio

from fastapi import APIRouter, Form, Request, Response
from starlette.datastructures import FormData

from detector.console.admin.typed_values import whole
from detector.console.brand.form_fields import text
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.review.decision_bar import read_reasons, read_rights
from detector.console.viewer import SignedIn, Viewer

router = APIRouter(prefix="/bulk", include_in_schema=False)


@router.get("")
async def preview(
    request: Request, viewer: SignedIn, case_id: str, by: str = "cluster"
) -> Response:
    """Show every case that a decision would reach."""
    return await _show(request, viewer, case_id, by)


@router.post("")
async def decide(request: Request, viewer: SignedIn) -> Response:
    """Decide what is still ticked; refused, show it all again with what was typed."""
    form = await request.form()
    case_id, by = str(form.get("case_id", "")), str(form.get("by", "cluster"))
    kept = set(_all(form, "keep"))
    seen = [each.rpartition(":") for each in _all(form, "case")]
    body = {
        "case_id": case_id,
        "by": by,
        "kind": text(form, "kind"),
        "reason_code": text(form, "reason_code") or "",
        "right_id": text(form, "right_id"),
        "note": text(form, "note"),
        "cases": [{"case_id": id, "version": whole(each)} for id, _, each in seen],
        "exceptions": [each for each in _all(form, "listing") if each not in kept],
    }
    try:
        done = await viewer.api.write("POST", "/cases/bulk-decisions", body)
    except ApiProblem as refused:
        return await _show(request, viewer, case_id, by, refused=refused, form=form)
    return await _show_result(request, viewer, done, case_id=case_id, by=by)


@router.post("/{batch_id}/undo")
async def undo(
    request: Request,
    viewer: SignedIn,
    batch_id: str,
    case_id: str = Form(),
    by: str = Form(),
) -> Response:
    """Take a whole batch back."""
    path = path_of("cases", "bulk-decisions", batch_id, "undo")
    done = await viewer.api.write("POST", path)
    return page(
        request,
        "review/bulk_result.html",
        viewer=viewer,
        batch=done,
        is_undone=True,
        undo_until=None,
        case_id=case_id,
        by=by,
    )


async def _show(
    request: Request,
    viewer: Viewer,
    case_id: str,
    by: str,
    *,
    refused: ApiProblem | None = None,
    form: FormData | None = None,
) -> Response:
    case = await viewer.api.read(path_of("cases", case_id))
    wanted = {"case_id": case_id, "by": by}
    found, reasons, rights = await asyncio.gather(
        viewer.api.write("POST", "/cases/bulk-preview", wanted),
        read_reasons(viewer),
        read_rights(viewer, case["brand"]["id"]),
    )
    return page(
        request,
        "review/bulk.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        problem=None if refused is None else refused.problem,
        case=case,
        by=by,
        preview=found,
        left_out=set() if form is None else _left_out(form),
        typed=form or {},
        reasons=reasons,
        rights=rights,
    )


async def _show_result(
    request: Request, viewer: Viewer, batch: Answer, *, case_id: str, by: str
) -> Response:
    done = [each["case_id"] for each in batch["outcomes"] if each["decision_id"]]
    undo_until = None
    if done:
        decision = (await viewer.api.read(path_of("cases", done[0])))["decision"]
        undo_until = None if decision is None else decision["undo_until"]
    return page(
        request,
        "review/bulk_result.html",
        viewer=viewer,
        batch=batch,
        is_undone=False,
        undo_until=undo_until,
        case_id=case_id,
        by=by,
    )


def _left_out(form: FormData) -> set[str]:
    return set(_all(form, "listing")) - set(_all(form, "keep"))


def _all(form: FormData, name: str) -> list[str]:
    return [str(each) for each in form.getlist(name)]

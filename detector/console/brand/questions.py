"""Pages of what a brand is asked, and of what it answers."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.console.brand.form_fields import text, texts, typed
from detector.console.brand.own_brand import brand_asked_for, more_path
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PREFIX = "/questions"
FIELDS = ("answer", "explanation", "reason_code", "right_id")

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@router.get("")
async def show_list(
    request: Request,
    viewer: SignedIn,
    state: str = "open",
    brand_id: str = "",
    cursor: str = "",
) -> Response:
    """List what waits for an answer, the first deadline first, or what was asked."""
    found = await viewer.api.read(
        "/brand-questions", state=state, brand_id=brand_id, cursor=cursor
    )
    return page(
        request,
        "brand/questions.html",
        viewer=viewer,
        questions=found["items"],
        state=state,
        brand_id=brand_id,
        brand=await brand_asked_for(viewer, brand_id),
        more=more_path(request, found["next_cursor"]),
    )


@router.get("/{question_id}")
async def show(request: Request, viewer: SignedIn, question_id: str) -> Response:
    """Show a question with its pictures, and take the answer."""
    question = await viewer.api.read(path_of("brand-questions", question_id))
    return await _show(request, viewer, question, given={}, problem=None)


@router.post("/{question_id}")
async def answer(request: Request, viewer: SignedIn, question_id: str) -> Response:
    """Send the answer; it cannot be taken back."""
    form = await request.form()
    body: dict[str, object] = {
        "answer": text(form, "answer"),
        "explanation": text(form, "explanation"),
        "signed": texts(form, "signed"),
    }
    if text(form, "acts") is not None:
        body["act_on"] = {
            "reason_code": text(form, "reason_code"),
            "right_id": text(form, "right_id"),
        }
    path = path_of("brand-questions", question_id, "answer")
    try:
        await viewer.api.write("POST", path, body)
    except ApiProblem as refused:
        question = await viewer.api.read(path_of("brand-questions", question_id))
        given = {**typed(form, FIELDS), "signed": texts(form, "signed")}
        if text(form, "acts") is not None:
            given["acts"] = "yes"
        return await _show(
            request,
            viewer,
            question,
            given=given,
            problem=refused.problem,
            status=refused.status,
        )
    return RedirectResponse(f"{PREFIX}/{question_id}", 303)


async def _show(
    request: Request,
    viewer: Viewer,
    question: Answer,
    *,
    given: Mapping[str, object],
    problem: object,
    status: int = 200,
) -> Response:
    brand_id = question["brand"]["id"]
    can_answer = (
        question["state"] == "open"
        and viewer.may("questions:answer")
        and viewer.brand_id == brand_id
    )
    case, declarations = await asyncio.gather(
        viewer.api.read(path_of("cases", question["case_id"])),
        viewer.api.read("/declarations"),
    )
    acting = await _ways_to_act(viewer, brand_id) if can_answer else None
    return page(
        request,
        "brand/question.html",
        viewer=viewer,
        status=status,
        question=question,
        case=case,
        declarations=declarations,
        can_answer=can_answer,
        acting=acting,
        given=given,
        problem=problem,
    )


async def _ways_to_act(viewer: Viewer, brand_id: str) -> Answer | None:
    """Find what an answer can lead to by itself; None where a brand is not trusted."""
    if not (viewer.may("standing:read") and viewer.may("rights:read")):
        return None
    standing = await viewer.api.read(path_of("brands", brand_id, "standing"))
    if standing["tier"] != "good_faith":
        return None
    reasons, rights = await asyncio.gather(
        viewer.api.read("/reason-codes"),
        viewer.api.read(
            path_of("brands", brand_id, "rights"), effective_state="active", limit=200
        ),
    )
    return {
        "reasons": [each for each in reasons["items"] if each["kind"] == "restrict"],
        "rights": rights["items"],
    }

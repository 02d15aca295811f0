"""The form by which somebody says that a decision was wrong."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from detector.api.appeal_schemas import Document, Grounds
from detector.console.inner_api import ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

GROUNDS = Grounds.__args__  # type: ignore[attr-defined]
DOCUMENTS = Document.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
BY_BRANDS = ("notifier_complaint",)
BY_SELLERS = ("seller_complaint", "counter_notice")
NUM_DOCUMENTS = 3
"""Lines for documents in the form; the API takes more."""

router = APIRouter(prefix="/appeals/new", include_in_schema=False)


@router.get("")
async def show(request: Request, viewer: SignedIn, case_id: str = "") -> Response:
    """Show the form for a case."""
    return await _page(request, viewer, case_id)


@router.post("")
async def send(request: Request, viewer: SignedIn) -> Response:
    """Send the appeal; what is refused is told, and what was typed kept."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.items() if value}
    case_id = typed.get("case_id", "")
    contact = {name: typed[name] for name in ("name", "email") if name in typed}
    body = {
        "kind": typed.get("kind"),
        "grounds": typed.get("grounds"),
        "explanation": typed.get("explanation", ""),
        "documents": [
            {"kind": typed.get(f"kind_{i}"), "reference": typed[f"reference_{i}"]}
            for i in range(NUM_DOCUMENTS)
            if f"reference_{i}" in typed
        ],
        "signed": ["truth"] if "truth" in typed else [],
        "contact": contact,
    }
    path = path_of("cases", case_id, "appeals")
    try:
        made = await viewer.api.write("POST", path, body)
    except ApiProblem as refused:
        return await _page(request, viewer, case_id, refused=refused, typed=typed)
    return RedirectResponse(f"/appeals/{made['appeal_id']}", 303)


async def _page(
    request: Request,
    viewer: Viewer,
    case_id: str,
    *,
    refused: ApiProblem | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    case = await viewer.api.read(path_of("cases", case_id))
    return page(
        request,
        "appeals/new.html",
        viewer=viewer,
        status=refused.status if refused else 200,
        problem=refused.problem if refused else None,
        typed=typed or {},
        case=case,
        kinds=BY_SELLERS if viewer.brand_id is None else BY_BRANDS,
        grounds=GROUNDS,
        document_kinds=DOCUMENTS,
        num_documents=NUM_DOCUMENTS,
    )

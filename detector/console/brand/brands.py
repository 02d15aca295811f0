"""Pages of brands: which there are, and a new one."""

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from detector.console.inner_api import Answer, ApiProblem
from detector.console.rendering import page
from detector.console.viewer import SignedIn, Viewer

PAGE_SIZE = 100

router = APIRouter(prefix="/brands", include_in_schema=False)


@router.get("")
async def show(request: Request, viewer: SignedIn, cursor: str = "") -> Response:
    """List the brands that the viewer sees."""
    return await _render(request, viewer, cursor=cursor)


@router.post("")
async def add(request: Request, viewer: SignedIn, name: str = Form("")) -> Response:
    """Add a brand, and go on to its catalogue."""
    try:
        added = await viewer.api.write("POST", "/brands", {"name": name})
    except ApiProblem as refused:
        return await _render(request, viewer, name=name, refused=refused)
    return RedirectResponse(f"/catalogue/{added['id']}", 303)


async def _render(
    request: Request,
    viewer: Viewer,
    *,
    cursor: str = "",
    name: str = "",
    refused: ApiProblem | None = None,
) -> Response:
    brands: Answer = await viewer.api.read("/brands", limit=PAGE_SIZE, cursor=cursor)
    return page(
        request,
        "brand/brands.html",
        viewer=viewer,
        status=200 if refused is None else refused.status,
        brands=brands,
        name=name,
        problem=None if refused is None else refused.problem,
    )

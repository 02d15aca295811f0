"""Whose pages are shown: the viewer's own brand, or one that they have chosen."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from detector.console.inner_api import Answer, path_of
from detector.console.viewer import Viewer

CHOICE = "/brands"


async def brand_asked_for(viewer: Viewer, brand_id: str) -> Answer | None:
    """Read the brand that a list was asked for; None if it was asked for none."""
    if not brand_id or not viewer.may("brands:read"):
        return None
    return await read_brand(viewer, brand_id)


def lead_to_own(viewer: Viewer, place: str) -> Response:
    """Lead whoever is of a brand to its page, and others to where they choose one."""
    own = CHOICE if viewer.brand_id is None else f"{place}/{viewer.brand_id}"
    return RedirectResponse(own, 303)


async def read_brand(viewer: Viewer, brand_id: str) -> Answer:
    """Read a brand that the viewer sees.

    Raises:
        ApiProblem: there is none, or none that they see.
    """
    return await viewer.api.read(path_of("brands", brand_id))


def more_path(request: Request, cursor: str | None) -> str | None:
    """Write the path of a list's next page; None after the last."""
    if cursor is None:
        return None
    return f"{request.url.path}?{request.url.include_query_params(cursor=cursor).query}"

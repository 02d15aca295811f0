"""The page on which any picture is held against the catalogue; nothing is stored."""

from fastapi import APIRouter, Request, Response

from detector.console.rendering import page
from detector.console.viewer import SignedIn

router = APIRouter(prefix="/try", include_in_schema=False)


@router.get("")
async def show(request: Request, viewer: SignedIn) -> Response:
    """Show where to drop a picture; its script asks the API about it."""
    return page(request, "try.html", viewer=viewer)

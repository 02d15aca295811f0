"""The routes of a list that a brand keeps."""

from fastapi import APIRouter, Form, Request, Response

from detector.console.brand.kept_list import KeptList
from detector.console.brand.own_brand import lead_to_own
from detector.console.viewer import SignedIn


def make_router(kept: KeptList) -> APIRouter:
    """Make the routes of a list: to see it, to add, change and remove entries."""
    router = APIRouter(prefix=kept.place, include_in_schema=False)

    @router.get("")
    async def show_own(viewer: SignedIn) -> Response:
        return lead_to_own(viewer, kept.place)

    @router.get("/{brand_id}")
    async def show_list(request: Request, viewer: SignedIn, brand_id: str) -> Response:
        return await kept.show(request, viewer, brand_id)

    @router.post("/{brand_id}/file")
    async def take_file(request: Request, viewer: SignedIn, brand_id: str) -> Response:
        return await kept.take_file(request, viewer, brand_id)

    @router.get("/{brand_id}/new")
    async def show_new(request: Request, viewer: SignedIn, brand_id: str) -> Response:
        return await kept.show_form(request, viewer, brand_id)

    @router.post("/{brand_id}/new")
    async def add(request: Request, viewer: SignedIn, brand_id: str) -> Response:
        return await kept.save(request, viewer, brand_id, entry_id=None)

    @router.get("/{brand_id}/{entry_id}")
    async def show(
        request: Request, viewer: SignedIn, brand_id: str, entry_id: str
    ) -> Response:
        return await kept.show_form(request, viewer, brand_id, entry_id=entry_id)

    @router.post("/{brand_id}/{entry_id}")
    async def change(
        request: Request, viewer: SignedIn, brand_id: str, entry_id: str
    ) -> Response:
        return await kept.save(request, viewer, brand_id, entry_id=entry_id)

    @router.post("/{brand_id}/{entry_id}/state")
    async def set_state(
        viewer: SignedIn, brand_id: str, entry_id: str, state: str = Form()
    ) -> Response:
        return await kept.set_state(viewer, brand_id, entry_id, state=state)

    @router.post("/{brand_id}/{entry_id}/remove")
    async def remove(viewer: SignedIn, brand_id: str, entry_id: str) -> Response:
        return await kept.remove(viewer, brand_id, entry_id)

    return router

"""What pages of lists that a brand keeps have in common: tables, forms, files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request, Response
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from detector.console.brand.form_fields import file_bytes, text, typed
from detector.console.brand.own_brand import more_path, read_brand
from detector.console.inner_api import Answer, ApiProblem, path_of
from detector.console.rendering import page
from detector.console.viewer import Viewer

SOON_DAYS = 30
"""Entries that end so soon are marked."""
FILTERS = ("active", "not_yet_valid", "expired", "disabled")


@dataclass(frozen=True, slots=True)
class KeptList:
    """A list that a brand keeps, and what the API calls it.

    Attributes:
        place: of its pages, such as `/rights`.
        resource: of the API, below a brand.
        writes: the capability to change it.
        list_template: shows the list.
        form_template: shows an entry to be changed, or added.
        naming: fields that are given once, when an entry is added.
        columns: fields of the form.
        read_form: reads the form as the API takes an entry.
        fill_form: fills the form with an entry.
    """

    place: str
    resource: str
    writes: str
    list_template: str
    form_template: str
    naming: tuple[str, ...]
    columns: tuple[str, ...]
    read_form: Callable[[FormData], Mapping[str, object]]
    fill_form: Callable[[Answer], Mapping[str, str]]

    def path(self, brand_id: str, entry_id: str | None = None) -> str:
        """Write the path of the list, or of an entry, in the API."""
        place = ("brands", brand_id, self.resource)
        return path_of(*place) if entry_id is None else path_of(*place, entry_id)

    async def show(
        self,
        request: Request,
        viewer: Viewer,
        brand_id: str,
        *,
        problem: object = None,
        upload: object = None,
        is_dry_run: bool = False,
        status: int = 200,
    ) -> Response:
        """Show the list, as the query asks for it, and perhaps what a file did."""
        query = request.query_params
        standing, soon = query.get("standing", ""), query.get("soon", "")
        brand = await read_brand(viewer, brand_id)
        found = await viewer.api.read(
            self.path(brand_id),
            effective_state=standing,
            expiring_within_days=SOON_DAYS if soon else None,
            cursor=query.get("cursor"),
        )
        return page(
            request,
            self.list_template,
            viewer=viewer,
            status=status,
            brand=brand,
            place=self.place,
            file_path=f"/v1{self.path(brand_id)}/file",
            entries_found=found["items"],
            more=more_path(request, found["next_cursor"]),
            standing=standing,
            soon=soon,
            soon_days=SOON_DAYS,
            filters=FILTERS,
            can_write=viewer.may(self.writes),
            problem=problem,
            upload=upload,
            is_dry_run=is_dry_run,
        )

    async def take_file(
        self, request: Request, viewer: Viewer, brand_id: str
    ) -> Response:
        """Take a CSV, and show what it changed and what is wrong with it."""
        form = await request.form()
        data = await file_bytes(form, "file")
        if data is None:
            return RedirectResponse(f"{self.place}/{brand_id}", 303)
        is_dry_run = text(form, "dry_run") is not None
        try:
            upload = await viewer.api.send_file(
                "PUT",
                f"{self.path(brand_id)}/file",
                data=data,
                query={"dry_run": is_dry_run},
            )
        except ApiProblem as refused:
            if refused.status in (403, 404):
                raise
            return await self.show(
                request,
                viewer,
                brand_id,
                problem=refused.problem,
                status=refused.status,
            )
        return await self.show(
            request, viewer, brand_id, upload=upload, is_dry_run=is_dry_run
        )

    async def show_form(
        self,
        request: Request,
        viewer: Viewer,
        brand_id: str,
        *,
        entry_id: str | None = None,
        given: Mapping[str, str] | None = None,
        problem: object = None,
        status: int = 200,
    ) -> Response:
        """Show an entry, or the form of a new one, perhaps with what was typed."""
        entry = None
        if entry_id is not None:
            entry = await viewer.api.read(self.path(brand_id, entry_id))
            given = self.fill_form(entry) if given is None else given
        return page(
            request,
            self.form_template,
            viewer=viewer,
            status=status,
            brand=await read_brand(viewer, brand_id),
            place=self.place,
            entry=entry,
            given=given or {},
            can_write=viewer.may(self.writes),
            problem=problem,
        )

    async def save(
        self, request: Request, viewer: Viewer, brand_id: str, *, entry_id: str | None
    ) -> Response:
        """Add an entry, or change one; what is refused is shown with what was typed."""
        form = await request.form()
        fields = dict(self.read_form(form))
        method = "POST"
        if entry_id is not None:
            method = "PATCH"
            fields = {k: v for k, v in fields.items() if k not in self.naming}
        try:
            await viewer.api.write(method, self.path(brand_id, entry_id), fields)
        except ApiProblem as refused:
            if refused.status in (403, 404):
                raise
            return await self.show_form(
                request,
                viewer,
                brand_id,
                entry_id=entry_id,
                given=typed(form, self.columns),
                problem=refused.problem,
                status=refused.status,
            )
        return RedirectResponse(f"{self.place}/{brand_id}", 303)

    async def set_state(
        self, viewer: Viewer, brand_id: str, entry_id: str, *, state: str
    ) -> Response:
        """Disable an entry, or enable it again."""
        await viewer.api.write("PATCH", self.path(brand_id, entry_id), {"state": state})
        return RedirectResponse(f"{self.place}/{brand_id}/{entry_id}", 303)

    async def remove(self, viewer: Viewer, brand_id: str, entry_id: str) -> Response:
        """Remove an entry."""
        await viewer.api.write("DELETE", self.path(brand_id, entry_id))
        return RedirectResponse(f"{self.place}/{brand_id}", 303)

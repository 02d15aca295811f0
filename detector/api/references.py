"""Routes of a brand's references: the pictures that listings are held against."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.catalogue_schemas import (
    ReferenceAnswer,
    ReferenceChange,
    ReferenceOptions,
)
from detector.api.match import FILE
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.api.shown_picture import Width, picture_response, reduced
from detector.catalogue import reference_list
from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import (
    remove_references,
    set_reference_state,
)
from detector.catalogue.reference_list import (
    ReferenceFilter,
    ReferenceView,
    find_reference,
    view_references,
)
from detector.store.tables import (
    ReferenceRow,
)

router = APIRouter(
    prefix="/v1/brands/{brand_id}/references",
    tags=["references"],
    dependencies=[with_key],
)

Reader = Annotated[Principal, Depends(needs(Capability.CATALOGUE_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.CATALOGUE_WRITE))]


def as_answer(view: ReferenceView) -> ReferenceAnswer:
    """Show a reference."""
    row, image = view.row, view.image
    return ReferenceAnswer.model_validate(
        {
            "id": row.id,
            "external_id": row.external_id,
            "product_ids": list(view.product_ids),
            "sha256": image.sha256,
            "width": image.width,
            "height": image.height,
            "role": row.role,
            "image_rights": row.image_rights,
            "state": row.state,
            "expires_at": row.expires_at,
            "created_at": row.created_at,
            "updated_at": row.updated_at,
        }
    )


@router.get("", operation_id="list_references")
def list_references(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: str,
    options: Annotated[ReferenceOptions, Query()],
) -> Page[ReferenceAnswer]:
    """List a brand's references."""
    wanted = ReferenceFilter(
        options.state,
        options.role,
        options.product_id,
        options.updated_since,
        options.q,
    )
    with service_of(request).store.database.read() as session:
        rows, next_cursor = reference_list.list_references(
            session,
            brand_id=brand_id,
            wanted=wanted,
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_answer(view) for view in view_references(session, rows)]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{reference_id}", operation_id="show_reference")
def show_reference(
    request: Request, caller: Reader, brand_id: str, reference_id: str
) -> ReferenceAnswer:
    """Show a reference."""
    with service_of(request).store.database.read() as session:
        row = find_reference(session, brand_id=brand_id, row_id=reference_id)
        return as_answer(view_references(session, [row])[0])


@router.get(
    "/{reference_id}/image",
    operation_id="show_reference_image",
    response_class=Response,
    responses={200: {"content": {"image/*": {"schema": FILE}}}},
)
def show_reference_image(
    request: Request,
    caller: Reader,
    brand_id: str,
    reference_id: str,
    width: Width = None,
) -> Response:
    """Send the picture as it was uploaded, or reduced for browsers."""
    service = service_of(request)
    store = service.store
    with store.database.read() as session:
        row = find_reference(session, brand_id=brand_id, row_id=reference_id)
        (view,) = view_references(session, [row])
    data = store.blobs.read(view.image.sha256)
    if width is None:
        return picture_response(data, f"image/{view.image.format.lower()}")
    shown = reduced(data, limits=service.limits, width=width)
    return picture_response(shown, "image/jpeg")


@router.patch("/{reference_id}", operation_id="change_reference")
def change_reference(
    request: Request,
    caller: Writer,
    brand_id: str,
    reference_id: str,
    change: ReferenceChange,
) -> ReferenceAnswer:
    """Disable a reference, enable it again, or let it expire; change what it shows."""
    given = change.model_dump(exclude_unset=True)
    with service_of(request).store.database.write() as session:
        log = ChangeLog(session)
        row = find_reference(session, brand_id=brand_id, row_id=reference_id)
        row.role = given.get("role") or row.role
        row.image_rights = given.get("image_rights") or row.image_rights
        if "state" in given or "expires_at" in given:
            expires_at: datetime | None = given.get("expires_at", row.expires_at)
            wanted = given.get("state") or _state_of(row, "expires_at" in given)
            set_reference_state(log, row, wanted, expires_at)
        session.flush()
        return as_answer(view_references(session, [row])[0])


def _state_of(row: ReferenceRow, has_new_end: bool) -> str:
    """Let an expired reference come back when its end is moved."""
    return "active" if row.state == "expired" and has_new_end else row.state


@router.delete("/{reference_id}", operation_id="delete_reference", status_code=204)
def delete_reference(
    request: Request, caller: Writer, brand_id: str, reference_id: str
) -> None:
    """Remove a reference; no match finds it any more."""
    with service_of(request).store.database.write() as session:
        log = ChangeLog(session)
        row = find_reference(session, brand_id=brand_id, row_id=reference_id)
        remove_references(session, log, [row.id])

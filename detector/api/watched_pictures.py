"""Routes of pictures that are to stay down."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.flag_schemas import (
    NewWatchedPicture,
    PictureId,
    WatchedOptions,
    WatchedPictureAnswer,
)
from detector.api.list_schemas import BrandId
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import service_of
from detector.listings.flags.stay_down import (
    add_watch,
    find_watch,
    list_watched,
    remove_watch,
)
from detector.store.listing_tables import WatchedPictureRow

PREFIX = "/v1/watched-pictures"

router = APIRouter(
    prefix=PREFIX,
    tags=["flags"],
    dependencies=[with_key],
    responses=problems({404: "No such brand or picture."}),
)

Watcher = Annotated[Principal, Depends(needs(Capability.PICTURES_WATCH))]


def as_answer(row: WatchedPictureRow) -> WatchedPictureAnswer:
    """Show a watched picture."""
    return WatchedPictureAnswer(
        sha256=row.picture_sha256,
        brand_id=row.brand_id,
        listing_id=row.listing_id,
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
    )


@router.post(
    "",
    operation_id="watch_picture",
    status_code=201,
    responses=problems({409: "The picture is watched for that brand already."}),
)
def watch(
    request: Request, response: Response, caller: Watcher, new: NewWatchedPicture
) -> WatchedPictureAnswer:
    """Watch a picture that a listing has shown: whoever shows it again is flagged."""
    with service_of(request).store.database.write() as session:
        row = add_watch(
            session,
            sha256=new.sha256,
            brand_id=new.brand_id,
            reason=new.reason,
            created_by=caller.id,
        )
        answer = as_answer(row)
    response.headers["Location"] = f"{PREFIX}/{new.brand_id}/{new.sha256}"
    return answer


@router.get("", operation_id="list_watched_pictures")
def list_page(
    request: Request,
    response: Response,
    caller: Watcher,
    options: Annotated[WatchedOptions, Query()],
) -> Page[WatchedPictureAnswer]:
    """List watched pictures, also those of listings that were taken down."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_watched(
            session,
            brand_id=options.brand_id,
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/{brand_id}/{sha256}", operation_id="show_watched_picture")
def show(
    request: Request, caller: Watcher, brand_id: BrandId, sha256: PictureId
) -> WatchedPictureAnswer:
    """Show why a picture is watched for a brand."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_watch(session, sha256=sha256, brand_id=brand_id))


@router.delete(
    "/{brand_id}/{sha256}", operation_id="stop_watching_picture", status_code=204
)
def stop(
    request: Request, caller: Watcher, brand_id: BrandId, sha256: PictureId
) -> None:
    """Watch a picture no longer; flags that it raised go with the next scan."""
    with service_of(request).store.database.write() as session:
        remove_watch(session, sha256=sha256, brand_id=brand_id)

"""Routes of imports: catalogue files go in, progress and problems come out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.responses import StreamingResponse

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.errors import InvalidRequest
from detector.api.import_schemas import ImportAnswer, ImportOptions, ImportProblem
from detector.api.match import FILE, body_of
from detector.api.pagination import Page, PageOptions, RecordOptions, link_to_next
from detector.api.permission import needs, with_key
from detector.api.service import Service, service_of
from detector.api.upload import ReceivedForm, receive_form, temporary_folder
from detector.catalogue import imports
from detector.catalogue.brands import find_brand
from detector.catalogue.formats.export import write_problems
from detector.catalogue.imports import (
    IMAGES_NAME,
    TABLE_NAME,
    all_problems,
    ask_for_import,
    cancel_import,
    discard_upload,
    find_import,
    new_import_id,
    require_room,
    upload_folder,
)
from detector.store.work_tables import ImportRow

router = APIRouter(
    prefix="/v1/brands/{brand_id}/imports", tags=["imports"], dependencies=[with_key]
)

Reader = Annotated[Principal, Depends(needs(Capability.CATALOGUE_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.CATALOGUE_WRITE))]
UPLOAD = {
    "type": "object",
    "properties": {
        "file": FILE
        | {
            "description": "The table (CSV, TSV, XML), a ZIP with the table and the "
            "pictures, or a ZIP of pictures."
        },
        "images": FILE
        | {
            "description": "A ZIP with the pictures that the table names, under their "
            "paths; an address is looked up by its path, too."
        },
    },
    "required": ["file"],
    "additionalProperties": False,
}


def as_answer(row: ImportRow) -> ImportAnswer:
    """Show an import."""
    return ImportAnswer.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "file_name": row.file_name,
            "file_sha256": row.file_sha256,
            "format": row.format,
            "mode": row.mode,
            "dry_run": row.is_dry_run,
            "num_rows": row.num_rows,
            "num_rows_total": row.num_rows_total,
            "num_problems": row.num_problems,
            "counts": row.counts,
            "error": row.error,
            "created_at": row.created_at,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
        }
    )


@router.post(
    "",
    operation_id="start_import",
    status_code=202,
    openapi_extra=body_of(**{"multipart/form-data": {"schema": UPLOAD}}),
)
async def start_import(
    request: Request,
    response: Response,
    caller: Writer,
    brand_id: str,
    options: Annotated[ImportOptions, Query()],
) -> ImportAnswer:
    """Take a catalogue file; it is imported in the background.

    Once this is answered the import survives everything: ask for its progress at
    `Location`. Good rows go in, rows with errors are listed among its problems, and
    the same file twice changes nothing.
    """
    service = service_of(request)
    import_id = new_import_id()
    uploads = service.store.uploads_folder
    async with service.uploads.place():
        await service.pool.run(lambda: _require_room(service, brand_id))
        with temporary_folder(uploads, import_id) as folder:
            form = await receive_form(
                request,
                folder,
                files={"file": 1, "images": 1},
                texts={},
                max_bytes=service.settings.max_upload_bytes,
                timeout_s=service.settings.body_timeout_s,
            )
            answer = await service.pool.run(
                lambda: _start(service, brand_id, import_id, form, options, caller)
            )
    response.headers["Location"] = f"/v1/brands/{brand_id}/imports/{import_id}"
    return answer


def _require_room(service: Service, brand_id: str) -> None:
    """Refuse before a large body is read."""
    with service.store.database.read() as session:
        find_brand(session, brand_id)
        require_room(session, brand_id)


def _start(
    service: Service,
    brand_id: str,
    import_id: str,
    form: ReceivedForm,
    options: ImportOptions,
    caller: Principal,
) -> ImportAnswer:
    """Put the files where the job finds them, then ask for the job."""
    files = form.of_field("file")
    if not files:
        raise InvalidRequest(
            "The form has no field `file`.",
            remedy="Send the catalogue as the field `file` of the form.",
        )
    folder = upload_folder(service.store, import_id)
    folder.mkdir()
    files[0].path.rename(folder / TABLE_NAME)
    for images in form.of_field("images"):
        images.path.rename(folder / IMAGES_NAME)
    service.store.sync_uploads(folder)
    with service.store.database.write() as session:
        find_brand(session, brand_id)
        require_room(session, brand_id)
        row = ask_for_import(
            session,
            import_id=import_id,
            brand_id=brand_id,
            format=options.format,
            mode=options.mode,
            is_dry_run=options.dry_run,
            file_name=files[0].name or "catalogue",
            file_sha256=files[0].sha256,
            created_by=caller.id,
        )
        answer = as_answer(row)
    service.wake_worker()
    return answer


@router.get("", operation_id="list_imports")
def list_imports(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: str,
    options: Annotated[RecordOptions, Query()],
) -> Page[ImportAnswer]:
    """List a brand's imports, the oldest first unless `newest_first` is asked for."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = imports.list_imports(
            session,
            brand_id=brand_id,
            cursor=options.cursor,
            limit=options.limit,
            newest_first=options.newest_first,
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{import_id}", operation_id="show_import")
def show_import(
    request: Request, caller: Reader, brand_id: str, import_id: str
) -> ImportAnswer:
    """Show how far an import has come."""
    with service_of(request).store.database.read() as session:
        return as_answer(find_import(session, brand_id=brand_id, import_id=import_id))


@router.post("/{import_id}/cancel", operation_id="cancel_import")
def stop_import(
    request: Request, caller: Writer, brand_id: str, import_id: str
) -> ImportAnswer:
    """End an import before its next batch; what went in stays."""
    service = service_of(request)
    with service.store.database.write() as session:
        row = find_import(
            session, brand_id=brand_id, import_id=import_id, is_locked=True
        )
        was_queued = row.state == "queued"
        cancel_import(row)
        answer = as_answer(row)
    if was_queued:
        discard_upload(service.store, import_id)
    return answer


@router.get("/{import_id}/problems", operation_id="list_import_problems")
def list_import_problems(
    request: Request,
    response: Response,
    caller: Reader,
    brand_id: str,
    import_id: str,
    options: Annotated[PageOptions, Query()],
) -> Page[ImportProblem]:
    """List what is wrong with the rows, in the order of the file."""
    with service_of(request).store.database.read() as session:
        find_import(session, brand_id=brand_id, import_id=import_id)
        rows, next_cursor = imports.list_problems(
            session, import_id=import_id, cursor=options.cursor, limit=options.limit
        )
    return Page(
        items=[ImportProblem.model_validate(row.problem) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get(
    "/{import_id}/problems.csv",
    operation_id="download_import_problems",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def download_import_problems(
    request: Request, caller: Reader, brand_id: str, import_id: str
) -> StreamingResponse:
    """Download the problems as a CSV that a spreadsheet opens safely."""
    service = service_of(request)
    with service.store.database.read() as session:
        find_import(session, brand_id=brand_id, import_id=import_id)
    return StreamingResponse(
        write_problems(all_problems(service.store, import_id)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{import_id}.csv"'},
    )

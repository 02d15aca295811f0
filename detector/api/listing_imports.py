"""Routes of files of listing events: they go in, progress and problems come out."""

from collections.abc import Iterator
from dataclasses import astuple, fields
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from python_multipart.multipart import parse_options_header
from starlette.responses import StreamingResponse

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.body import FORM
from detector.api.errors import InvalidRequest, UnsupportedMediaType
from detector.api.listing_import_schemas import (
    ListingImportAnswer,
    ListingImportOptions,
    ListingProblemAnswer,
)
from detector.api.listing_schemas import OutcomeCounts
from detector.api.match import FILE, body_of
from detector.api.openapi import problems
from detector.api.pagination import Page, PageOptions, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import Service, service_of
from detector.api.upload import (
    ReceivedFile,
    receive_file,
    receive_form,
    temporary_folder,
)
from detector.catalogue.formats.export import csv_line
from detector.listings.intake import listing_import
from detector.listings.intake.listing_file import ListingFileFormat, ListingProblem
from detector.listings.intake.listing_import import (
    FILE_NAME,
    all_problems,
    ask_for_import,
    cancel_import,
    discard_upload,
    find_import,
    new_import_id,
    require_room,
    upload_folder,
)
from detector.listings.intake.take import Status
from detector.store.listing_tables import ListingImportRow

router = APIRouter(
    prefix="/v1/listing-imports", tags=["listings"], dependencies=[with_key]
)

Reader = Annotated[Principal, Depends(needs(Capability.LISTINGS_READ))]
Writer = Annotated[Principal, Depends(needs(Capability.LISTINGS_WRITE))]
TYPES = {
    "application/x-ndjson": ListingFileFormat.NDJSON,
    "application/jsonl": ListingFileFormat.NDJSON,
    "text/csv": ListingFileFormat.CSV,
    "application/gzip": ListingFileFormat.AUTO,
    "application/octet-stream": ListingFileFormat.AUTO,
}
"""Type of a body that is the file itself → what it is."""
FORM_SCHEMA = {
    "type": "object",
    "properties": {
        "file": FILE | {"description": "NDJSON or CSV, also packed by gzip."}
    },
    "required": ["file"],
    "additionalProperties": False,
}


def as_answer(row: ListingImportRow) -> ListingImportAnswer:
    """Show an import."""
    return ListingImportAnswer.model_validate(
        {
            "id": row.id,
            "marketplace_id": row.marketplace,
            "state": row.state,
            "file_name": row.file_name,
            "file_sha256": row.file_sha256,
            "format": row.format,
            "num_rows": row.num_rows,
            "num_problems": row.num_problems,
            "counts": OutcomeCounts(
                **{status.value: row.counts.get(status, 0) for status in Status}
            ),
            "error": row.error,
            "created_at": row.created_at,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
        }
    )


@router.post(
    "",
    operation_id="start_listing_import",
    status_code=202,
    openapi_extra=body_of(
        **{FORM: {"schema": FORM_SCHEMA}}, **{name: {"schema": FILE} for name in TYPES}
    ),
    responses=problems(
        {
            403: "The role does not allow it, or the key names no marketplace.",
            409: "As many files as may wait are waiting already.",
        }
    ),
)
async def start_listing_import(
    request: Request,
    response: Response,
    caller: Writer,
    options: Annotated[ListingImportOptions, Query()],
) -> ListingImportAnswer:
    """Take a file of listing events; they are taken in the background.

    Send it as the body, or as the field `file` of a form. Once this is answered the
    import survives everything: ask for its progress at `Location`. Good rows are
    taken, others listed among its problems, and the same file twice changes nothing.
    While too many listings wait to be scanned, it waits.
    """
    service = service_of(request)
    marketplace = marketplace_of(caller)
    import_id = new_import_id()
    async with service.uploads.place():
        await service.uploads.run(lambda: _require_room(service, marketplace))
        with temporary_folder(service.store.uploads_folder, import_id) as folder:
            file, format = await _receive(request, service, folder)
            if options.format is not ListingFileFormat.AUTO:
                format = options.format
            answer = await service.uploads.run(
                lambda: _start(service, import_id, file, format, caller)
            )
    response.headers["Location"] = f"{router.prefix}/{import_id}"
    return answer


async def _receive(
    request: Request, service: Service, folder: Path
) -> tuple[ReceivedFile, ListingFileFormat]:
    """Read the file, however it is sent, and say what it is said to be."""
    media_type, _ = parse_options_header(request.headers.get("content-type"))
    kind = media_type.decode("latin-1")
    max_bytes = service.settings.max_upload_bytes
    timeout_s = service.settings.body_timeout_s
    if kind == FORM:
        form = await receive_form(
            request,
            folder,
            files={"file": 1},
            texts={},
            max_bytes=max_bytes,
            timeout_s=timeout_s,
        )
        if not form.files:
            raise InvalidRequest(
                "The form has no field `file`.",
                remedy="Send the events as the field `file` of the form.",
            )
        return form.files[0], ListingFileFormat.AUTO
    if kind not in TYPES:
        raise UnsupportedMediaType(
            f"A body of the type {kind[:100]!r} is not taken.",
            remedy=f"Send the file as {', '.join(TYPES)}, or as the field `file` of a "
            f"{FORM}.",
        )
    file = await receive_file(request, folder, max_bytes=max_bytes, timeout_s=timeout_s)
    return file, TYPES[kind]


def _require_room(service: Service, marketplace: str | None) -> None:
    """Refuse before a large body is read."""
    with service.store.database.read() as session:
        require_room(session, marketplace)


def _start(
    service: Service,
    import_id: str,
    file: ReceivedFile,
    format: ListingFileFormat,
    caller: Principal,
) -> ListingImportAnswer:
    """Put the file where the job finds it, then ask for the job."""
    folder = upload_folder(service.store, import_id)
    folder.mkdir()
    file.path.rename(folder / FILE_NAME)
    service.store.sync_uploads(folder)
    marketplace = marketplace_of(caller)
    with service.store.database.write() as session:
        require_room(session, marketplace)
        row = ask_for_import(
            session,
            import_id=import_id,
            marketplace=marketplace,
            format=format,
            file_name=file.name or "events",
            file_sha256=file.sha256,
            created_by=caller.id,
        )
        answer = as_answer(row)
    service.wake_worker()
    return answer


@router.get("", operation_id="list_listing_imports")
def list_imports(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[PageOptions, Query()],
) -> Page[ListingImportAnswer]:
    """List the imports that the caller sees, the oldest first."""
    with service_of(request).store.database.read() as session:
        rows, next_cursor = listing_import.list_imports(
            session,
            marketplace=marketplace_of(caller),
            cursor=options.cursor,
            limit=options.limit,
        )
    return Page(
        items=[as_answer(row) for row in rows],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get("/{listing_import_id}", operation_id="show_listing_import")
def show_import(
    request: Request, caller: Reader, listing_import_id: str
) -> ListingImportAnswer:
    """Show how far an import has come."""
    own = marketplace_of(caller)
    with service_of(request).store.database.read() as session:
        return as_answer(find_import(session, listing_import_id, marketplace=own))


@router.post("/{listing_import_id}/cancel", operation_id="cancel_listing_import")
def stop_import(
    request: Request, caller: Writer, listing_import_id: str
) -> ListingImportAnswer:
    """End an import before its next batch of rows; what was taken stays."""
    service, own = service_of(request), marketplace_of(caller)
    with service.store.database.write() as session:
        row = find_import(session, listing_import_id, marketplace=own, is_locked=True)
        was_queued = row.state == "queued"
        cancel_import(row)
        answer = as_answer(row)
    if was_queued:
        discard_upload(service.store, listing_import_id)
    return answer


@router.get(
    "/{listing_import_id}/problems", operation_id="list_listing_import_problems"
)
def list_import_problems(
    request: Request,
    response: Response,
    caller: Reader,
    listing_import_id: str,
    options: Annotated[PageOptions, Query()],
) -> Page[ListingProblemAnswer]:
    """List what is wrong with the rows, in the order of the file."""
    own = marketplace_of(caller)
    with service_of(request).store.database.read() as session:
        find_import(session, listing_import_id, marketplace=own)
        found, next_cursor = listing_import.list_problems(
            session, listing_import_id, cursor=options.cursor, limit=options.limit
        )
    return Page(
        items=[ListingProblemAnswer.model_validate(_named(each)) for each in found],
        next_cursor=link_to_next(request, response, next_cursor),
    )


@router.get(
    "/{listing_import_id}/problems.csv",
    operation_id="download_listing_import_problems",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def download_import_problems(
    request: Request, caller: Reader, listing_import_id: str
) -> StreamingResponse:
    """Download the problems as a CSV that a spreadsheet opens safely."""
    service, own = service_of(request), marketplace_of(caller)
    with service.store.database.read() as session:
        import_id = find_import(session, listing_import_id, marketplace=own).id
    return StreamingResponse(
        _write(all_problems(service.store, import_id)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{import_id}.csv"'},
    )


def _named(problem: ListingProblem) -> dict[str, object]:
    return {name: getattr(problem, name) for name in ListingProblemAnswer.model_fields}


def _write(found: Iterator[ListingProblem]) -> Iterator[str]:
    yield csv_line(field.name for field in fields(ListingProblem))
    for problem in found:
        yield csv_line(astuple(problem))

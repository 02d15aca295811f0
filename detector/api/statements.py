"""Routes of statements of reasons and of their export to the register."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from detector.access.principal import Principal
from detector.access.roles import Capability
from detector.api.openapi import problems
from detector.api.pagination import Page, link_to_next
from detector.api.permission import marketplace_of, needs, with_key
from detector.api.service import service_of
from detector.api.statement_schemas import (
    ExportAnswer,
    ExportFile,
    ExportId,
    FailedStatement,
    NewExport,
    NewResponse,
    StatementAnswer,
    StatementId,
    StatementOptions,
)
from detector.review.statements.export import (
    FAILED,
    make_batch,
    note_response,
    read_batch,
)
from detector.review.statements.statement_list import (
    StatementFilter,
    find_statement,
    list_statements,
)
from detector.store.table import utc_now
from detector.store.takedown_tables import StatementRow

router = APIRouter(
    prefix="/v1",
    tags=["statements"],
    dependencies=[with_key],
    responses=problems({404: "No such statement, or none that the caller sees."}),
)

Reader = Annotated[Principal, Depends(needs(Capability.ACTIONS_READ))]
Sender = Annotated[Principal, Depends(needs(Capability.ACTIONS_ACK))]


def as_answer(row: StatementRow) -> StatementAnswer:
    """Show a statement."""
    return StatementAnswer.model_validate(
        {
            "statement_id": row.id,
            "marketplace_id": row.marketplace,
            "export_id": row.batch_id,
            **{
                name: getattr(row, name)
                for name in StatementAnswer.model_fields
                if name not in ("statement_id", "marketplace_id", "export_id")
            },
        }
    )


def as_export(
    export_id: str | None,
    rows: Sequence[StatementRow],
    failed: Sequence[StatementRow] = (),
) -> ExportAnswer:
    """Show an export; `failed` are those that were left out of it."""
    all_failed = [*failed, *(row for row in rows if row.state == FAILED)]
    return ExportAnswer.model_validate(
        {
            "export_id": export_id,
            "num_statements": len(rows),
            "states": Counter(row.state for row in rows),
            "failed": [
                FailedStatement(statement_id=row.id, error=row.error)
                for row in all_failed
            ],
        }
    )


@router.get("/statements", operation_id="list_statements")
def list_page(
    request: Request,
    response: Response,
    caller: Reader,
    options: Annotated[StatementOptions, Query()],
) -> Page[StatementAnswer]:
    """List statements of reasons; a marketplace sees those to its own sellers."""
    wanted = StatementFilter(
        state=options.state,
        case_id=options.case_id,
        marketplace=options.marketplace_id,
        updated_since=options.updated_since,
    )
    with service_of(request).store.database.read() as session:
        rows, next_cursor = list_statements(
            session,
            wanted,
            marketplace=marketplace_of(caller),
            cursor=options.cursor,
            limit=options.limit,
        )
        items = [as_answer(row) for row in rows]
    return Page(items=items, next_cursor=link_to_next(request, response, next_cursor))


@router.get("/statements/{statement_id}", operation_id="show_statement")
def show(
    request: Request, caller: Reader, statement_id: StatementId
) -> StatementAnswer:
    """Show a statement of reasons."""
    with service_of(request).store.database.read() as session:
        return as_answer(
            find_statement(session, statement_id, marketplace=marketplace_of(caller))
        )


@router.post(
    "/statement-exports",
    operation_id="create_statement_export",
    status_code=status.HTTP_201_CREATED,
)
def create_export(request: Request, caller: Sender, given: NewExport) -> ExportAnswer:
    """Take up to 100 records that are to be sent to the EU transparency database.

    One that is not valid is left out, and marked as failed with what is wrong.
    """
    seen = marketplace_of(caller)
    if seen is not None and given.marketplace_id not in (None, seen):
        return as_export(None, [])
    with service_of(request).store.database.write() as session:
        batch = make_batch(
            session, marketplace=seen or given.marketplace_id, at=utc_now()
        )
        return as_export(batch.id, batch.statements, batch.failed)


@router.get("/statement-exports/{export_id}", operation_id="show_statement_export")
def show_export(request: Request, caller: Reader, export_id: ExportId) -> ExportFile:
    """Download an export: the body for `POST /api/v1/statements` of the database."""
    with service_of(request).store.database.read() as session:
        rows = read_batch(session, export_id, marketplace=marketplace_of(caller))
        return ExportFile(statements=[dict(row.record or {}) for row in rows])


@router.post(
    "/statement-exports/{export_id}/response", operation_id="note_export_response"
)
def take_response(
    request: Request, caller: Sender, export_id: ExportId, given: NewResponse
) -> ExportAnswer:
    """Write down what the transparency database has answered, as it came.

    It takes all or nothing: of what it refuses the records that it names failed, the
    others go into another export.
    """
    with service_of(request).store.database.write() as session:
        rows = note_response(
            session,
            export_id,
            status=given.status,
            body=given.body,
            marketplace=marketplace_of(caller),
            at=utc_now(),
        )
        return as_export(export_id, rows)

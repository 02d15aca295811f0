"""Imports as records: asked for, watched, canceled."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.catalogue_file import ImportFormat
from detector.catalogue.catalogue_import import Mode, Tally
from detector.catalogue.formats.rows import RowProblem
from detector.errors import Conflict, Unknown
from detector.events.outbox import EventType, emit
from detector.store.inserting import insert_new
from detector.store.jobs import enqueue
from detector.store.paging import SortKey, page
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.work_tables import ImportProblemRow, ImportRow, ImportSeenRow

JOB_KIND = "catalogue_import"
TABLE_NAME = "table"
IMAGES_NAME = "images"
OPEN_STATES = ("queued", "running")
GIVEN_UP = "given_up"
"""The error code of an import whose job is dead; it goes on if that is tried again."""
MAX_OPEN = 20
"""Imports of one brand that may wait: they fill a disk and a queue that all share."""
PAGE_SIZE = 500
MAX_PROBLEMS = 100_000
"""Problems of one import that are kept; the count goes on."""


def new_import_id() -> str:
    """Make an id; the folder of the upload has the same name."""
    return "imp_" + uuid.uuid4().hex


def upload_folder(store: Store, import_id: str) -> Path:
    """Say where the files of an import lie until it ends."""
    return store.uploads_folder / import_id


def require_room(session: Session, brand_id: str) -> None:
    """See that a brand has not too much waiting already.

    Raises:
        Conflict: it has to wait.
    """
    query = select(func.count()).where(
        ImportRow.brand_id == brand_id, ImportRow.state.in_(OPEN_STATES)
    )
    if session.execute(query).scalar_one() >= MAX_OPEN:
        raise Conflict(
            f"{MAX_OPEN} imports of the brand are waiting already.",
            remedy="Send the file again once some have ended, or cancel them.",
        )


def ask_for_import(
    session: Session,
    *,
    import_id: str,
    brand_id: str,
    format: ImportFormat,
    mode: Mode,
    is_dry_run: bool,
    file_name: str,
    file_sha256: str,
    created_by: str,
) -> ImportRow:
    """Record an import and its job in one transaction; its files are there already."""
    row = ImportRow(
        id=import_id,
        brand_id=brand_id,
        format=format,
        mode=mode,
        is_dry_run=is_dry_run,
        file_name=file_name,
        file_sha256=file_sha256,
        state="queued",
        counts={},
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    enqueue(session, JOB_KIND, payload={"import_id": import_id})
    return row


def cancel_import(row: ImportRow) -> None:
    """End an import before its next batch; what went in stays.

    Raises:
        Conflict: it has ended.
    """
    if row.state not in OPEN_STATES:
        raise Conflict(
            f"The import is {row.state} already.",
            remedy="Only imports that are queued or running can be canceled.",
        )
    row.state = "canceled"
    row.finished_at = utc_now()


def announce_end(session: Session, row: ImportRow) -> None:
    """Tell a brand that its import has ended, in the same transaction."""
    is_done = row.state == "done"
    emit(
        session,
        EventType.CATALOGUE_IMPORT_COMPLETED
        if is_done
        else EventType.CATALOGUE_IMPORT_FAILED,
        marketplace=None,
        brand_id=row.brand_id,
        data={
            "import_id": row.id,
            "brand_id": row.brand_id,
            "file_name": row.file_name,
            "dry_run": row.is_dry_run,
            "num_rows": row.num_rows,
            "num_problems": row.num_problems,
            "counts": row.counts,
            "error_code": row.error_code,
            "error": row.error,
        },
    )


def record_tally(session: Session, row: ImportRow, tally: Tally) -> None:
    """Add what a batch did to the record."""
    room = max(0, MAX_PROBLEMS - row.num_problems)
    session.add_all(
        ImportProblemRow(
            import_id=row.id,
            seq=seq,
            row=problem.row,
            column=problem.column,
            severity=problem.severity,
            code=problem.code,
            message=problem.message,
            remedy=problem.remedy,
        )
        for seq, problem in enumerate(tally.problems[:room], start=row.num_problems)
    )
    row.num_problems += len(tally.problems)
    counts = dict(row.counts)
    for name, count in tally.counts.items():
        counts[name] = counts.get(name, 0) + count
    for problem in tally.problems:
        name = f"{problem.severity}s"
        counts[name] = counts.get(name, 0) + 1
    row.counts = counts
    if row.mode == "replace":
        for product_id in sorted(tally.seen):
            insert_new(session, ImportSeenRow, import_id=row.id, product_id=product_id)


def seen_products(session: Session, import_id: str) -> set[str]:
    """List the products that an import has met so far."""
    found = select(ImportSeenRow.product_id).where(ImportSeenRow.import_id == import_id)
    return set(session.scalars(found))


def discard_upload(store: Store, import_id: str) -> None:
    """Delete the files of an import that has ended."""
    shutil.rmtree(upload_folder(store, import_id), ignore_errors=True)


def find_import(
    session: Session, *, brand_id: str, import_id: str, is_locked: bool = False
) -> ImportRow:
    """Look an import of a brand up.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such import.
    """
    find_brand(session, brand_id)
    row = session.get(ImportRow, import_id, with_for_update=is_locked or None)
    if row is None or row.brand_id != brand_id:
        raise Unknown(
            f"The brand has no import {import_id[:100]!r}.",
            remedy="The list of imports names the ids.",
        )
    return row


def list_imports(
    session: Session,
    *,
    brand_id: str,
    cursor: str | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[list[ImportRow], str | None]:
    """List a brand's imports in pages, the oldest first unless asked otherwise."""
    find_brand(session, brand_id)
    query = select(ImportRow).where(ImportRow.brand_id == brand_id)
    keys: list[SortKey] = [ImportRow.created_at, ImportRow.id]
    return page(
        session,
        query,
        keys=keys,
        cursor=cursor,
        limit=limit,
        is_descending=newest_first,
    )


def list_problems(
    session: Session, *, import_id: str, cursor: str | None, limit: int
) -> tuple[list[ImportProblemRow], str | None]:
    """List the problems of an import in pages, in the order of the file."""
    query = select(ImportProblemRow).where(ImportProblemRow.import_id == import_id)
    keys = [ImportProblemRow.seq]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def all_problems(store: Store, import_id: str) -> Iterator[RowProblem]:
    """Read all problems of an import, some at a time."""
    last = -1
    while True:
        query = (
            select(ImportProblemRow)
            .where(ImportProblemRow.import_id == import_id, ImportProblemRow.seq > last)
            .order_by(ImportProblemRow.seq)
            .limit(PAGE_SIZE)
        )
        with store.database.read() as session:
            rows = session.scalars(query).all()
        for row in rows:
            yield RowProblem(
                row.row,
                row.column,
                row.code,
                row.message,
                row.remedy,
                "error" if row.severity == "error" else "warning",
            )
        if len(rows) < PAGE_SIZE:
            return
        last = rows[-1].seq

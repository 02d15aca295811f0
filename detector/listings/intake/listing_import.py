"""Imports of listing events as records: asked for, watched, canceled."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from detector.errors import Conflict, Unknown
from detector.listings.intake.file_batches import Tally
from detector.listings.intake.listing_file import ListingFileFormat, ListingProblem
from detector.store.jobs import enqueue
from detector.store.listing_tables import (
    IMPORT_KIND,
    ListingImportRow,
    ListingProblemRow,
)
from detector.store.paging import SortKey, page
from detector.store.store import Store
from detector.store.table import utc_now

FILE_NAME = "events"
OPEN_STATES = ("queued", "running")
GIVEN_UP = "given_up"
"""The error code of an import whose job is dead; it goes on if that is tried again."""
MAX_OPEN = 20
"""Files of one marketplace that may wait: they fill a disk that all share."""
PAGE_SIZE = 500
MAX_PROBLEMS = 100_000
"""Problems of one import that are kept; the count goes on."""


def new_import_id() -> str:
    """Make an id; the folder of the upload has the same name."""
    return "lim_" + uuid.uuid4().hex


def upload_folder(store: Store, import_id: str) -> Path:
    """Say where the file of an import lies until it ends."""
    return store.uploads_folder / import_id


def require_room(session: Session, marketplace: str | None) -> None:
    """See that a sender has not too much waiting already.

    Raises:
        Conflict: it has to wait.
    """
    waiting = (
        select(func.count())
        .select_from(ListingImportRow)
        .where(ListingImportRow.state.in_(OPEN_STATES))
        .where(ListingImportRow.marketplace.is_not_distinct_from(marketplace))
    )
    if session.execute(waiting).scalar_one() >= MAX_OPEN:
        raise Conflict(
            f"{MAX_OPEN} files are waiting already.",
            remedy="Send the file again once some have ended, or cancel them.",
        )


def ask_for_import(
    session: Session,
    *,
    import_id: str,
    marketplace: str | None,
    format: ListingFileFormat,
    file_name: str,
    file_sha256: str,
    created_by: str,
) -> ListingImportRow:
    """Record an import and its job in one transaction; its file is there already."""
    row = ListingImportRow(
        id=import_id,
        marketplace=marketplace,
        format=format,
        file_name=file_name,
        file_sha256=file_sha256,
        state="queued",
        num_rows=0,
        num_problems=0,
        counts={},
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    enqueue(session, IMPORT_KIND, payload={"import_id": import_id})
    return row


def cancel_import(row: ListingImportRow) -> None:
    """End an import before its next batch; what was taken stays.

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


def record_tally(session: Session, row: ListingImportRow, tally: Tally) -> None:
    """Add what a batch did to the record."""
    room = max(0, MAX_PROBLEMS - row.num_problems)
    session.add_all(
        ListingProblemRow(
            import_id=row.id,
            seq=seq,
            row=problem.row,
            pointer=problem.pointer,
            severity=problem.severity,
            code=problem.code,
            message=problem.message,
            remedy=problem.remedy,
        )
        for seq, problem in enumerate(tally.problems[:room], start=row.num_problems)
    )
    row.num_rows += tally.num_rows
    row.num_problems += len(tally.problems)
    counts = dict(row.counts)
    for name, count in tally.counts.items():
        counts[name] = counts.get(name, 0) + count
    row.counts = counts


def discard_upload(store: Store, import_id: str) -> None:
    """Delete the file of an import that has ended."""
    shutil.rmtree(upload_folder(store, import_id), ignore_errors=True)


def find_import(
    session: Session,
    import_id: str,
    *,
    marketplace: str | None,
    is_locked: bool = False,
) -> ListingImportRow:
    """Look an import up.

    Args:
        session: to look with.
        import_id: of the import.
        marketplace: whose imports the caller may know of; None for all.
        is_locked: keep others from changing it.

    Raises:
        Unknown: there is none, or none that the caller may know of.
    """
    row = session.get(ListingImportRow, import_id, with_for_update=is_locked or None)
    if row is None or marketplace not in (None, row.marketplace):
        raise Unknown(
            f"There is no import {import_id[:100]!r} of listings.",
            remedy="The list of imports names the ids.",
        )
    return row


def list_imports(
    session: Session, *, marketplace: str | None, cursor: str | None, limit: int
) -> tuple[list[ListingImportRow], str | None]:
    """List a marketplace's imports, or all, in pages, the oldest first."""
    query: Select[ListingImportRow] = select(ListingImportRow)
    if marketplace is not None:
        query = query.where(ListingImportRow.marketplace == marketplace)
    keys: list[SortKey] = [ListingImportRow.created_at, ListingImportRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def list_problems(
    session: Session, import_id: str, *, cursor: str | None, limit: int
) -> tuple[list[ListingProblem], str | None]:
    """List the problems of an import in pages, in the order of the file."""
    query = select(ListingProblemRow).where(ListingProblemRow.import_id == import_id)
    rows, next_cursor = page(
        session, query, keys=[ListingProblemRow.seq], cursor=cursor, limit=limit
    )
    return [_problem(row) for row in rows], next_cursor


def all_problems(store: Store, import_id: str) -> Iterator[ListingProblem]:
    """Read all problems of an import, some at a time."""
    cursor: str | None = None
    while True:
        with store.database.read() as session:
            problems, cursor = list_problems(
                session, import_id, cursor=cursor, limit=PAGE_SIZE
            )
        yield from problems
        if cursor is None:
            return


def _problem(row: ListingProblemRow) -> ListingProblem:
    return ListingProblem(
        row.row,
        row.pointer,
        row.code,
        row.message,
        row.remedy,
        cast('Literal["error", "warning"]', row.severity),
    )

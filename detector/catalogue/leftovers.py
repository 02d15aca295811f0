"""What work that died leaves behind: records left open, files that nobody needs."""

import logging
import shutil
import time
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select

from detector.catalogue import health_job, imports
from detector.store.database import Database
from detector.store.job_list import GIVEN_UP
from detector.store.listing_tables import IMPORT_KIND, ListingImportRow
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.work_tables import HealthCheckRow, ImportRow, JobRow

log = logging.getLogger(__name__)

UPLOAD_S = 3600.0
"""An upload whose files have not grown for so long is nobody's."""
KEEP_GIVEN_UP = timedelta(days=7)
"""How long an import that was given up can be tried again."""
_Record = TypeVar("_Record", ImportRow, ListingImportRow, HealthCheckRow)


def end_given_up(database: Database) -> int:
    """Let imports and checks fail whose job was given up; return how many."""
    return (
        _end(database, ImportRow, imports.JOB_KIND, "import_id")
        + _end(database, ListingImportRow, IMPORT_KIND, "import_id")
        + _end(database, HealthCheckRow, health_job.JOB_KIND, "check_id")
    )


def sweep_files(store: Store, *, upload_s: float = UPLOAD_S) -> int:
    """Delete what killed processes left of uploads and of pictures; return how many.

    Args:
        store: where the files are; other processes may be taking uploads there.
        upload_s: an upload is nobody's once its files are so many seconds old.
    """
    now = time.time()
    num_deleted = store.blobs.sweep()
    for folder in list(store.uploads_folder.iterdir()):
        with store.database.read() as session:
            row = session.get(ImportRow, folder.name) or session.get(
                ListingImportRow, folder.name
            )
        if row is None and now - _changed_at(folder) < upload_s:
            continue
        if row is None or not _needs_its_files(row):
            shutil.rmtree(folder, ignore_errors=True)
            num_deleted += 1
    return num_deleted


def _end(database: Database, table: type[_Record], kind: str, name: str) -> int:
    given_up = (
        select(table, JobRow)
        .join(JobRow, JobRow.payload[name].as_string() == table.id)
        .where(JobRow.kind == kind, JobRow.state.in_(GIVEN_UP))
        .where(table.state.in_(imports.OPEN_STATES))
    )
    with database.read() as session:
        if session.execute(given_up.limit(1)).first() is None:
            return 0
    with database.write() as session:
        found = session.execute(given_up.with_for_update(of=table)).all()
        for row, job in found:
            log.warning("%s %s was given up: %s", kind, row.id, job.last_error)
            row.state, row.finished_at = "failed", utc_now()
            # What a job died of may name what is only the operator's to know.
            row.error = (
                "Whoever runs the service has canceled it."
                if job.state == "canceled"
                else f"It was given up after {job.attempts} attempts that brought it "
                "no further. Ask for it again, or ask whoever runs the service to "
                f"look into {job.id}."
            )
            if not isinstance(row, HealthCheckRow):
                row.error_code = imports.GIVEN_UP
            if isinstance(row, ImportRow):
                imports.announce_end(session, row)
    return len(found)


def _needs_its_files(row: ImportRow | ListingImportRow) -> bool:
    if row.error_code == imports.GIVEN_UP and row.finished_at is not None:
        return utc_now() - row.finished_at < KEEP_GIVEN_UP
    return row.state in imports.OPEN_STATES


def _changed_at(folder: Path) -> float:
    """Say when a folder, or a file in it, changed last."""
    times = []
    for path in (folder, *folder.glob("*")):
        try:
            times.append(path.stat().st_mtime)
        except FileNotFoundError:
            continue  # whoever made it has just deleted it
    return max(times, default=0.0)

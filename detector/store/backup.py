"""Writes a backup: one state of the store in one file, while others go on writing."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import CompoundSelect, LargeBinary, Table, func, or_, select, union
from sqlalchemy.orm import Session

from detector.errors import Busy, Conflict, StoreFault
from detector.store.backup_format import (
    BLOBS,
    MANIFEST,
    UPLOADS,
    Manifest,
    Member,
    RecordWriter,
    member_name,
    tables,
)
from detector.store.database import HEAD
from detector.store.listing_tables import ListingImportRow, PictureRow
from detector.store.local_blobs import sync_folder
from detector.store.store import Store
from detector.store.tables import ImageRow
from detector.store.work_tables import ImportRow

ROWS_AT_ONCE = 50
MAX_SNAPSHOTS = 5
FAST = 1
"""Level of compression: rows are text, and the pictures are compressed already."""

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits to be imported, open, so that nobody can take it away."""

    name: str
    file: IO[bytes]


def write_backup(
    store: Store, path: Path, *, replace: bool = False, on_progress: OnProgress
) -> Manifest:
    """Copy the database, the pictures and what waits to be imported into a file.

    The file appears when it is complete. Left out are the search index, which is
    derived, and who is logged in.

    Args:
        store: may be in use.
        path: of the file; nobody else may read it, as hashes of keys are in it.
        replace: take the place of a file that is there.
        on_progress: called with the number of records done, and of all.

    Returns:
        What it holds; `faults` names pictures that could not be read.

    Raises:
        Conflict: the file is there already.
        Busy: another backup is writing the same file.
        StoreFault: the file cannot be written, or the store not be read.
    """
    path = path.absolute()
    if path.exists() and not replace:
        raise Conflict(
            f"{path} is there already.",
            remedy="Give another name, or --force to replace it.",
        )
    part = path.with_name(path.name + ".part")
    try:
        with _part_file(part) as file:
            manifest = _fill(store, file, on_progress)
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreFault(
            f"{error.filename or part} cannot be used: {error.strerror}.",
            remedy="Free some disk space, or give a place that this user can write to.",
        ) from error
    return manifest


@contextmanager
def _part_file(part: Path) -> Iterator[IO[bytes]]:
    """Open the unfinished file, which one process at a time may write."""
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(
                f"Another backup is writing {part}.",
                remedy="Wait for it, or give another name.",
            ) from error
        file.truncate()
        try:
            yield file
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _fill(store: Store, file: IO[bytes], on_progress: OnProgress) -> Manifest:
    with (
        ExitStack() as stack,
        ZipFile(file, "w", compresslevel=FAST) as archive,
        _snapshot(store, stack) as (session, uploads, faults),
    ):
        progress = _Progress(on_progress, total=_num_records(session) + len(uploads))
        members = [_write_uploads(archive, uploads, progress)]
        members += [
            _write_table(archive, session, table, progress) for table in tables()
        ]
        members.append(_write_blobs(archive, store, session, faults, progress))
        manifest = Manifest(
            created_at=datetime.now(UTC).isoformat(),
            detector_version=version("counterfeit-detector"),
            schema=HEAD,
            members=tuple(members),
            faults=tuple(faults),
        )
        archive.writestr(MANIFEST, manifest.to_json())
        return manifest


@contextmanager
def _snapshot(
    store: Store, stack: ExitStack
) -> Iterator[tuple[Session, list[Upload], list[str]]]:
    """Read one state of the database, with all files that it speaks of at hand.

    An import that ends takes its files away after the commit that says so: if one is
    gone, then a later state of the database does not want it.
    """
    for last in range(1, MAX_SNAPSHOTS + 1):
        with store.database.read() as session:
            uploads, missing = _open_uploads(store, session, stack)
            if not missing or last == MAX_SNAPSHOTS:
                yield session, uploads, [f"{name} is missing." for name in missing]
                return


def _open_uploads(
    store: Store, session: Session, stack: ExitStack
) -> tuple[list[Upload], list[str]]:
    """Open the files of imports; only one that goes on must have its own."""
    there = [path.name for path in store.uploads_folder.iterdir()]
    wanted: list[tuple[str, bool]] = []
    for row in (ImportRow, ListingImportRow):
        goes_on = row.finished_at.is_(None)
        query = select(row.id, goes_on).where(or_(goes_on, row.id.in_(there)))
        wanted += [(id, is_needed) for id, is_needed in session.execute(query)]
    uploads, missing = [], []
    for import_id, is_needed in sorted(wanted):
        folder = store.uploads_folder / import_id
        try:
            for path in sorted(folder.iterdir()):
                file = stack.enter_context(path.open("rb"))
                uploads.append(Upload(f"{import_id}/{path.name}", file))
        except FileNotFoundError:
            if is_needed:
                missing.append(str(folder))
    return uploads, missing


def _num_records(session: Session) -> int:
    counted = [*tables(), _pictures().subquery()]
    counts = [select(func.count()).select_from(each) for each in counted]
    return sum(session.execute(count).scalar_one() for count in counts)


def _write_uploads(
    archive: ZipFile, uploads: list[Upload], progress: "_Progress"
) -> Member:
    with _stream(archive, UPLOADS, is_text=True) as writer:
        for upload in uploads:
            num_bytes = os.fstat(upload.file.fileno()).st_size
            writer.copy(upload.name, upload.file, num_bytes=num_bytes)
            progress.step()
    return writer.member()


def _write_table(
    archive: ZipFile, session: Session, table: Table, progress: "_Progress"
) -> Member:
    has_bytes = any(isinstance(column.type, LargeBinary) for column in table.columns)
    rows = session.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE})
    with _stream(archive, member_name(table), is_text=not has_bytes) as writer:
        for row in rows:
            writer.write(tuple(row))
            progress.step()
    return writer.member()


def _pictures() -> CompoundSelect[str]:
    """Select the pictures whose files are needed, as references or as evidence."""
    evidence = select(PictureRow.sha256).where(PictureRow.is_kept)
    return union(select(ImageRow.sha256), evidence)


def _write_blobs(
    archive: ZipFile,
    store: Store,
    session: Session,
    faults: list[str],
    progress: "_Progress",
) -> Member:
    digests = session.scalars(
        _pictures(), execution_options={"yield_per": ROWS_AT_ONCE}
    )
    with _stream(archive, BLOBS, is_text=False) as writer:
        for digest in digests:
            progress.step()
            try:
                data = store.blobs.read(digest)
            except StoreFault as fault:
                if _is_needed(store, digest):
                    faults.append(str(fault.args[0]))
                continue
            writer.write((digest, data))
    return writer.member()


def _is_needed(store: Store, digest: str) -> bool:
    """Say whether a picture is needed by now: evidence is forgotten at some time."""
    with store.database.read() as session:
        picture = session.get(PictureRow, digest)
        is_evidence = picture is not None and picture.is_kept
        return is_evidence or session.get(ImageRow, digest) is not None


@contextmanager
def _stream(archive: ZipFile, name: str, *, is_text: bool) -> Iterator[RecordWriter]:
    archive.compression = ZIP_DEFLATED if is_text else ZIP_STORED
    # Its length is not known before, so that room for a large one is made.
    with archive.open(name, "w", force_zip64=True) as file:
        yield RecordWriter(name, file)


class _Progress:
    """Counts records, and tells of it once in a while."""

    def __init__(self, on_progress: OnProgress, *, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._done = 0
        on_progress(0, total)

    def step(self) -> None:
        """Count one."""
        self._done += 1
        if self._done % ROWS_AT_ONCE == 0 or self._done == self._total:
            self._on_progress(self._done, self._total)

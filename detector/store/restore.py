"""Fills an empty store from a backup, whichever database that was made of."""

import os
import re
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from sqlalchemy import Table, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from detector.errors import Conflict, InvalidInput, StoreFault
from detector.store.backup_format import (
    BLOBS,
    CHUNK_BYTES,
    MANIFEST,
    UPLOADS,
    Manifest,
    Member,
    chunks,
    member_name,
    read_names,
    read_rows,
    tables,
    take,
)
from detector.store.database import HEAD
from detector.store.event_tables import WebhookEndpointRow
from detector.store.schema import METADATA
from detector.store.store import Store
from detector.store.tables import CatalogueClockRow
from detector.store.work_tables import JobRow

MAX_MANIFEST_BYTES = 64 << 20
ROWS_AT_ONCE = 50
UPLOAD_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")
DIGEST = re.compile(r"[0-9a-f]{64}")

DISABLED = "It was restored from a backup. Enable it to have events sent again."

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes:
        manifest: of the backup.
        num_disabled: webhooks that were enabled and no longer are.
    """

    manifest: Manifest
    num_disabled: int


def restore_backup(
    store: Store,
    path: Path,
    *,
    keep_webhooks: bool = False,
    on_progress: OnProgress,
) -> Restored:
    """Fill an empty store with what a backup holds.

    Everything is checked before anything is written, and what is written is seen at
    once or not at all. The search index is made anew at the next start: the copy
    gets a name of its own, by which no index of the original is taken for its own.
    Work that was under way is ready to be taken up; but webhooks are disabled, as a
    copy that is only tried out must send nothing to others' machines.

    Args:
        store: empty; in use by nobody.
        path: of the file.
        keep_webhooks: leave webhooks as they are: this one takes the original's place.
        on_progress: called with the number of bytes read, and of all: twice the file.

    Raises:
        InvalidInput: the file is damaged, no backup, or of another version.
        Conflict: the store is not empty.
        StoreFault: the store cannot be written, or the disk is too small.
    """
    with _archive(path) as archive:
        manifest = _read_manifest(archive, path)
        with store.database.read() as session:
            _require_empty(session, store, is_locked=False)
        total = 2 * sum(member.num_bytes for member in manifest.members)
        _require_room(store, manifest)
        progress = _Progress(on_progress, total)
        for member in manifest.members:
            _verify(archive, member, progress)
        made: list[Path] = []
        try:
            with progress.reading(archive, UPLOADS) as file:
                _restore_uploads(store, file, made)
            with progress.reading(archive, BLOBS) as file:
                _restore_blobs(store, file)
            with store.database.write() as session:
                _require_empty(session, store, is_locked=True)
                for table in tables():
                    with progress.reading(archive, member_name(table)) as file:
                        _restore_table(session, table, file)
                _begin_anew(session)
                num_disabled = 0 if keep_webhooks else _disable_webhooks(session)
        except BaseException:
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    return Restored(manifest, num_disabled)


@contextmanager
def _archive(path: Path) -> Iterator[ZipFile]:
    """Open a ZIP that anybody may have made; what is wrong with it is bad input."""
    try:
        with ZipFile(path) as archive:
            yield archive
    except FileNotFoundError as error:
        if error.filename != str(path):
            raise
        raise InvalidInput(
            f"{path} is not there.", remedy="Name a file that `detector backup` wrote."
        ) from error
    except IntegrityError as error:
        raise _unusable(path, "its rows contradict each other") from error
    except (
        BadZipFile,
        EOFError,
        NotImplementedError,
        OverflowError,
        RecursionError,
        RuntimeError,
        ValueError,
        zlib.error,
    ) as error:
        raise _unusable(path, str(error) or type(error).__name__) from error
    except OSError as error:
        raise StoreFault(
            f"{error.filename or path} cannot be used: {error.strerror or error}.",
            remedy="Let this user read the file and write to the data directory, and "
            "free some disk space.",
        ) from error


def _unusable(path: Path, reason: str) -> InvalidInput:
    return InvalidInput(
        f"{path} is damaged, or no backup: {' '.join(reason.split())[:200]}.",
        remedy="Nothing was restored. Take another copy of it, or another backup.",
    )


def _read_manifest(archive: ZipFile, path: Path) -> Manifest:
    names = [info.filename for info in archive.infolist()]
    streams = [UPLOADS, *map(member_name, tables()), BLOBS]
    if MANIFEST not in names:
        raise ValueError("it has no manifest")
    if archive.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise ValueError("its manifest is too large")
    with archive.open(MANIFEST) as file:
        manifest = Manifest.from_json(file.read(MAX_MANIFEST_BYTES))
    if manifest.schema != HEAD:
        is_newer = manifest.schema > HEAD
        raise InvalidInput(
            f"{path} was made by version {manifest.detector_version:.40}, with the "
            f"schema {manifest.schema:.40}; this one has {HEAD}.",
            remedy="Restore it with that version or a newer one."
            if is_newer
            else "Restore it with that version; then open it with this one, which "
            "brings it up to date.",
        )
    told = [member.name for member in manifest.members]
    if sorted(told) != sorted(streams) or sorted(names) != sorted([*told, MANIFEST]):
        raise ValueError("it does not have the members that a backup has")
    for member in manifest.members:
        info = archive.getinfo(member.name)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise ValueError(f"{member.name} is compressed in another way")
        if info.file_size != member.num_bytes:
            raise ValueError(f"{member.name} has another size than its manifest says")
    return manifest


def _require_empty(session: Session, store: Store, *, is_locked: bool) -> None:
    """Make sure that nothing is overwritten or mixed; two at once take turns."""
    clock = session.get_one(CatalogueClockRow, 1, with_for_update=is_locked)
    filled = [
        table.name
        for table in METADATA.sorted_tables
        if table is not CatalogueClockRow.__table__
        and session.execute(select(literal(1)).select_from(table).limit(1)).first()
    ]
    if filled or clock.seq:
        raise Conflict(
            f"{store.database.name} is not empty: it has rows of "
            f"{', '.join(filled) or 'a catalogue'}.",
            remedy="Set DETECTOR_DATA_DIR to a new folder (and DETECTOR_DATABASE_URL, "
            "if it is set, to a new database) and restore into that.",
        )


def _require_room(store: Store, manifest: Manifest) -> None:
    skipped = () if store.blobs.is_on_disk else (BLOBS,)
    num_bytes = sum(m.num_bytes for m in manifest.members if m.name not in skipped)
    free = shutil.disk_usage(store.folder).free
    if num_bytes > free:
        raise StoreFault(
            f"The backup unpacks to {num_bytes / 1e9:.1f} GB, and the disk of "
            f"{store.folder} has {free / 1e9:.1f} GB left.",
            remedy="Free some disk space, or set DETECTOR_DATA_DIR to another disk.",
        )


def _verify(archive: ZipFile, member: Member, progress: "_Progress") -> None:
    """Read a stream to its end and compare it with what the manifest says."""
    hashed = sha256()
    with progress.reading(archive, member.name) as file:
        while data := file.read(CHUNK_BYTES):
            hashed.update(data)
    if hashed.hexdigest() != member.sha256:
        raise ValueError(f"{member.name} has another SHA-256 than its manifest says")


def _restore_uploads(store: Store, file: IO[bytes], made: list[Path]) -> None:
    for name, num_bytes in read_names(file):
        if not UPLOAD_NAME.fullmatch(name):
            raise ValueError(f"{name!r:.100} is no name of an upload")
        target = store.uploads_folder / name
        if target.parent not in made:
            target.parent.mkdir()
            made.append(target.parent)
        with target.open("xb") as out:
            for chunk in chunks(file, num_bytes):
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    for folder in made:
        store.sync_uploads(folder)


def _restore_blobs(store: Store, file: IO[bytes]) -> None:
    for digest, num_bytes in read_names(file):
        data = take(file, num_bytes)
        if not DIGEST.fullmatch(digest) or sha256(data).hexdigest() != digest:
            raise ValueError(f"the picture {digest!r:.100} has other bytes")
        store.blobs.put(data)


def _restore_table(session: Session, table: Table, file: IO[bytes]) -> None:
    rows: list[dict[str, object]] = []
    for row in read_rows(file, list(table.columns)):
        rows.append(row)
        if len(rows) == ROWS_AT_ONCE:
            _insert(session, table, rows)
            rows = []
    if rows:
        _insert(session, table, rows)


def _insert(session: Session, table: Table, rows: list[dict[str, object]]) -> None:
    if table is CatalogueClockRow.__table__:
        (row,) = rows  # the migrations have made it
        session.execute(update(CatalogueClockRow).values(seq=row["seq"]))
        return
    session.connection().execute(insert(table), rows)


def _begin_anew(session: Session) -> None:
    """Let nothing be taken for what it was: the catalogue, and work under way."""
    clock = session.get_one(CatalogueClockRow, 1)
    clock.catalogue_id = uuid.uuid4().hex
    session.execute(
        update(JobRow)
        .where(JobRow.state == "leased")
        .values(
            state="ready",
            lease_token=None,
            leased_until=None,
            attempts=JobRow.attempts - 1,
        )
    )


def _disable_webhooks(session: Session) -> int:
    row = WebhookEndpointRow
    enabled = session.scalars(select(row).where(row.state == "enabled")).all()
    for endpoint in enabled:
        endpoint.state, endpoint.disabled_reason = "disabled", DISABLED
    return len(enabled)


class _Progress:
    """Counts the bytes that were read."""

    def __init__(self, on_progress: OnProgress, total: int) -> None:
        self._on_progress = on_progress
        self._total = total
        self._done = 0
        on_progress(0, total)

    @contextmanager
    def reading(self, archive: ZipFile, name: str) -> Iterator[IO[bytes]]:
        """Open a stream that is read to its end."""
        with archive.open(name) as file:
            yield file
        self._done += archive.getinfo(name).file_size
        self._on_progress(self._done, self._total)

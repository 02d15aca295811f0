"""Imports a folder of pictures as a brand's references."""

import time
from collections import ChainMap
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from detector.catalogue.brands import brand_id, brand_key, ensure_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.features import BATCH_SIZE, Extractor
from detector.catalogue.pictures import TakenPicture, take_picture
from detector.catalogue.reference_changes import put_reference
from detector.catalogue.references import brand_pictures
from detector.errors import DetectorError, InvalidInput, StoreFault
from detector.files import FoundFile, walk
from detector.images import read_image_bytes
from detector.store.store import Store
from detector.workers import map_in_order

BATCH_SECONDS = 2.0
"""Finished pictures wait at most about this long for their commit."""


@dataclass(slots=True)
class ImportReport:
    """What became of each file of the folder.

    Attributes:
        added, replaced, unchanged: external ids, in the order of the folder.
        skipped: name and reason of each file that did not go in.
        absent: external ids of references that the folder no longer holds; kept.
    """

    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A file after its work in a thread; nothing is taken in a dry run."""

    name: str
    sha256: str
    taken: TakenPicture | None = None


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that cannot go in."""

    name: str
    reason: str


def import_folder(
    store: Store,
    folder: Path,
    *,
    brand: str,
    extractor: Extractor,
    threads: int,
    dry_run: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> ImportReport:
    """Make every picture below a folder a reference of the brand.

    A picture goes in under its path relative to the folder. One that is there
    already, with the same bytes, costs reading it and no more; one with other bytes
    replaces its reference. What has been committed survives a kill at any moment, and
    the same import again completes the rest.

    Args:
        store: where to.
        folder: with pictures at any depth.
        brand: added if it is new.
        extractor: computes the features.
        threads: pictures worked on at once.
        dry_run: check every file and change nothing.
        on_progress: called with the number of files done and their total.

    Raises:
        InvalidInput: no such folder, or no brand name.
        StoreFault: the store cannot be written.
        Busy: another process kept the database to itself.
    """
    brand_key(brand)
    if not folder.is_dir():
        raise InvalidInput(
            f"{folder} is no folder.", remedy="Give the folder that holds the pictures."
        )
    files = list(walk(folder))
    run = _Import(store, brand, extractor, dry_run=dry_run)
    batch: list[_Prepared | _Refused] = []
    last_commit = time.monotonic()
    with closing(map_in_order(run.prepare, files, threads=threads)) as results:
        for num_done, prepared in enumerate(results, start=1):
            batch.append(prepared)
            is_due = time.monotonic() - last_commit > BATCH_SECONDS
            if len(batch) >= BATCH_SIZE or is_due or num_done == len(files):
                run.take_in(batch)
                on_progress(num_done, len(files))
                batch, last_commit = [], time.monotonic()
    present = {file.name for file in files}
    run.report.absent = [name for name in run.known if name not in present]
    return run.report


class _Import:
    """State of one import: what the brand had, and what became of each file."""

    def __init__(
        self, store: Store, brand: str, extractor: Extractor, *, dry_run: bool
    ) -> None:
        self.report = ImportReport()
        self._store = store
        self._brand = brand
        self._extractor = extractor
        self._dry_run = dry_run
        with store.database.read() as session:
            self.known = brand_pictures(session, brand_id(brand))
        if not dry_run:
            store.blobs.sweep()

    def prepare(self, file: FoundFile) -> _Prepared | _Refused:
        """Read one file and do all that needs no transaction; runs in a thread."""
        if file.reason is not None:
            return _Refused(file.name, file.reason)
        if not file.has_utf8_name:
            return _Refused(file.name, "its name is not UTF-8; rename it")
        try:
            data = read_image_bytes(file.path, limits=self._extractor.limits)
            digest = sha256(data).hexdigest()
            is_known = self.known.get(file.name) == digest
            if self._dry_run:
                if not is_known:
                    self._extractor.decode(data)
                return _Prepared(file.name, digest)
            if is_known:
                self._store.blobs.put(data)  # brings back one that was lost
                return _Prepared(file.name, digest)
            taken = take_picture(self._store, self._extractor, data)
            return _Prepared(file.name, digest, taken)
        except StoreFault:
            raise
        except DetectorError as error:
            return _Refused(file.name, str(error))

    def take_in(self, batch: Sequence[_Prepared | _Refused]) -> None:
        """Commit a batch, then report on it, in the folder's order."""
        report = self.report
        kept = [one for one in batch if isinstance(one, _Prepared)]
        new = [one for one in kept if self.known.get(one.name) != one.sha256]
        # What another import has put in meanwhile counts as having been there.
        before = ChainMap(self._save(new) if new else {}, self.known)
        report.skipped += [
            (one.name, one.reason) for one in batch if isinstance(one, _Refused)
        ]
        for one in kept:
            if one.name not in before:
                report.added.append(one.name)
            elif before[one.name] != one.sha256:
                report.replaced.append(one.name)
            else:
                report.unchanged.append(one.name)

    def _save(self, new: Sequence[_Prepared]) -> dict[str, str]:
        """Add or replace references; return what was there under their names."""
        if self._dry_run:
            return {}
        with self._store.database.write() as session:
            log = ChangeLog(session)
            owner = ensure_brand(session, self._brand)
            before = brand_pictures(session, owner, names=[one.name for one in new])
            for one in new:
                if one.taken is not None:
                    one.taken.save(session)
                put_reference(
                    session,
                    log,
                    brand_id=owner,
                    external_id=one.name,
                    digest=one.sha256,
                )
        return before

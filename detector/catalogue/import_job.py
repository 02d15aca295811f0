"""Does an import that was asked for, in batches that survive a kill."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from detector.catalogue.catalogue_file import (
    CatalogueFile,
    ImportFormat,
    open_catalogue,
)
from detector.catalogue.catalogue_import import (
    CatalogueImport,
    PreparedRow,
    Tally,
    batches,
)
from detector.catalogue.features import Extractor
from detector.catalogue.image_fetch import ImageFetcher
from detector.catalogue.imports import (
    GIVEN_UP,
    IMAGES_NAME,
    OPEN_STATES,
    TABLE_NAME,
    announce_end,
    discard_upload,
    record_tally,
    seen_products,
    upload_folder,
)
from detector.catalogue.picture_sources import UploadedPictures, WebPictures
from detector.errors import DetectorError, InvalidInput
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.tables import BrandRow
from detector.store.work_tables import ImportRow
from detector.store.worker import Context, is_permanent

log = logging.getLogger(__name__)

BATCH_ROWS = 8
"""Rows in one transaction: what a kill throws away, and a shutdown waits for."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """Handles jobs of the kind `catalogue_import`.

    Attributes:
        store: where to.
        extractor: computes features.
        fetcher: of pictures on the web.
        threads: pictures worked on at once.
        max_upload_bytes: that a ZIP may have once unpacked.
    """

    store: Store
    extractor: Extractor
    fetcher: ImageFetcher
    threads: int
    max_upload_bytes: int

    def run(self, context: Context) -> None:
        """Do it from where it was left; returns early if it is to stop."""
        import_id = str(context.job.payload["import_id"])
        with self.store.database.read() as session:
            row = session.get(ImportRow, import_id)
        if row is not None and _goes_on(row):
            try:
                if not self._do(context, row):
                    return
            except DetectorError as error:
                if not is_permanent(error):
                    raise
                with context.session() as session:
                    _end(session, import_id, "failed", error)
                    context.finish(session)
        else:
            with context.session() as session:
                context.finish(session)
        discard_upload(self.store, import_id)

    def _do(self, context: Context, row: ImportRow) -> bool:
        """Import the rest of the file; False if it was cut short."""
        with self._open(row) as file:
            with self.store.database.read() as session:
                brand = session.get_one(BrandRow, row.brand_id)
                brands = [brand.name, brand.id]
            total = row.num_rows_total
            if total is None:
                total = sum(1 for _ in file.items(brands))
            with context.session() as session:
                current = session.get_one(ImportRow, row.id, with_for_update=True)
                if _goes_on(current):
                    current.state, current.finished_at = "running", None
                    current.error_code = current.error = None
                    current.started_at = current.started_at or utc_now()
                current.num_rows_total = total
                current.format = file.format
            work = CatalogueImport(
                self.store,
                self.extractor,
                sources=[
                    *file.sources,
                    UploadedPictures(self.store, row.brand_id),
                    WebPictures(self.fetcher),
                ],
                brand_id=row.brand_id,
                is_dry_run=row.is_dry_run,
            )
            rest = islice(file.items(brands), row.num_rows, None)
            for batch in batches(rest, BATCH_ROWS):
                if context.should_stop():
                    return False
                prepared = work.prepare(batch, threads=self.threads)
                with context.session() as session:
                    if not _is_open(session, row.id):
                        context.finish(session)
                        return True
                    tally = _applied(session, row, work, prepared)
                    current = session.get_one(ImportRow, row.id)
                    current.num_rows += len(batch)
                    record_tally(session, current, tally)
                    context.progress(session)
                if not row.is_dry_run:
                    work.remember(prepared)
            with context.session() as session:
                if _is_open(session, row.id):
                    self._finish(session, row, work)
                context.finish(session)
        return True

    def _finish(self, session: Session, row: ImportRow, work: CatalogueImport) -> None:
        if row.mode == "replace":
            current = session.get_one(ImportRow, row.id)
            if current.counts.get("errors", 0) or current.format == ImportFormat.IMAGES:
                # A row that failed may be the very product that would be removed;
                # pictures alone name no products at all.
                current.counts = current.counts | {"removals_withheld": 1}
            else:
                seen = seen_products(session, row.id)
                with _perhaps_undone(session, is_undone=row.is_dry_run):
                    tally = work.remove_others(session, seen)
                record_tally(session, current, tally)
        _end(session, row.id, "done", None)

    @contextmanager
    def _open(self, row: ImportRow) -> Iterator[CatalogueFile]:
        folder = upload_folder(self.store, row.id)
        path, images = folder / TABLE_NAME, folder / IMAGES_NAME
        if not path.is_file():
            raise InvalidInput(
                "The uploaded file is no longer there.", remedy="Upload it again."
            )
        with open_catalogue(
            path,
            name=row.file_name,
            images=images if images.is_file() else None,
            format=ImportFormat(row.format),
            max_bytes=self.max_upload_bytes,
            max_image_bytes=self.extractor.limits.max_bytes,
        ) as file:
            yield file


def _applied(
    session: Session,
    row: ImportRow,
    work: CatalogueImport,
    prepared: Sequence[PreparedRow],
) -> Tally:
    with _perhaps_undone(session, is_undone=row.is_dry_run):
        return work.apply(session, prepared)


@contextmanager
def _perhaps_undone(session: Session, *, is_undone: bool) -> Iterator[None]:
    """Let changes stand, or take them back once they are counted."""
    if not is_undone:
        yield
        return
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _goes_on(row: ImportRow) -> bool:
    """Say if an import has more to do, one whose job is tried again included."""
    return row.state in OPEN_STATES or row.error_code == GIVEN_UP


def _is_open(session: Session, import_id: str) -> bool:
    """Lock an import, so that it is not canceled meanwhile, and say if it goes on."""
    row = session.get_one(ImportRow, import_id, with_for_update=True)
    return row.state in OPEN_STATES


def _end(
    session: Session, import_id: str, state: str, error: DetectorError | None
) -> None:
    row = session.get_one(ImportRow, import_id, with_for_update=True)
    if not _goes_on(row):
        return
    row.state, row.finished_at = state, utc_now()
    if error is not None:
        row.error_code, row.error = error.code, str(error)
    announce_end(session, row)

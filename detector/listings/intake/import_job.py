"""Takes a file of listing events that was asked for, in batches that survive a kill."""

from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from detector.errors import DetectorError, InvalidInput, QueueFull
from detector.images import ImageLimits
from detector.listings.intake.file_batches import RowReader, Tally, take_batch
from detector.listings.intake.listing_file import (
    ListingFile,
    ListingFileFormat,
    open_listing_file,
)
from detector.listings.intake.listing_import import (
    FILE_NAME,
    GIVEN_UP,
    OPEN_STATES,
    discard_upload,
    record_tally,
    upload_folder,
)
from detector.store.listing_tables import ListingImportRow
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.worker import Context, is_permanent

MAX_WAIT_S = 10.0
"""How long to leave a full queue alone; until then other jobs have the thread."""


@dataclass(frozen=True, slots=True)
class ListingImportJob:
    """Handles jobs of the kind `listing_import`.

    Attributes:
        store: where to.
        limits: of pictures that come along.
        max_queued: listings that may wait to be scanned; the import waits meanwhile.
        max_upload_bytes: that a file may have once unpacked.
        max_line_bytes: that an event may have.
    """

    store: Store
    limits: ImageLimits
    max_queued: int
    max_upload_bytes: int
    max_line_bytes: int

    def run(self, context: Context) -> None:
        """Do it from where it was left; returns early if it is to stop."""
        import_id = str(context.job.payload["import_id"])
        with self.store.database.read() as session:
            row = session.get(ListingImportRow, import_id)
        if row is not None and _goes_on(row):
            try:
                if not self._do(context, row):
                    return
            except QueueFull as full:
                with context.session() as session:
                    delay_s = min(full.retry_after_s, MAX_WAIT_S)
                    context.postpone(session, delay_s=delay_s)
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

    def _do(self, context: Context, row: ListingImportRow) -> bool:
        """Take the rest of the file; False if it was cut short."""
        path = upload_folder(self.store, row.id) / FILE_NAME
        if not path.is_file():
            raise InvalidInput(
                "The uploaded file is no longer there.", remedy="Upload it again."
            )
        reader = RowReader(row.marketplace, self.limits)
        with open_listing_file(
            path,
            name=row.file_name,
            format=ListingFileFormat(row.format),
            max_bytes=self.max_upload_bytes,
            max_line_bytes=self.max_line_bytes,
        ) as file:
            with context.session() as session:
                _begin(session, row.id, file)
            rest = islice(file.rows(), row.num_rows, None)
            for batch in reader.batches(rest):
                if context.should_stop():
                    return False
                with context.session() as session:
                    current = _locked(session, row.id)
                    if current.state not in OPEN_STATES:
                        context.finish(session)
                        return True
                    tally = take_batch(session, batch, max_queued=self.max_queued)
                    record_tally(session, current, tally)
                    context.progress(session)
        with context.session() as session:
            _end(session, row.id, "done", None)
            context.finish(session)
        return True


def _begin(session: Session, import_id: str, file: ListingFile) -> None:
    row = _locked(session, import_id)
    if not _goes_on(row):
        return
    if row.started_at is None:
        row.started_at = utc_now()
        record_tally(session, row, Tally(problems=list(file.warnings)))
    row.state, row.finished_at = "running", None
    row.error_code = row.error = None
    row.format = file.format


def _goes_on(row: ListingImportRow) -> bool:
    """Say if an import has more to do, one whose job is tried again included."""
    return row.state in OPEN_STATES or row.error_code == GIVEN_UP


def _locked(session: Session, import_id: str) -> ListingImportRow:
    """Read an import that nobody cancels until the session ends."""
    return session.get_one(ListingImportRow, import_id, with_for_update=True)


def _end(
    session: Session, import_id: str, state: str, error: DetectorError | None
) -> None:
    row = _locked(session, import_id)
    if not _goes_on(row):
        return
    row.state, row.finished_at = state, utc_now()
    if error is not None:
        row.error_code, row.error = error.code, str(error)

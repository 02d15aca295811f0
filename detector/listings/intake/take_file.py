"""Takes a file of listing events at once, in this process; again does no harm."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from detector.errors import QueueFull
from detector.images import ImageLimits
from detector.listings.intake.file_batches import RowReader, Tally, take_batch
from detector.listings.intake.listing_file import ListingFileFormat, open_listing_file
from detector.store.store import Store

MAX_WAIT_S = 2.0
"""How often to ask whether a full queue has room again: it is our own database."""


def take_file(
    store: Store,
    path: Path,
    *,
    marketplace: str,
    limits: ImageLimits,
    max_queued: int,
    max_bytes: int,
    max_line_bytes: int,
    format: ListingFileFormat = ListingFileFormat.AUTO,
    stopping: Event,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_wait: Callable[[QueueFull], None] = lambda full: None,
) -> Tally | None:
    """Take all events of a file, and wait where the queue of listings is full.

    Args:
        store: where to.
        path: the file; pictures that it names by `path` lie below its folder.
        marketplace: whose listings they are.
        limits: of pictures that come along.
        max_queued: listings that may wait to be scanned.
        max_bytes: that the file may have once unpacked.
        max_line_bytes: that an event may have.
        format: `auto` looks.
        stopping: set to end early.
        on_progress: called with rows done and their total.
        on_wait: called each time that the queue is found full.

    Returns:
        What became of the rows; None if it was ended early.

    Raises:
        InvalidInput: no such file, or none that can be read as a whole.
        StoreFault: the store cannot be written.
        Busy: another process kept the database to itself.
    """
    with open_listing_file(
        path, format=format, max_bytes=max_bytes, max_line_bytes=max_line_bytes
    ) as file:
        total = sum(1 for _ in file.rows())
        report = Tally(problems=list(file.warnings))
        reader = RowReader(marketplace, limits, path.parent)
        on_progress(0, total)
        for batch in reader.batches(file.rows()):
            while not stopping.is_set():
                try:
                    with store.database.write() as session:
                        tally = take_batch(session, batch, max_queued=max_queued)
                except QueueFull as full:
                    on_wait(full)
                    stopping.wait(min(full.retry_after_s, MAX_WAIT_S))
                else:
                    break
            else:
                return None
            report.add(tally)
            on_progress(report.num_rows, total)
    return report

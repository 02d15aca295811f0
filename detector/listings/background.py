"""What is done in the background about listings, and what time does to them."""

from collections.abc import Callable, Mapping

from detector.images import ImageLimits
from detector.listings.given_up import end_given_up_listings
from detector.listings.intake.import_job import ListingImportJob
from detector.listings.sweeps import sweep_list
from detector.listings.sweeps.sweep_job import SweepJob
from detector.listings.sweeps.tending import (
    ask_for_sweep,
    end_given_up_sweeps,
    forget,
)
from detector.store.chores import Chore, Chores
from detector.store.listing_tables import IMPORT_KIND
from detector.store.store import Store
from detector.store.worker import Context, Handler
from models.embedder import Embedder

END_EVERY_S = 5.0
SWEEP_EVERY_S = 2.0
FORGET_EVERY_S = 3600.0


def listing_handlers(
    store: Store,
    embedder: Callable[[], Embedder],
    limits: ImageLimits,
    *,
    max_queued: int,
    max_upload_bytes: int,
    max_line_bytes: int,
) -> Mapping[str, Handler]:
    """Name the handlers of files of listings, and of sweeps.

    Args:
        store: where listings are.
        embedder: gives the copy embedder, as it is at the time.
        limits: of pictures that come with a file.
        max_queued: listings that may wait to be scanned.
        max_upload_bytes: that a file may have once unpacked.
        max_line_bytes: that one event in it may have.
    """
    importing = ListingImportJob(
        store, limits, max_queued, max_upload_bytes, max_line_bytes
    )

    def sweep(context: Context) -> None:
        SweepJob(store.database, embedder()).run(context)

    return {IMPORT_KIND: importing.run, sweep_list.KIND: sweep}


class ListingTender:
    """A thread that lets listings age well; several processes may have one.

    New references are held against what was listed before, scans that were given up
    come to an end, and what nobody needs any more is deleted.

    Args:
        store: where listings are.
        sweep_days: listings of these last days are swept.
        sweep_max_looks: most listings that one sweep has looked at again.
        keep_days: days that a picture is kept after its last listing has ended.
        on_asked: told that there is a new job.
    """

    def __init__(
        self,
        store: Store,
        *,
        sweep_days: int,
        sweep_max_looks: int,
        keep_days: int,
        on_asked: Callable[[], None],
    ) -> None:
        database = store.database

        def sweep() -> None:
            if ask_for_sweep(database, days=sweep_days, max_looks=sweep_max_looks):
                on_asked()

        def tidy() -> None:
            forget(store, keep_days=keep_days, should_stop=chores.should_stop)

        self._chores = chores = Chores(
            "tend-listings",
            Chore(END_EVERY_S, lambda: end_given_up_listings(database)),
            Chore(END_EVERY_S, lambda: end_given_up_sweeps(database)),
            Chore(SWEEP_EVERY_S, sweep),
            Chore(FORGET_EVERY_S, tidy),
        )

    def start(self) -> None:
        """Begin."""
        self._chores.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._chores.stop()

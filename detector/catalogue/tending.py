"""Keeps a running process in step with the catalogue, so that requests need not."""

import logging
import threading
import time

from detector.catalogue.leftovers import end_given_up, sweep_files
from detector.catalogue.reference_changes import expire_references
from detector.catalogue.search_index import SearchIndex
from detector.errors import DetectorError
from detector.store.store import Store

log = logging.getLogger(__name__)

EVERY_S = 0.5
EXPIRE_EVERY_S = 5.0
SAVE_EVERY_S = 60.0
SWEEP_EVERY_S = 3600.0


class Tender:
    """A thread that lets the catalogue age well.

    References expire, the index follows and is saved, and what work that died left
    behind is ended or deleted.

    Args:
        store: where the catalogue is.
        index: that this process searches; None if it searches none.
    """

    def __init__(self, store: Store, index: SearchIndex | None) -> None:
        self._store = store
        self._index = index
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tend-catalogue")
        self._saved_at = time.monotonic()
        self._expired_at: float | None = None
        self._swept_at: float | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            try:
                self._tend(time.monotonic())
            except DetectorError as error:
                log.warning(str(error))
            except Exception:
                # The thread must live on: without it nothing expires.
                log.exception("unexpected error while tending the catalogue")

    def _tend(self, now: float) -> None:
        if self._expired_at is None or now - self._expired_at >= EXPIRE_EVERY_S:
            self._expired_at = now
            expire_references(self._store.database)
            end_given_up(self._store.database)
        if self._index is not None:
            self._index.refresh()
            if self._index.is_worth_saving and now - self._saved_at >= SAVE_EVERY_S:
                self._saved_at = now
                self._index.save()
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY_S:
            self._swept_at = now
            sweep_files(self._store)

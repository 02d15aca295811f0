"""Keeps a running process in step with the catalogue, so that requests need not."""

from collections.abc import Callable

from detector.catalogue.leftovers import end_given_up, sweep_files
from detector.catalogue.reference_changes import expire_references
from detector.catalogue.search_index import SearchIndex
from detector.store.chores import Chore, Chores
from detector.store.store import Store

REFRESH_EVERY_S = 0.0
"""As often as there is time for chores."""
EXPIRE_EVERY_S = 5.0
SAVE_EVERY_S = 60.0
SWEEP_EVERY_S = 3600.0


class Tender:
    """A thread that lets the catalogue age well.

    References expire, the index follows and is saved, and what work that died left
    behind is ended or deleted.

    Args:
        store: where the catalogue is.
        index: gives the one that this process searches; None if it searches none.
    """

    def __init__(self, store: Store, index: Callable[[], SearchIndex] | None) -> None:
        self._index = index
        database = store.database
        self._chores = Chores(
            "tend-catalogue",
            Chore(EXPIRE_EVERY_S, lambda: expire_references(database)),
            Chore(EXPIRE_EVERY_S, lambda: end_given_up(database)),
            Chore(REFRESH_EVERY_S, self._refresh),
            Chore(SAVE_EVERY_S, self._save),
            Chore(SWEEP_EVERY_S, lambda: sweep_files(store)),
        )

    def start(self) -> None:
        """Begin."""
        self._chores.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._chores.stop()

    def _refresh(self) -> None:
        if self._index is not None:
            self._index().refresh()

    def _save(self) -> None:
        if self._index is not None:
            index = self._index()
            if index.is_worth_saving:
                index.save()

"""The search index: derived from the catalogue, kept on disk, brought up to date."""

import shutil
import threading
import time
from collections.abc import Callable

from detector.catalogue.changes import catalogue_id, changed_since, last_change
from detector.catalogue.features import (
    Extractor,
    complete_features,
)
from detector.catalogue.index_part import IndexPart, Shelf
from detector.catalogue.references import (
    all_reference_ids,
    count_references,
)
from detector.store.store import Store
from index.local_index import LocalIndex
from index.vector_index import VectorIndex
from models.embedder import Embedder

LOCAL = "local"
MOST_VOTED = 10_000
"""References up to which `auto` lets points vote. What voting takes grows with them: 14
ms of one core among 1,000, 2.5 s among 100,000; all the rest takes about 0.2 s."""
WINDOW = 50_000
"""Changes taken in at once; a kill costs a shared index no more than these."""
SAVE_AFTER = 256
"""Changes after which saving costs less than taking them in again next time."""

Progress = Callable[[int, int], None]


class SearchIndex:
    """One vector index per model and, where points vote, their codes' index.

    All follow the catalogue.

    Snapshots lie in `index/<catalogue id>/<part>`: those of another database would
    count changes that this one does not know. A model's part is named after its
    weights, too, so that one model's index lies beside another's.

    An index that processes share (Milvus) has one watermark, kept with it, and is
    changed by one process at a time: whoever sees that the catalogue is ahead takes
    the database's turn, reads the watermark, puts in what changed since as it is now,
    and then moves the watermark. Who comes second finds it moved. The turn's lock goes
    with its holder: after a kill at any moment the next one begins at the old
    watermark, and to put or remove an id again changes nothing. Without the turn a
    slow process could put an old vector over a newer one.
    """

    def __init__(
        self,
        store: Store,
        extractor: Extractor,
        *,
        threads: int,
        on_note: Callable[[str], None],
        on_refreshed: Callable[[float], None] = lambda seconds: None,
        anew: bool = False,
    ) -> None:
        """Load what is kept; `refresh` then brings it up to date.

        Args:
            store: the truth.
            extractor: names the models, and computes features that are missing.
            threads: pictures worked on at once where features are missing.
            on_note: told what the user should know, such as a rebuild.
            on_refreshed: told the seconds that taking in changes took.
            anew: ignore what is kept.
        """
        self._store = store
        self._extractor = extractor
        self._threads = threads
        self._on_note = on_note
        self._on_refreshed = on_refreshed
        self._refreshing = threading.Lock()
        self._was_checked = False
        with store.database.read() as session:
            self._catalogue_id = catalogue_id(session)
            num_references = count_references(session)
        self.folder = store.index_folder / self._catalogue_id
        self._shelf = Shelf(store, self.folder, on_note=on_note, anew=anew)
        self.parts = tuple(
            self._shelf.open(name, embedder)
            for name, embedder in [
                *([(LOCAL, None)] if _lets_vote(extractor, num_references) else []),
                *extractor.embedders.items(),
            ]
        )
        self._is_whole = all(len(p.index) == num_references for p in self.parts)

    def __len__(self) -> int:
        return min(len(part.index) for part in self.parts)

    @property
    def watermark(self) -> int:
        """The last change that every part has taken in."""
        return min(part.watermark for part in self.parts)

    @property
    def local(self) -> LocalIndex | None:
        """The voting index; None where points do not vote."""
        found = (p.index for p in self.parts if isinstance(p.index, LocalIndex))
        return next(found, None)

    @property
    def channels(self) -> list[tuple[str, Embedder, VectorIndex]]:
        """Kind, embedder and index of each model."""
        return [
            (part.name, part.embedder, part.index)
            for part in self.parts
            if part.embedder is not None and not isinstance(part.index, LocalIndex)
        ]

    @property
    def is_worth_saving(self) -> bool:
        """Whether a snapshot is missing, or far behind."""
        return any(
            part.watermark > 0
            and (part.saved is None or part.watermark - part.saved >= SAVE_AFTER)
            for part in self.parts
        )

    def refresh(
        self,
        on_progress: Progress = lambda done, total: None,
        on_taken_in: Progress = lambda done, total: None,
    ) -> int:
        """Take in what changed since; return the number of changes.

        Costs one small query where nothing did. Searches may go on meanwhile.

        Args:
            on_progress: called with done and total while features are computed, which
                is slow: after a change of model, say.
            on_taken_in: called with changes taken in and total, for each part anew.
        """
        with self._refreshing:
            started_at = time.perf_counter()
            with self._store.database.read() as session:
                last = last_change(session)
            num_behind = last - self.watermark
            if num_behind == 0 and self._is_whole:
                return 0
            self._complete_features(on_progress)
            with self._shelf.turn(self.parts):
                num_missing = max(self._follow(p, on_taken_in) for p in self.parts)
            self._is_whole = True
            if num_missing:
                self._on_note(
                    f"{num_missing} references cannot be found by a search: their "
                    "pictures could not be read. See `detector doctor`."
                )
            self._on_refreshed(time.perf_counter() - started_at)
            return num_behind

    def save(self) -> None:
        """Write snapshots, and delete those of other catalogues.

        A snapshot that cannot be written costs time later, and nothing else.
        """
        try:
            for part in self.parts:
                if not part.is_shared:
                    self._shelf.keep(part)
                elif part.saved is None:
                    # Made beside the one that is searched; up to date, it takes over.
                    with self._store.database.turn(part.place):
                        self._follow(part)
                        self._shelf.keep(part)
            self._shelf.is_anew = False
            for other in self._store.index_folder.iterdir():
                if other.is_dir() and other != self.folder:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError as error:
            self._on_note(f"The index could not be saved: {error}.")

    def _complete_features(self, on_progress: Progress) -> None:
        """Compute what a change of model or recipe left to compute.

        All references are looked at once, and later those that change: another
        process may import with another model.
        """
        with self._store.database.read() as session:
            changed = (
                changed_since(session, self.watermark) if self._was_checked else None
            )
            digests = self._extractor.incomplete(session, changed)
        results = complete_features(
            self._store, self._extractor, digests, threads=self._threads
        )
        for num_done, (digest, error) in enumerate(results, start=1):
            on_progress(num_done, len(digests))
            if error is not None:
                self._on_note(f"The reference picture {digest}: {error}")
        self._was_checked = True

    def _follow(
        self, part: IndexPart, on_taken_in: Progress = lambda done, total: None
    ) -> int:
        """Bring one part up to date; return how many references it must do without."""
        num_missing, begun_at = 0, part.watermark
        while True:
            with self._store.database.read() as session:
                last = last_change(session)
                until = min(part.watermark + WINDOW, last)
                changed = changed_since(session, part.watermark, until)
                num_missing += part.put(session, changed)
                if until == last and len(part.index) != count_references(session):
                    wanted = set(all_reference_ids(session))
                    held = part.index.ids
                    part.index.remove(held - wanted)
                    num_missing = part.put(session, sorted(wanted - held))
            part.watermark = until
            if part.is_shared and part.saved not in (None, until):
                self._shelf.keep(part)
            on_taken_in(until - begun_at, last - begun_at)
            if until == last:
                return num_missing


def _lets_vote(extractor: Extractor, num_references: int) -> bool:
    """Decide once for a running index, so that its answers do not change midway."""
    if extractor.voting == "auto":
        return num_references <= MOST_VOTED
    return extractor.voting == "on"

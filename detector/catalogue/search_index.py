"""The search index: derived from the catalogue, kept on disk, brought up to date."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from detector.catalogue.changes import catalogue_id, changed_since, last_change
from detector.catalogue.features import (
    Extractor,
    complete_features,
    stored_vectors,
    stored_votes,
)
from detector.catalogue.references import (
    all_reference_ids,
    chunks,
    count_references,
    picture_hashes,
)
from detector.matching.describe import RECIPE
from detector.store.store import Store
from index.errors import IndexFault
from index.faiss_index import FaissIndex
from index.local_index import LocalIndex
from index.vector_index import Origin
from models.embedder import Embedder

LOCAL = "local"
MOST_VOTED = 10_000
"""References up to which `auto` lets points vote. What voting takes grows with them: 14
ms of one core among 1,000, 2.5 s among 100,000; all the rest takes about 0.2 s."""
SAVE_AFTER = 256
"""Changes after which saving costs less than taking them in again next time."""

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class IndexPart:
    """One of the indexes, and the last change that it has taken in.

    Attributes:
        name: of its folder: `local` for voting codes, else the kind of the model.
        model: whose vectors it holds, or the recipe of its codes.
        weights_hash: of the model; empty for codes.
        embedder: None for codes.
        index: changed in place, so that a matcher can hold on to it.
        watermark: the change number.
        saved: the change that the snapshot on disk has taken in; None without one.
    """

    name: str
    model: str
    weights_hash: str
    embedder: Embedder | None
    index: LocalIndex | FaissIndex
    watermark: int = 0
    saved: int | None = None

    def put(self, session: Session, ids: Sequence[str]) -> int:
        """Hold these references as the catalogue has them now.

        Returns:
            How many of them have no features, and are therefore not in the index.
        """
        num_missing = 0
        for some in chunks(ids):
            digests = picture_hashes(session, some)
            pictures = sorted(set(digests.values()))
            self.index.remove(some)
            known: list[str] = []
            if isinstance(self.index, LocalIndex):
                votes = stored_votes(session, pictures)
                known = [name for name in digests if digests[name] in votes]
                self.index.add(known, [votes[digests[name]] for name in known])
            elif self.embedder is not None:
                vectors = stored_vectors(session, self.embedder, pictures)
                known = [name for name in digests if digests[name] in vectors]
                if known:
                    self.index.add(
                        known, np.stack([vectors[digests[name]] for name in known])
                    )
            num_missing += len(digests) - len(known)
        return num_missing


class SearchIndex:
    """One vector index per model and, where points vote, their codes' index.

    All follow the catalogue.

    Snapshots lie in `index/<catalogue id>/<part>`: those of another database would
    count changes that this one does not know.
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
        """Load what is on disk; `refresh` then brings it up to date.

        Args:
            store: the truth.
            extractor: names the models, and computes features that are missing.
            threads: pictures worked on at once where features are missing.
            on_note: told what the user should know, such as a rebuild.
            on_refreshed: told the seconds that taking in changes took.
            anew: ignore what is on disk.
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
        self.parts = tuple(
            self._open(name, embedder, anew=anew)
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
    def channels(self) -> list[tuple[str, Embedder, FaissIndex]]:
        """Kind, embedder and index of each model."""
        return [
            (part.name, part.embedder, part.index)
            for part in self.parts
            if part.embedder is not None and isinstance(part.index, FaissIndex)
        ]

    @property
    def is_worth_saving(self) -> bool:
        """Whether a snapshot is missing, or far behind."""
        return any(
            part.watermark > 0
            and (part.saved is None or part.watermark - part.saved >= SAVE_AFTER)
            for part in self.parts
        )

    def refresh(self, on_progress: Progress = lambda done, total: None) -> int:
        """Take in what changed since; return the number of changes.

        Costs one small query where nothing did. Searches may go on meanwhile.

        Args:
            on_progress: called with done and total while features are computed, which
                is slow: after a change of model, say.
        """
        with self._refreshing:
            started_at = time.perf_counter()
            with self._store.database.read() as session:
                last = last_change(session)
            num_behind = last - self.watermark
            if num_behind == 0 and self._is_whole:
                return 0
            self._complete_features(on_progress)
            with self._store.database.read() as session:
                last = last_change(session)
                num_missing = max(self._follow(p, session, last) for p in self.parts)
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
                origin = Origin(part.model, part.weights_hash, part.watermark)
                part.index.save(self.folder / part.name, origin)
                part.saved = origin.watermark
            for other in self._store.index_folder.iterdir():
                if other.is_dir() and other != self.folder:
                    shutil.rmtree(other, ignore_errors=True)
        except OSError as error:
            self._on_note(f"The index could not be saved: {error}.")

    def _open(self, name: str, embedder: Embedder | None, *, anew: bool) -> IndexPart:
        if embedder is None:
            part = IndexPart(name, RECIPE, "", None, LocalIndex())
        else:
            index = FaissIndex(embedder.dim)
            part = IndexPart(
                name, embedder.name, embedder.weights_hash, embedder, index
            )
        if not anew:
            self._load(part)
        return part

    def _load(self, part: IndexPart) -> None:
        """Take a snapshot if there is one that fits; else stay empty."""
        folder = self.folder / part.name
        try:
            index, watermark = type(part.index).load(
                folder, model=part.model, weights_hash=part.weights_hash
            )
        except FileNotFoundError:
            return
        except IndexFault as error:
            self._on_note(f"{error} This is being done now.")
            return
        with self._store.database.read() as session:
            last = last_change(session)
        if watermark > last:
            self._on_note(
                f"{folder} has seen change {watermark}, the catalogue is at {last}: "
                "it was restored from a backup. Rebuilding the index."
            )
            return
        part.index, part.watermark, part.saved = index, watermark, watermark

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

    def _follow(self, part: IndexPart, session: Session, last: int) -> int:
        """Bring one part up to date; return how many references it must do without."""
        num_missing = part.put(session, changed_since(session, part.watermark))
        part.watermark = last
        if len(part.index) != count_references(session):
            wanted = set(all_reference_ids(session))
            held = part.index.ids
            part.index.remove(held - wanted)
            num_missing = part.put(session, sorted(wanted - held))
        return num_missing


def _lets_vote(extractor: Extractor, num_references: int) -> bool:
    """Decide once for a running index, so that its answers do not change midway."""
    if extractor.voting == "auto":
        return num_references <= MOST_VOTED
    return extractor.voting == "on"

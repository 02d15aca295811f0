"""The parts of a search index, and the shelf where they are kept."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from detector.catalogue.changes import catalogue_id, last_change
from detector.catalogue.features import stored_vectors, stored_votes
from detector.catalogue.index_place import open_indexes
from detector.catalogue.references import chunks, picture_hashes
from detector.matching.describe import RECIPE
from detector.store.store import Store
from index.errors import IndexFault
from index.local_index import LocalIndex
from index.vector_index import Origin, VectorIndex
from models.embedder import Embedder


@dataclass(slots=True)
class IndexPart:
    """One of the indexes, and the last change that it has taken in.

    Attributes:
        name: `local` for voting codes, else the kind of the model.
        model: whose vectors it holds, or the recipe of its codes.
        weights_hash: of the model; empty for codes.
        embedder: None for codes.
        index: changed in place, so that a matcher can hold on to it.
        watermark: the change number.
        saved: the change that the snapshot on disk has taken in; None without one.
        is_shared: whether other processes search and change this very index.
    """

    name: str
    model: str
    weights_hash: str
    embedder: Embedder | None
    index: LocalIndex | VectorIndex
    watermark: int = 0
    saved: int | None = None
    is_shared: bool = False

    @property
    def place(self) -> str:
        """The name of its folder; see `place_of`."""
        return place_of(self.name, self.weights_hash)

    def put(self, session: Session, ids: Sequence[str]) -> int:
        """Hold these references as the catalogue has them now.

        Returns:
            How many of them have no features, and are therefore not in the index.
        """
        num_missing = 0
        for some in chunks(ids):
            digests = picture_hashes(session, some)
            pictures = sorted(set(digests.values()))
            known: list[str] = []
            if isinstance(self.index, LocalIndex):
                votes = stored_votes(session, pictures)
                known = [name for name in digests if digests[name] in votes]
                self.index.remove(some)
                self.index.add(known, [votes[digests[name]] for name in known])
            elif self.embedder is not None:
                vectors = stored_vectors(session, self.embedder, pictures)
                known = [name for name in digests if digests[name] in vectors]
                self.index.remove(sorted(set(some).difference(known)))
                if known:
                    self.index.put(
                        known, np.stack([vectors[digests[name]] for name in known])
                    )
            num_missing += len(digests) - len(known)
        return num_missing


class Shelf:
    """Finds the parts of a catalogue's index where they are kept, and keeps them there.

    Args:
        store: knows the catalogue, and where its vectors are.
        folder: of the parts; names them on a server, too.
        on_note: told what the user should know, such as a rebuild.
        anew: find nothing, until what was made is kept.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        on_note: Callable[[str], None],
        anew: bool,
    ) -> None:
        self._store = store
        self._folder = folder
        self._on_note = on_note
        self.is_anew = anew
        self._engine = open_indexes(store)

    @contextmanager
    def turn(self, parts: Iterable[IndexPart]) -> Iterator[None]:
        """Be the only process that changes what is shared, and know how far it is."""
        shared = [part for part in parts if part.is_shared]
        if not shared or self.is_anew:
            yield
            return
        with ExitStack() as turns:
            for part in sorted(shared, key=lambda part: part.place):
                turns.enter_context(self._store.database.turn(part.place))
            for part in shared:
                now = self._take_up(part.name, part.embedder)
                part.index, part.watermark, part.saved = (
                    now.index,
                    now.watermark,
                    now.saved,
                )
            yield

    def open(self, name: str, embedder: Embedder | None) -> IndexPart:
        """Take the part that is kept, if it fits; else begin with an empty one."""
        if embedder is None or self.is_anew or not self._engine.is_shared:
            return self._take_up(name, embedder)
        with self._store.database.turn(place_of(name, embedder.weights_hash)):
            return self._take_up(name, embedder)

    def _take_up(self, name: str, embedder: Embedder | None) -> IndexPart:
        found = None if self.is_anew else self._find(name, embedder)
        model, weights_hash = _made_from(embedder)
        index: LocalIndex | VectorIndex
        if found is not None:
            index, watermark = found
        elif embedder is None:
            index, watermark = LocalIndex(), 0
        else:
            index, watermark = (
                self._engine.create(
                    self._folder / place_of(name, weights_hash),
                    embedder.dim,
                    model=model,
                    weights_hash=weights_hash,
                ),
                0,
            )
        part = IndexPart(
            name,
            model,
            weights_hash,
            embedder,
            index,
            watermark,
            None if found is None else watermark,
            is_shared=embedder is not None and self._engine.is_shared,
        )
        if part.is_shared and part.saved is None and not self.is_anew:
            self.keep(part)
        return part

    def _find(
        self, name: str, embedder: Embedder | None
    ) -> tuple[LocalIndex | VectorIndex, int] | None:
        """Load the index that is kept, and its watermark; None if there is none."""
        load = LocalIndex.load if embedder is None else self._engine.load
        model, weights_hash = _made_from(embedder)
        folder = self._folder / place_of(name, weights_hash)
        try:
            index, watermark = load(folder, model=model, weights_hash=weights_hash)
        except FileNotFoundError:
            return None
        except IndexFault as error:
            self._on_note(f"{error} This is being done now.")
            return None
        with self._store.database.read() as session:
            last = last_change(session)
        if watermark > last:
            self._on_note(
                f"{folder} has seen change {watermark}, the catalogue is at {last}: "
                "it was restored from a backup. Rebuilding the index."
            )
            return None
        return index, watermark

    def keep(self, part: IndexPart) -> None:
        """Write the part, or move the watermark of a shared one."""
        origin = Origin(part.model, part.weights_hash, part.watermark)
        part.index.save(self._folder / part.place, origin)
        part.saved = origin.watermark


def forget_part(store: Store, name: str, *, model: str, weights_hash: str) -> None:
    """Delete what is kept of a model's index; fine if nothing is."""
    with store.database.read() as session:
        folder = store.index_folder / catalogue_id(session)
    open_indexes(store).drop(
        folder / place_of(name, weights_hash), model=model, weights_hash=weights_hash
    )


def place_of(name: str, weights_hash: str) -> str:
    """Name the folder of a part: each model's weights have one of their own."""
    return f"{name}-{weights_hash[:12]}" if weights_hash else name


def _made_from(embedder: Embedder | None) -> tuple[str, str]:
    """Name the model and its weights, or the recipe of the codes that vote."""
    if embedder is None:
        return RECIPE, ""
    return embedder.name, embedder.weights_hash

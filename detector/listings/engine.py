"""What answers questions about pictures: models, search index and matcher in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.references import find_references
from detector.catalogue.search_index import SearchIndex
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.images import DecodedImage
from detector.listings.scan import ScannedImage
from detector.listings.scan_record import Basis
from detector.matching.describe import RECIPE
from detector.matching.matcher import Matcher
from detector.matching.retrieve import Channel, Kind
from detector.matching.scoring import Scoring
from detector.matching.steps import Observe, Step, observe_nothing, timed
from detector.store.store import Store
from models.embedder import Embedder
from models.registry import load_embedder

THREADS_PER_CALL = 1
"""Threads inside one library call; there is a worker per core already."""


def load_embedders(
    copy: str, semantic: str | None, *, device: str
) -> Mapping[str, Embedder]:
    """Load embedders by kind: `copy`, and `semantic` where there is one.

    Args:
        copy: registry name of the copy embedder.
        semantic: of the other; None for none.
        device: `auto`, `cpu` or `cuda`.
    """
    return {
        kind: load_embedder(name, device=device, threads=THREADS_PER_CALL)
        for kind, name in {"copy": copy, "semantic": semantic}.items()
        if name is not None
    }


@dataclass(frozen=True, slots=True)
class Engine:
    """Open and ready. Safe to use from several threads.

    Attributes:
        store: knows the references.
        extractor: decodes queries on the path that references took.
        index: what the matcher searches; `refresh` lets it follow the catalogue.
        matcher: compares.
        observe: told how long the steps take.
    """

    store: Store
    extractor: Extractor
    index: SearchIndex
    matcher: Matcher
    observe: Observe = observe_nothing

    @property
    def basis(self) -> Basis:
        """What matches are computed with, as of now."""
        return Basis(
            recipe=RECIPE,
            models=tuple(
                {"kind": kind, "model": e.name, "weights_hash": e.weights_hash}
                for kind, e in self.extractor.embedders.items()
            ),
            policy=self.matcher.scoring.as_policy(),
            watermark=self.index.watermark,
        )

    @property
    def copy_channel(self) -> Channel:
        """The copy embedder and its index."""
        return next(c for c in channels_of(self.index) if c.kind is Kind.COPY)

    def match(self, data: bytes, *, limit: int) -> tuple[ScannedImage, DecodedImage]:
        """Match the bytes of one picture file.

        Returns:
            What was found, under no name, and the picture itself.

        Raises:
            UnreadableImage: no picture, or a damaged one.
            ImageTooLarge: over the limits.
        """
        with timed(self.observe, Step.DECODE):
            image = self.extractor.decode(data)
        result = self.matcher.match(image, limit=limit)
        with self.store.database.read() as session:
            ids = [match.reference_id for match in result.matches]
            references = find_references(session, ids)
        digest = sha256(data).hexdigest()
        return ScannedImage("", Path(), digest, result, references), image


def open_engine(
    store: Store,
    extractor: Extractor,
    *,
    threads: int,
    on_note: Callable[[str], None],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    observe: Observe = observe_nothing,
    on_refreshed: Callable[[float], None] = lambda seconds: None,
) -> Engine:
    """Bring the search index up to date and put the matcher on it.

    Args:
        store: the truth.
        extractor: names the models.
        threads: pictures worked on at once where features are missing.
        on_note: told what the user should know, such as a rebuild.
        on_progress: called with done and total while features are computed.
        observe: told how long the steps of a match take.
        on_refreshed: told the seconds that taking in changes took.
    """
    index = SearchIndex(
        store,
        extractor,
        threads=threads,
        on_note=on_note,
        on_refreshed=on_refreshed,
    )
    index.refresh(on_progress)
    if index.is_worth_saving:
        index.save()
    matcher = Matcher(
        references=StoredDescriptions(store),
        local_index=index.local,
        channels=channels_of(index),
        scoring=Scoring.load(),
        observe=observe,
    )
    return Engine(store, extractor, index, matcher, observe)


def channels_of(index: SearchIndex) -> list[Channel]:
    """Name what each embedder of the index is for."""
    return [Channel(model, part, Kind(kind)) for kind, model, part in index.channels]

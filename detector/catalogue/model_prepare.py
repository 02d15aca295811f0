"""Embedding every reference with another model, while the one in use serves."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from detector.catalogue.features import Extractor, complete_features
from detector.catalogue.index_check import verify_part
from detector.catalogue.search_index import Progress, SearchIndex
from detector.catalogue.serving_model import ModelState
from detector.errors import InvalidInput
from detector.store.inserting import insert_new
from detector.store.store import Store
from detector.store.tables import ModelRow
from models.embedder import Embedder

PAGE = 2_000
"""Pictures looked up at once: what is held in memory does not grow with them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found at the end of a preparation.

    Attributes:
        model: name of the model.
        weights_hash: of its weights.
        references: that its index holds.
        embedded: pictures that were embedded this time.
        unreadable: why pictures could not be embedded, by their SHA-256.
        faults: what is wrong with the index; empty if it can take over.
    """

    model: str
    weights_hash: str
    references: int
    embedded: int
    unreadable: dict[str, str]
    faults: tuple[str, ...]


def prepare_model(
    store: Store,
    extractor: Extractor,
    embedder: Embedder,
    *,
    threads: int,
    on_note: Callable[[str], None],
    on_progress: Progress,
    needs_calibration: bool = True,
) -> Prepared:
    """Embed all references with a model, and make its index beside the one in use.

    Vectors go into the database as they come, so that whatever ends this at any moment,
    the next call goes on where it was. References that come meanwhile are embedded,
    too; those that go leave no trace in the index. Nothing that serves is changed.

    Args:
        store: the catalogue.
        extractor: of the model in use; says how pictures are read.
        embedder: the other model.
        threads: pictures worked on at once.
        on_note: told what the user should know.
        on_progress: called with done and total while pictures are embedded.
        needs_calibration: refuse a model that was not calibrated.

    Raises:
        InvalidInput: it is not calibrated, or is the model in use.
    """
    if embedder.weights_hash == extractor.embedders["copy"].weights_hash:
        raise InvalidInput(
            f"{embedder.name} serves already.", remedy="Name another model."
        )
    if needs_calibration and embedder.calibration is None:
        raise InvalidInput(
            f"{embedder.name} is not calibrated: nobody has measured from which score "
            "on a picture is worth a closer look.",
            remedy="Measure it with scripts/calibrate_embedder.py, or take the model "
            "as it is with --uncalibrated: every search then looks closely at the 50 "
            "nearest.",
        )
    with store.database.write() as session:
        insert_new(
            session,
            ModelRow,
            name=embedder.name,
            weights_hash=embedder.weights_hash,
            state=ModelState.PREPARING,
        )
    prepared = follow_catalogue(
        store,
        extractor,
        embedder,
        threads=threads,
        on_note=on_note,
        on_progress=on_progress,
    )
    # Read back, as those will who are to search it.
    alone = shadow_extractor(extractor, embedder)
    kept = SearchIndex(store, alone, threads=threads, on_note=on_note)
    kept.refresh()
    faults = tuple(
        fault
        for part in kept.parts
        for fault in verify_part(store, part, lost=prepared.unreadable)
    )
    if not faults:
        with store.database.write() as session:
            row = session.get(ModelRow, embedder.name, with_for_update=True)
            if row is not None and row.state == ModelState.PREPARING:
                row.state = ModelState.READY
    return replace(prepared, faults=faults)


def follow_catalogue(
    store: Store,
    extractor: Extractor,
    embedder: Embedder,
    *,
    threads: int,
    on_note: Callable[[str], None],
    on_progress: Progress,
) -> Prepared:
    """Embed what a model lacks, and bring its index up to date.

    Args:
        store: the catalogue.
        extractor: says how pictures are read.
        embedder: the model.
        threads: pictures worked on at once.
        on_note: told what the user should know.
        on_progress: called with done and total while pictures are embedded.
    """
    alone = shadow_extractor(extractor, embedder)
    num_embedded, unreadable, after = 0, dict[str, str](), ""
    with store.database.read() as session:
        total = alone.count_incomplete(session)
    while True:
        with store.database.read() as session:
            digests = alone.incomplete_after(session, after, limit=PAGE)
        if not digests:
            break
        after = digests[-1]
        for digest, error in complete_features(store, alone, digests, threads=threads):
            if error is None:
                num_embedded += 1
            else:
                unreadable[digest] = str(error)
            on_progress(num_embedded + len(unreadable), total)
    # What came meanwhile, before where we were, is embedded by this.
    index = SearchIndex(store, alone, threads=threads, on_note=on_note)
    index.refresh()
    index.save()
    return Prepared(
        embedder.name,
        embedder.weights_hash,
        len(index),
        num_embedded,
        unreadable,
        faults=(),
    )


def shadow_extractor(extractor: Extractor, embedder: Embedder) -> Extractor:
    """Compute features with a model alone, on pictures read as they are read now."""
    return replace(extractor, embedders={"copy": embedder}, voting="off")

"""Moving the search index from one engine to another while the old one serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from detector.catalogue.features import Extractor, stored_vectors
from detector.catalogue.index_check import sample_references, verify_index
from detector.catalogue.search_index import Progress, SearchIndex
from detector.errors import InvalidInput
from detector.store.store import Store

NUM_COMPARED = 10
"""Nearest references of each sampled one that both indexes should name."""
LEAST_AGREEMENT = 0.98
"""Share of the old index's answers that the new one has to give, too."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What was found at the end of a move.

    Attributes:
        references: number of ids, by part.
        agreement: share of the old index's nearest that the new one names, too; 1 if
            there was nothing to search for.
        faults: what is wrong with the new index; empty if it can take over.
    """

    references: Mapping[str, int]
    agreement: float
    faults: tuple[str, ...]


def move_index(
    store: Store,
    extractor: Extractor,
    *,
    to: str | None,
    threads: int,
    on_note: Callable[[str], None],
    on_progress: Progress,
) -> Moved:
    """Fill the index at another place, and compare it with the one in use.

    The vectors are read from the database, which has them all, so the index in use goes
    on as it is. What changes in the catalogue meanwhile, and afterwards, is taken in
    by whoever opens the new index. A move to a server that was interrupted goes on
    where it was when it is started again; one to files starts again, which takes
    seconds for a million.

    Args:
        store: the catalogue, and the index in use.
        extractor: names the models.
        to: URL of the other place; None for files in the data folder.
        threads: pictures worked on at once where features are missing.
        on_note: told what the user should know.
        on_progress: called with done and total while features are computed, if any are
            missing, and again while each part of the new index is filled.

    Raises:
        InvalidInput: the index is there already, or `to` names no index.
        NotReady: a server cannot be used.
    """
    if to == store.index_url:
        raise InvalidInput(
            "The index is there already.",
            remedy="Leave DETECTOR_INDEX_URL as it was before the move, and name "
            "another place.",
        )
    old = SearchIndex(store, extractor, threads=threads, on_note=on_note)
    old.refresh(on_progress)
    moved = replace(store, index_url=to)
    new = SearchIndex(moved, extractor, threads=threads, on_note=on_note)
    new.refresh(on_progress, on_progress)
    new.save()
    faults = verify_index(moved, extractor, threads=threads)
    agreement = _agreement(store, old, new)
    if agreement < LEAST_AGREEMENT:
        faults.append(
            f"Only {agreement:.1%} of the answers to sampled searches are those of the "
            f"old index; {LEAST_AGREEMENT:.0%} were expected."
        )
    references = {part.name: len(part.index) for part in new.parts}
    return Moved(references, agreement, tuple(faults))


def _agreement(store: Store, old: SearchIndex, new: SearchIndex) -> float:
    """Search both for sampled references; tell what share of the answers is equal."""
    num_same = num_expected = 0
    for (_, embedder, before), (_, _, after) in zip(
        old.channels, new.channels, strict=True
    ):
        with store.database.read() as session:
            digests = sorted(set(sample_references(session).values()))
            vectors = list(stored_vectors(session, embedder, digests).values())
        if not vectors:
            continue
        queries = np.stack(vectors)
        for expected, found in zip(
            before.search(queries, NUM_COMPARED),
            after.search(queries, NUM_COMPARED),
            strict=True,
        ):
            num_expected += len(expected)
            num_same += len({hit.id for hit in expected} & {hit.id for hit in found})
    return num_same / num_expected if num_expected else 1.0

"""What can be said about the index on disk, and whether it is right."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from detector.catalogue.changes import catalogue_id, last_change
from detector.catalogue.features import Extractor, stored_vectors, stored_votes
from detector.catalogue.index_part import IndexPart
from detector.catalogue.index_place import open_indexes
from detector.catalogue.references import (
    all_reference_ids,
    count_references,
    picture_hashes,
)
from detector.catalogue.search_index import SearchIndex
from detector.store.store import Store
from index.errors import IndexFault
from index.local_index import LocalIndex
from index.snapshot import read_manifest

NUM_SEARCHED = 100
"""References searched for; an index that is wrong is rarely wrong in one place."""
NUM_HITS = 100
SAME = 1e-3
"""How far a picture's score against itself may be from 1."""


@dataclass(frozen=True, slots=True)
class SnapshotStatus:
    """What one stored part says about itself; `fault` if it cannot be used.

    On a server nobody knows `num_bytes`.
    """

    name: str
    model: str
    weights_hash: str
    num_references: int
    watermark: int
    num_bytes: int | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The stored parts beside the state of the catalogue."""

    folder: Path
    num_references: int
    last_change: int
    snapshots: tuple[SnapshotStatus, ...]

    def to_json(self) -> dict[str, object]:
        """Turn into what `index info --json` prints."""
        return asdict(self) | {"folder": str(self.folder)}


def describe_snapshots(store: Store) -> IndexStatus:
    """Read what the stored parts say about themselves, without loading them."""
    with store.database.read() as session:
        folder = store.index_folder / catalogue_id(session)
        num_references = count_references(session)
        last = last_change(session)
    found = sorted(p for p in folder.glob("*") if p.is_dir())
    kept = [
        SnapshotStatus(
            each.name,
            each.origin.model,
            each.origin.weights_hash,
            each.count,
            each.origin.watermark,
            num_bytes=None,
        )
        for each in open_indexes(store).stored(folder)
    ]
    return IndexStatus(folder, num_references, last, (*map(_describe, found), *kept))


def _describe(folder: Path) -> SnapshotStatus:
    num_bytes = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    try:
        manifest = read_manifest(folder)
    except (IndexFault, FileNotFoundError) as error:
        return SnapshotStatus(folder.name, "", "", 0, 0, num_bytes, str(error))
    return SnapshotStatus(
        folder.name,
        manifest.origin.model,
        manifest.origin.weights_hash,
        manifest.count,
        manifest.origin.watermark,
        num_bytes,
    )


def verify_index(store: Store, extractor: Extractor, *, threads: int) -> list[str]:
    """Compare the index on disk with the catalogue; list what is wrong.

    Being behind is not wrong: the next scan takes in what has changed.
    """
    faults: list[str] = []
    with store.database.read() as session:
        num_references = count_references(session)
    status = describe_snapshots(store)
    stored = {snapshot.name for snapshot in status.snapshots}
    index = SearchIndex(store, extractor, threads=threads, on_note=faults.append)
    if num_references:
        faults += [
            f"{index.folder / part.name}: no index is stored there."
            for part in index.parts
            if part.name not in stored
        ]
    index.refresh()
    for part in index.parts:
        faults += _verify_part(store, part)
    return faults


def _verify_part(store: Store, part: IndexPart) -> list[str]:
    with store.database.read() as session:
        wanted = all_reference_ids(session)
        faults = []
        held = part.index.ids
        missing, extra = set(wanted) - held, held - set(wanted)
        if missing:
            faults.append(f"{part.name}: {len(missing)} references are missing.")
        if extra:
            faults.append(f"{part.name}: {len(extra)} ids are no references.")
        digests = sample_references(session)
        faults += [
            f"{part.name}: a search for {name} does not find it."
            for name in _not_found(session, part, digests)
        ]
    return faults


def sample_references(session: Session) -> dict[str, str]:
    """Choose references evenly over the catalogue: id → hash of the picture."""
    every = all_reference_ids(session)
    step = max(1, len(every) // NUM_SEARCHED)
    return picture_hashes(session, every[::step])


def _not_found(
    session: Session, part: IndexPart, digests: Mapping[str, str]
) -> list[str]:
    """Search for references by their own features; list those that do not turn up."""
    pictures = sorted(set(digests.values()))
    if isinstance(part.index, LocalIndex):
        votes = stored_votes(session, pictures)
        # A picture without points is in the index, and no search finds it.
        known = [name for name in digests if len(votes.get(digests[name], ()))]
        hits = part.index.search([votes[digests[name]] for name in known], NUM_HITS)
        return [
            name
            for name, found in zip(known, hits, strict=True)
            if name not in {hit.id for hit in found}
        ]
    if part.embedder is None:
        return []
    vectors = stored_vectors(session, part.embedder, pictures)
    known = [name for name in digests if digests[name] in vectors]
    if not known:
        return []
    queries = np.stack([vectors[digests[name]] for name in known])
    return [
        name
        for name, found in zip(known, part.index.search(queries, 1), strict=True)
        if not found or found[0].score < 1 - SAME
    ]

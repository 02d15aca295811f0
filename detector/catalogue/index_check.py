"""What can be said about the index on disk, and whether it is right."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from detector.catalogue.changes import catalogue_id, changed_since, last_change
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
            _part_of(each.name),
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
        name = _part_of(folder.name)
        return SnapshotStatus(name, "", "", 0, 0, num_bytes, str(error))
    return SnapshotStatus(
        _part_of(folder.name),
        manifest.origin.model,
        manifest.origin.weights_hash,
        manifest.count,
        manifest.origin.watermark,
        num_bytes,
    )


def _part_of(place: str) -> str:
    """Name the part that a folder holds; the rest of its name tells the weights."""
    return place.partition("-")[0]


def verify_index(store: Store, extractor: Extractor, *, threads: int) -> list[str]:
    """Compare the index on disk with the catalogue; list what is wrong.

    Being behind is not wrong: the next scan takes in what has changed.
    """
    faults: list[str] = []
    with store.database.read() as session:
        num_references = count_references(session)
    status = describe_snapshots(store)
    stored = {(each.name, each.weights_hash) for each in status.snapshots}
    index = SearchIndex(store, extractor, threads=threads, on_note=faults.append)
    if num_references:
        faults += [
            f"{index.folder / part.place}: no index is stored there."
            for part in index.parts
            if (part.name, part.weights_hash) not in stored
        ]
    index.refresh()
    for part in index.parts:
        faults += verify_part(store, part)
    return faults


def verify_part(
    store: Store, part: IndexPart, *, lost: Collection[str] = ()
) -> list[str]:
    """Compare a part with the catalogue; list what is wrong.

    Args:
        store: the catalogue, which may go on changing.
        part: up to date a moment ago.
        lost: pictures that cannot be read, whose references are not expected.
    """
    with store.database.read() as session:
        wanted = all_reference_ids(session)
        faults = []
        late = set(changed_since(session, part.watermark))
        held = part.index.ids
        shown = picture_hashes(session, sorted(set(wanted) - held - late))
        missing = [name for name in shown if shown[name] not in lost]
        extra = held - set(wanted) - late
        if missing:
            faults.append(f"{part.name}: {len(missing)} references are missing.")
        if extra:
            faults.append(f"{part.name}: {len(extra)} ids are no references.")
        sample = sample_references(session)
        digests = {name: sample[name] for name in sample if name not in late}
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

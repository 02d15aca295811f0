"""Pictures that were looked at before, found again by how they look."""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from detector.listings.pictures.alike import (
    CLUSTER_BITS,
    TWIN_BITS,
    change,
    is_same,
    is_surely_same,
    is_twin,
)
from detector.listings.pictures.clusters import (
    join_cluster,
    merge_clusters,
    new_cluster,
)
from detector.listings.pictures.look import Look, unpack_vectors
from detector.store.database import Database
from detector.store.listing_tables import PictureRow
from index.hash_index import Hashes, HashIndex, Near
from models.embedder import RGB
from models.perceptual_hash import NUM_BYTES, THUMBNAIL_PX

MOST_NEAR = 64
"""Pictures with near hashes that are considered, the nearest first."""
MOST_COMPARED = 8
"""Twins, or clusters, that are compared by more than their hashes."""
PRUNED_AFTER = 20_000
"""New pictures after which those that were deleted meanwhile are looked for."""
_PRUNED_SHARE = 0.1
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What the database keeps of a picture's looks."""

    sha256: str
    cluster_id: str | None
    width: int
    height: int
    thumbnail: RGB
    vectors: NDArray[np.float32]


class KnownPictures:
    """Follows the table of pictures: their hashes in memory, 40 bytes for each.

    Nothing else is held: whatever else is asked of a picture is read from the caller's
    transaction, so that it is never out of date. Safe to use from several threads.
    """

    def __init__(self, database: Database, *, pruned_after: int = PRUNED_AFTER) -> None:
        """Read all hashes there are; 100,000 take 0.3 s.

        Args:
            database: whose pictures to follow.
            pruned_after: new pictures, and a tenth more than there were, after which
                those that were deleted leave the memory.
        """
        self._pruned_after = pruned_after
        self._index = HashIndex()
        self._seen = 0
        self._num_pruned_at = math.inf
        self._lock = threading.Lock()
        with database.read() as session:
            self.refresh(session)
        self._num_pruned_at = len(self._index)

    def __len__(self) -> int:
        return len(self._index)

    def refresh(self, session: Session) -> None:
        """Take in the pictures that others committed; one look at an index if none.

        Of a transaction that writes pictures itself, call it before they are written:
        what is rolled back would be remembered.
        """
        with self._lock:
            for rows in self._read_since(session, self._seen):
                self._index.add(*_hashes_of(rows))
                self._seen = rows[-1].seq
            most = (1 + _PRUNED_SHARE) * self._num_pruned_at + self._pruned_after
            if len(self._index) > most:
                self._prune(session)

    def find_twin(self, session: Session, look: Look) -> str | None:
        """Find a scanned picture so alike that its result holds for this one.

        Returns:
            The SHA-256 of a picture with a result of its own; None if there is none.
            Whether that result is still in force is for the caller to say.
        """
        near = self._near(session, look, TWIN_BITS)
        if not near:
            return None
        columns = select(PictureRow.seq, PictureRow.sha256, PictureRow.same_as)
        owners: dict[int, str] = {
            row.seq: row.same_as or row.sha256
            for row in session.execute(columns.where(PictureRow.seq.in_(near)))
        }
        digests = dict.fromkeys(owners[seq] for seq in near if seq in owners)
        digests.pop(look.sha256, None)
        nearest = list(digests)[:MOST_COMPARED]
        own = _read_kept(
            session,
            PictureRow.sha256.in_(nearest),
            PictureRow.same_as.is_(None),
            PictureRow.verdict.is_not(None),
        )
        kept = {each.sha256: each for each in own}
        for digest in nearest:
            if digest in kept and is_twin(look, kept[digest]):
                return digest
        return None

    def place(self, session: Session, look: Look) -> str:
        """Find the cluster of a new picture, or make one.

        The transaction holds the clock `picture`, and has called `refresh` before it
        wrote pictures of its own. A picture is held to the one that began a cluster,
        not to its nearest: else look-alikes would link up, and whoever sends a series
        that turns one picture into another could make them one.

        Returns:
            The cluster's id.
        """
        same = [
            each
            for each in self._founders(session, look)
            if each.cluster_id is not None and is_same(look, each)
        ]
        if not same:
            return new_cluster(session)
        same.sort(key=lambda each: change(look.thumbnail, each.thumbnail))
        best = same[0]
        surely = [each for each in same if is_surely_same(look, each)]
        one = {best.cluster_id, *(e.cluster_id for e in surely if is_same(best, e))}
        cluster_id = merge_clusters(session, {id for id in one if id is not None})
        join_cluster(session, cluster_id)
        return cluster_id

    def _founders(self, session: Session, look: Look) -> list[_Kept]:
        """Read the first pictures of the clusters that have the nearest hashes."""
        near = self._near(session, look, CLUSTER_BITS)
        if not near:
            return []
        columns = select(PictureRow.seq, PictureRow.cluster_id).where(
            PictureRow.seq.in_(near),
            PictureRow.sha256 != look.sha256,
            PictureRow.cluster_id.is_not(None),
        )
        clusters = {row.seq: row.cluster_id for row in session.execute(columns)}
        nearest = dict.fromkeys(clusters[seq] for seq in near if seq in clusters)
        first = (
            select(func.min(PictureRow.seq))
            .where(PictureRow.cluster_id.in_(list(nearest)[:MOST_COMPARED]))
            .group_by(PictureRow.cluster_id)
        )
        return _read_kept(session, PictureRow.seq.in_(session.scalars(first).all()))

    def _near(self, session: Session, look: Look, bits: int) -> list[int]:
        """Numbers of pictures with near hashes, the nearest first."""
        if look.perceptual_hash is None:
            return []
        seen = self._seen
        hashed = np.frombuffer(look.perceptual_hash, np.uint8)
        near = self._index.search_within(hashed[None], bits, limit=MOST_NEAR)[0]
        for rows in self._read_since(session, seen):
            ids, hashes = _hashes_of(rows)
            distances = np.bitwise_count(hashes ^ hashed).sum(axis=1, dtype=int)
            near += map(Near, ids.tolist(), distances.tolist())
        near.sort(key=lambda each: (each.distance, each.id))
        within = dict.fromkeys(each.id for each in near if each.distance <= bits)
        return list(within)[:MOST_NEAR]

    def _read_since(
        self, session: Session, seq: int
    ) -> Iterator[Sequence[Row[int, bytes | None]]]:
        query = select(PictureRow.seq, PictureRow.perceptual_hash)
        rows = session.execute(
            query.where(PictureRow.seq > seq).order_by(PictureRow.seq)
        )
        return rows.partitions(_AT_ONCE)

    def _prune(self, session: Session) -> None:
        """Forget pictures that were deleted, as far as this transaction can tell."""
        stored = np.fromiter(session.scalars(select(PictureRow.seq)), np.int64)
        ids = self._index.ids
        gone = np.setdiff1d(ids[ids <= stored.max(initial=-1)], stored)
        self._index.remove(gone)
        self._num_pruned_at = len(self._index)


def _hashes_of(
    rows: Sequence[Row[int, bytes | None]],
) -> tuple[NDArray[np.int64], Hashes]:
    """Numbers and hashes of those rows that have one."""
    hashed = [(row.seq, row.perceptual_hash) for row in rows if row.perceptual_hash]
    ids = np.array([seq for seq, _ in hashed], np.int64)
    joined = b"".join(bits for _, bits in hashed)
    return ids, np.frombuffer(joined, np.uint8).reshape(-1, NUM_BYTES)


def _read_kept(session: Session, *conditions: ColumnElement[bool]) -> list[_Kept]:
    """Read how pictures look; those of which that is not kept are left out."""
    query = select(
        PictureRow.sha256,
        PictureRow.cluster_id,
        PictureRow.width,
        PictureRow.height,
        PictureRow.thumbnail,
        PictureRow.vectors,
    )
    side = (THUMBNAIL_PX, THUMBNAIL_PX, 3)
    return [
        _Kept(
            row.sha256,
            row.cluster_id,
            row.width,
            row.height,
            np.frombuffer(row.thumbnail, np.uint8).reshape(side),
            unpack_vectors(row.vectors)[0],
        )
        for row in session.execute(query.where(*conditions))
        if row.width and row.height and row.thumbnail and row.vectors
    ]

"""Which stored pictures resemble new references: one matrix product a chunk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.catalogue.features import stored_vectors
from detector.catalogue.references import chunks, picture_hashes
from detector.listings.pictures.look import unpack_all
from detector.store.listing_tables import ListingImageRow, ListingRow, PictureRow
from detector.store.tables import CatalogueChangeRow, ReferenceRow
from models.embedder import Embedder, Vectors

BLOCK = 1024
"""Vectors on either side of one product, whose result then has 4 MB."""
DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """What is kept of a listing picture.

    Attributes:
        sha256: of its bytes.
        watermark: change of the catalogue that its result has seen.
        vectors: as `pack_vectors` packs them.
    """

    sha256: str
    watermark: int
    vectors: bytes


@dataclass(frozen=True, slots=True, eq=False)
class NewReferences:
    """References that came by some changes of the catalogue.

    Attributes:
        vectors: (m, dim), one of each picture.
        seqs: (m,) ascending; the change that each came by.
    """

    vectors: Vectors
    seqs: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.seqs)

    def scores(self, pictures: Sequence[StoredPicture]) -> NDArray[np.float32]:
        """Say how much each picture resembles a reference that it has not seen.

        Args:
            pictures: n of them, one at least.

        Returns:
            (n,) the best normalized score over regions and references; -inf where the
            picture's result has seen them all.
        """
        vectors, offsets = unpack_all([picture.vectors for picture in pictures])
        watermarks = np.array([picture.watermark for picture in pictures])
        first_new = np.searchsorted(self.seqs, watermarks, side="right")
        num, regions, dim = vectors.shape
        best = self._best(vectors.reshape(-1, dim), np.repeat(first_new, regions))
        return np.asarray((best.reshape(num, regions) - offsets).max(axis=1))

    def _best(
        self, regions: Vectors, first_new: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Take the largest product of each region with the references from a first."""
        best = np.full(len(regions), -np.inf, np.float32)
        for start in range(0, len(regions), BLOCK):
            some = slice(start, start + BLOCK)
            for first in range(0, len(self), BLOCK):
                others = self.vectors[first : first + BLOCK]
                likeness = regions[some] @ others.T
                if first_new[some].max() > first:
                    places = np.arange(first, first + len(others))
                    likeness[places < first_new[some, None]] = -np.inf
                np.maximum(best[some], likeness.max(axis=1), out=best[some])
        return best


def read_references(
    session: Session,
    embedder: Embedder,
    *,
    from_seq: int,
    to_seq: int,
    brand_id: str | None,
) -> NewReferences:
    """Read the references that came by changes after a number up to another.

    Those that are no longer searched are left out, and so are those that lack a vector.

    Args:
        session: to read with.
        embedder: whose vectors.
        from_seq: the change before the first.
        to_seq: the last change.
        brand_id: whose references; all brands' if None.
    """
    change = CatalogueChangeRow
    query = (
        select(change.reference_id, func.max(change.seq))
        .where(change.seq > from_seq, change.seq <= to_seq)
        .group_by(change.reference_id)
    )
    if brand_id is not None:
        query = query.join(ReferenceRow, ReferenceRow.id == change.reference_id)
        query = query.where(ReferenceRow.brand_id == brand_id)
    came = {id: seq for id, seq in session.execute(query)}
    seq_of: dict[str, int] = {}
    for id, digest in picture_hashes(session, sorted(came)).items():
        seq_of[digest] = max(came[id], seq_of.get(digest, 0))
    found = stored_vectors(session, embedder, sorted(seq_of))
    digests = sorted(found, key=lambda digest: seq_of[digest])
    vectors = np.empty((len(digests), embedder.dim), np.float32)
    for row, digest in enumerate(digests):
        vectors[row] = found.pop(digest)
    return NewReferences(vectors, np.array([seq_of[d] for d in digests], np.int64))


def next_pictures(session: Session, position: int, limit: int) -> list[tuple[int, str]]:
    """List number and SHA-256 of the pictures that follow a number."""
    query = (
        select(PictureRow.seq, PictureRow.sha256)
        .where(PictureRow.seq > position)
        .order_by(PictureRow.seq)
        .limit(limit)
    )
    return [(seq, digest) for seq, digest in session.execute(query)]


def read_pictures(
    session: Session,
    embedder: Embedder,
    digests: Sequence[str],
    *,
    since: datetime,
    to_seq: int,
) -> list[StoredPicture]:
    """Read those pictures that a recent listing shows and that may be news.

    Args:
        session: to read with.
        embedder: pictures that were looked at by another model are left out.
        digests: which pictures.
        since: when a listing that counts was received, at the earliest.
        to_seq: pictures whose result has seen this change are left out.
    """
    shown = (
        select(ListingImageRow.sha256)
        .join(ListingRow, ListingRow.id == ListingImageRow.listing_id)
        .where(ListingRow.state != DELETED, ListingRow.received_at >= since)
        .distinct()
    )
    columns = select(PictureRow.sha256, PictureRow.watermark, PictureRow.vectors).where(
        PictureRow.model == embedder.name,
        PictureRow.weights_hash == embedder.weights_hash,
        PictureRow.watermark < to_seq,
    )
    found = []
    # First who is shown, then their vectors: so each is found through an index, also
    # where a database knows too little of a new table to see that this is quicker.
    for some in chunks(digests):
        listed = list(session.scalars(shown.where(ListingImageRow.sha256.in_(some))))
        rows = session.execute(columns.where(PictureRow.sha256.in_(listed)))
        found += [
            StoredPicture(digest, watermark, vectors)
            for digest, watermark, vectors in rows
            if watermark is not None and vectors
        ]
    return found

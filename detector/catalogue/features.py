"""What is computed from a reference picture once, and stored beside it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, select
from sqlalchemy.orm import Session

from detector.catalogue.references import chunks
from detector.errors import DetectorError
from detector.images import DecodedImage, ImageLimits, decode_image
from detector.matching.describe import RECIPE, WORKING_PX, describe
from detector.store.inserting import insert_new
from detector.store.store import Store
from detector.store.tables import (
    DescriptionRow,
    EmbeddingRow,
    ImageRow,
    ReferenceRow,
)
from detector.workers import map_in_order
from models.embedder import Embedder

Voting = Literal["auto", "on", "off"]
"""Whether points vote for candidates besides the embeddings."""
VECTOR_DTYPE = np.dtype("<f4")
NUM_CODE_BYTES = 32
BATCH_SIZE = 16
"""Pictures in one transaction: a second's work, and few enough fsyncs."""


@dataclass(frozen=True, slots=True)
class Features:
    """A picture's features, ready to be stored.

    Attributes:
        sha256: of the file's bytes.
        description: local features, as bytes; None if they are stored already.
        votes: their codes for the voting index, (p, 32) uint8, as bytes.
        vectors: (model, weights hash) → float32 vector as bytes.
    """

    sha256: str
    format: str
    width: int
    height: int
    num_bytes: int
    description: bytes | None
    votes: bytes
    vectors: dict[tuple[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Extractor:
    """Computes the features that one configuration of the matcher needs.

    Attributes:
        embedders: by kind, `copy` and perhaps `semantic`.
        limits: of the files that are read.
        voting: whether the codes of points are searched, too.
    """

    embedders: Mapping[str, Embedder]
    limits: ImageLimits
    voting: Voting = "auto"

    def decode(self, data: bytes) -> DecodedImage:
        """Decode a reference or a query; both take this path, so that pixels agree.

        Raises:
            UnreadableImage: no picture, or a damaged one.
            ImageTooLarge: over the limits.
        """
        return decode_image(data, limits=self.limits, target_px=WORKING_PX)

    def extract(self, data: bytes, *, is_described: bool = False) -> Features:
        """Decode a picture and compute everything; raises as `decode` does.

        One picture at a time: its vector then never depends, in the last bit, on
        which others it was computed with.

        Args:
            data: the picture's file.
            is_described: leave out the description, which costs most.
        """
        image = self.decode(data)
        description, votes = None, b""
        if not is_described:
            described = describe(image.pixels, image.width, image.height)
            description, votes = described.to_bytes(), described.votes.tobytes()
        return Features(
            sha256=sha256(data).hexdigest(),
            format=image.format,
            width=image.width,
            height=image.height,
            num_bytes=len(data),
            description=description,
            votes=votes,
            vectors={
                (e.name, e.weights_hash): e.embed([image.pixels])[0]
                .astype(VECTOR_DTYPE)
                .tobytes()
                for e in self.embedders.values()
            },
        )

    def is_complete(self, session: Session, digest: str) -> bool:
        """Say whether everything about a picture is stored already."""
        found = select(ImageRow.sha256).where(
            ImageRow.sha256 == digest, not_(self._lacks_something())
        )
        return session.scalar(found) is not None

    def incomplete(
        self, session: Session, reference_ids: Sequence[str] | None = None
    ) -> list[str]:
        """List the references' pictures that lack features, as after a model change.

        Args:
            session: to read with.
            reference_ids: which references to look at; all of them if None.
        """
        found = select(ImageRow.sha256).where(self._lacks_something())
        if reference_ids is None:
            return list(session.scalars(self._all_incomplete()))
        digests: set[str] = set()
        for some in chunks(reference_ids):
            shown = select(ReferenceRow.image_sha256).where(ReferenceRow.id.in_(some))
            digests.update(session.scalars(found.where(ImageRow.sha256.in_(shown))))
        return sorted(digests)

    def incomplete_after(self, session: Session, digest: str, limit: int) -> list[str]:
        """List the next of all those pictures, a page of them, sorted."""
        following = self._all_incomplete().where(ImageRow.sha256 > digest)
        return list(session.scalars(following.limit(limit)))

    def count_incomplete(self, session: Session) -> int:
        """Count all those pictures."""
        every = self._all_incomplete().order_by(None).subquery()
        return session.execute(select(func.count()).select_from(every)).scalar_one()

    def _all_incomplete(self) -> Select[str]:
        is_used = exists().where(ReferenceRow.image_sha256 == ImageRow.sha256)
        found = select(ImageRow.sha256).where(self._lacks_something(), is_used)
        return found.order_by(ImageRow.sha256)

    def _lacks_something(self) -> ColumnElement[bool]:
        described = exists().where(
            DescriptionRow.image_sha256 == ImageRow.sha256,
            DescriptionRow.recipe == RECIPE,
        )
        embedded = [
            exists().where(
                EmbeddingRow.image_sha256 == ImageRow.sha256,
                EmbeddingRow.model == embedder.name,
                EmbeddingRow.weights_hash == embedder.weights_hash,
            )
            for embedder in self.embedders.values()
        ]
        return not_(and_(described, *embedded))


def save_features(session: Session, features: Features) -> None:
    """Store what is not stored yet; the picture itself must be a blob already."""
    digest = features.sha256
    insert_new(
        session,
        ImageRow,
        sha256=digest,
        format=features.format,
        width=features.width,
        height=features.height,
        num_bytes=features.num_bytes,
    )
    if features.description is not None:
        insert_new(
            session,
            DescriptionRow,
            image_sha256=digest,
            recipe=RECIPE,
            votes=features.votes,
            data=features.description,
        )
    for (model, weights_hash), vector in features.vectors.items():
        insert_new(
            session,
            EmbeddingRow,
            image_sha256=digest,
            model=model,
            weights_hash=weights_hash,
            vector=vector,
        )


def _is_described(session: Session, digest: str) -> bool:
    described = select(DescriptionRow.recipe).where(
        DescriptionRow.image_sha256 == digest, DescriptionRow.recipe == RECIPE
    )
    return session.scalar(described) is not None


def complete_features(
    store: Store, extractor: Extractor, digests: Sequence[str], *, threads: int
) -> Iterator[tuple[str, DetectorError | None]]:
    """Compute what stored pictures lack, as after a change of model or recipe.

    Args:
        store: where the pictures lie, and where the features go.
        extractor: computes them.
        digests: of the pictures, see `Extractor.incomplete`.
        threads: pictures worked on at once.

    Yields:
        The SHA-256 of each picture, and why it could not be completed, if so.
    """

    def extract(digest: str) -> Features | DetectorError:
        with store.database.read() as session:
            is_described = _is_described(session, digest)
        try:
            data = store.blobs.read(digest)
            return extractor.extract(data, is_described=is_described)
        except DetectorError as error:
            return error

    for start in range(0, len(digests), BATCH_SIZE):
        batch = digests[start : start + BATCH_SIZE]
        results = list(map_in_order(extract, batch, threads=threads))
        with store.database.write() as session:
            for features in results:
                if isinstance(features, Features):
                    save_features(session, features)
        for digest, result in zip(batch, results, strict=True):
            yield digest, None if isinstance(result, Features) else result


def stored_vectors(
    session: Session, embedder: Embedder, digests: Sequence[str]
) -> dict[str, NDArray[np.float32]]:
    """Read pictures' vectors, each (dim,); those that have none are left out."""
    columns = select(EmbeddingRow.image_sha256, EmbeddingRow.vector).where(
        EmbeddingRow.model == embedder.name,
        EmbeddingRow.weights_hash == embedder.weights_hash,
    )
    return {
        digest: np.frombuffer(vector, VECTOR_DTYPE).astype(np.float32)
        for some in chunks(digests)
        for digest, vector in session.execute(
            columns.where(EmbeddingRow.image_sha256.in_(some))
        )
    }


def stored_votes(
    session: Session, digests: Sequence[str]
) -> dict[str, NDArray[np.uint8]]:
    """Read pictures' codes for voting, each (p, 32); those without are left out."""
    columns = select(DescriptionRow.image_sha256, DescriptionRow.votes).where(
        DescriptionRow.recipe == RECIPE
    )
    return {
        digest: np.frombuffer(votes, np.uint8).reshape(-1, NUM_CODE_BYTES)
        for some in chunks(digests)
        for digest, votes in session.execute(
            columns.where(DescriptionRow.image_sha256.in_(some))
        )
    }

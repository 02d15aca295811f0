"""A database full of listing pictures and new references, as others would leave it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.brands import ensure_brand
from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.references import reference_id
from detector.listings.pictures.keep import CLOCK
from detector.listings.pictures.look import Look, pack_vectors
from detector.store.clock import next_seq
from detector.store.database import Database
from detector.store.listing_tables import ListingImageRow, ListingRow, PictureRow
from detector.store.table import utc_now
from detector.store.tables import EmbeddingRow, ImageRow, ReferenceRow
from models.embedder import Embedder, Vectors

PER_CLUSTER = 50
"""Pictures that look somewhat alike, as those of one kind of product do."""
BATCH = 1_000
LEAST_ALIKE, MOST_ALIKE = 0.8, 0.95
"""Inner products of a planted copy's region with its reference."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What was put into a database.

    Attributes:
        planted: SHA-256 of each picture that shows a copy of a reference.
        sample: of pictures, to search one by one.
        num_bytes: of all pictures' vectors.
    """

    planted: frozenset[str]
    sample: tuple[str, ...]
    num_bytes: int


def fill(
    database: Database,
    embedder: Embedder,
    *,
    num_pictures: int,
    num_references: int,
    num_planted: int,
    seed: int,
    tell: Callable[[str], None],
) -> Filled:
    """Store pictures of one listing each, then references that came later.

    Vectors are synthetic. Pictures lie in clusters, their regions about the whole;
    references lie anywhere. A planted picture has one region near a reference.
    """
    rng = np.random.default_rng(seed)
    references = _unit(rng.standard_normal((num_references, embedder.dim), np.float32))
    chosen = rng.choice(num_pictures, num_planted, replace=False)
    copied = {int(n): int(rng.integers(num_references)) for n in chosen}
    planted, sample, num_bytes = set[str](), [], 0
    for first, looks in _draw(embedder, num_pictures, references, copied, rng):
        tell(f"{first + len(looks):,} pictures")
        packed = {look.sha256: pack_vectors(look) for look in looks}
        num_bytes += sum(map(len, packed.values()))
        planted |= {looks[n - first].sha256 for n in copied if 0 <= n - first < BATCH}
        sample += [look.sha256 for look in looks[:: max(1, num_pictures // 500)]]
        _store_pictures(database, embedder, packed)
    _store_references(database, embedder, references)
    return Filled(frozenset(planted), tuple(sample), num_bytes)


def _draw(
    embedder: Embedder,
    num_pictures: int,
    references: Vectors,
    copied: dict[int, int],
    rng: np.random.Generator,
) -> Iterator[tuple[int, list[Look]]]:
    """Draw pictures, a batch at a time, with the number of the first."""
    regions, dim = len(embedder.regions), embedder.dim
    calibration = embedder.calibration
    offsets = np.zeros((1, regions), np.float32)
    thumbnail = np.zeros((32, 32, 3), np.uint8)
    for first in range(0, num_pictures, BATCH):
        count = min(BATCH, num_pictures - first)
        centers = rng.standard_normal((-(-count // PER_CLUSTER), 1, 1, dim), np.float32)
        whole = _unit(centers) + _noise(rng, (len(centers), PER_CLUSTER, 1, dim))
        near = whole + _noise(rng, (len(centers), PER_CLUSTER, regions, dim))
        vectors = _unit(near).reshape(-1, regions, dim)[:count]
        for number, reference in copied.items():
            if first <= number < first + count:
                cosine = rng.uniform(LEAST_ALIKE, MOST_ALIKE)
                region = int(rng.integers(regions))
                vectors[number - first, region] = _near(
                    rng, references[reference], cosine
                )
        if first == 0 and calibration is not None:
            flat = calibration.offsets(vectors.reshape(-1, dim))
            offsets = flat.reshape(count, regions)
        drawn = offsets[rng.integers(len(offsets), size=count)]
        looks = []
        for number in range(count):
            digest = sha256(f"{first + number}".encode()).hexdigest()
            looks.append(
                Look(
                    digest,
                    "jpeg",
                    1000,
                    1000,
                    150_000,
                    None,
                    thumbnail,
                    vectors[number],
                    drawn[number],
                )
            )
        yield first, looks


def _store_pictures(
    database: Database, embedder: Embedder, packed: dict[str, bytes]
) -> None:
    with database.write() as session:
        seq, now = next_seq(session, CLOCK, len(packed)), utc_now()
        listings = {digest: f"lst_{digest[:24]}" for digest in packed}
        session.add_all(
            PictureRow(
                sha256=digest,
                seq=seq + place,
                width=1000,
                height=1000,
                model=embedder.name,
                weights_hash=embedder.weights_hash,
                vectors=vectors,
                thumbnail=bytes(3_072),
                perceptual_hash=bytes(32),
                verdict="no_match",
                watermark=0,
            )
            for place, (digest, vectors) in enumerate(packed.items())
        )
        session.add_all(
            ListingRow(
                id=id,
                marketplace="benchmark",
                external_id=id,
                version=1,
                content_sha256=digest,
                state="scanned",
                details={"title": "A bag, hardly worn", "price": "12.50"},
                occurred_at=now,
            )
            for digest, id in listings.items()
        )
        session.flush()
        session.add_all(
            ListingImageRow(listing_id=id, position=0, sha256=digest)
            for digest, id in listings.items()
        )


def _store_references(
    database: Database, embedder: Embedder, references: Vectors
) -> None:
    with database.write() as session:
        brand_id = ensure_brand(session, "Benchmark")
        log = ChangeLog(session)
        for number, vector in enumerate(references):
            digest, name = sha256(b"reference %d" % number).hexdigest(), f"{number}"
            session.add(
                ImageRow(sha256=digest, format="jpeg", width=9, height=9, num_bytes=9)
            )
            session.flush()
            session.add(
                EmbeddingRow(
                    image_sha256=digest,
                    model=embedder.name,
                    weights_hash=embedder.weights_hash,
                    vector=vector.astype("<f4").tobytes(),
                )
            )
            id = reference_id(brand_id, name)
            session.add(
                ReferenceRow(
                    id=id, brand_id=brand_id, external_id=name, image_sha256=digest
                )
            )
            log.note(id, ChangeKind.ADD)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _noise(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Draw vectors of a length of about 0.7, which leaves a cosine of about 0.8."""
    scale = np.float32(0.7 / np.sqrt(shape[-1]))
    return np.asarray(scale * rng.standard_normal(shape, np.float32))


def _near(
    rng: np.random.Generator, vector: NDArray[np.float32], cosine: float
) -> NDArray[np.float32]:
    other = _unit(rng.standard_normal(len(vector), np.float32))
    other = _unit(other - (other @ vector) * vector)
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * other, np.float32)

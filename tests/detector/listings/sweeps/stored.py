"""Listings, pictures and references as others would have stored them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from detector.catalogue.brands import ensure_brand
from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.references import reference_id
from detector.listings.pictures.look import Look, pack_vectors
from detector.store.clock import next_seq
from detector.store.listing_tables import ListingImageRow, ListingRow, PictureRow
from detector.store.scan_tables import ScanMatchRow
from detector.store.table import utc_now
from detector.store.tables import EmbeddingRow, ImageRow, ReferenceRow
from models.embedder import Vectors
from tests.catalogues import GridEmbedder

EMBEDDER = GridEmbedder()


def unit(rng: np.random.Generator, count: int, dim: int = GridEmbedder.dim) -> Vectors:
    """Draw vectors of length 1."""
    vectors = rng.standard_normal((count, dim), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def near(rng: np.random.Generator, vector: Vectors, cosine: float) -> Vectors:
    """Draw a vector of length 1 with a given inner product with another one."""
    other = unit(rng, 1, len(vector))[0]
    other -= (other @ vector) * vector
    other /= np.linalg.norm(other)
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * other, np.float32)


def digest_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def add_reference(
    session: Session, name: str, vector: Vectors, *, brand: str = "Acme"
) -> str:
    """Add a reference of which only the vector is known; returns its id."""
    brand_id, digest = ensure_brand(session, brand), digest_of(f"reference {name}")
    session.add(ImageRow(sha256=digest, format="PNG", width=9, height=9, num_bytes=99))
    session.flush()
    session.add(
        EmbeddingRow(
            image_sha256=digest,
            model=EMBEDDER.name,
            weights_hash=EMBEDDER.weights_hash,
            vector=vector.astype("<f4").tobytes(),
        )
    )
    id = reference_id(brand_id, name)
    session.add(
        ReferenceRow(id=id, brand_id=brand_id, external_id=name, image_sha256=digest)
    )
    session.flush()
    ChangeLog(session).note(id, ChangeKind.ADD)
    return id


def pack(regions: Vectors, offsets: Sequence[float] | NDArray[np.float32]) -> bytes:
    """Pack vectors as a look at a picture would."""
    thumbnail = np.zeros((32, 32, 3), np.uint8)
    column = np.asarray(offsets, np.float32)
    look = Look("", "png", 9, 9, 99, None, thumbnail, regions, column)
    return pack_vectors(look)


def add_picture(
    session: Session,
    name: str,
    regions: Vectors,
    *,
    offsets: Sequence[float] | None = None,
    watermark: int = 0,
    **columns: object,
) -> str:
    """Add a picture that was looked at; returns its SHA-256."""
    given = {
        "model": EMBEDDER.name,
        "weights_hash": EMBEDDER.weights_hash,
        "verdict": "no_match",
        **columns,
    }
    session.add(
        PictureRow(
            sha256=digest_of(name),
            seq=next_seq(session, "picture"),
            vectors=pack(regions, [0.0] * len(regions) if offsets is None else offsets),
            watermark=watermark,
            **given,
        )
    )
    session.flush()
    return digest_of(name)


def add_listing(
    session: Session,
    name: str,
    pictures: Sequence[str],
    *,
    state: str = "scanned",
    received_at: datetime | None = None,
    deleted_at: datetime | None = None,
) -> str:
    """Add a listing that shows pictures, by their SHA-256; returns its id."""
    at = utc_now() if received_at is None else received_at
    session.add(
        ListingRow(
            id=f"lst_{name}",
            marketplace="shop",
            external_id=name,
            version=7,
            content_sha256=digest_of(f"listing {name}"),
            state=state,
            details={},
            occurred_at=at,
            received_at=at,
            deleted_at=deleted_at,
        )
    )
    session.flush()
    for position, digest in enumerate(pictures):
        session.add(
            ListingImageRow(listing_id=f"lst_{name}", position=position, sha256=digest)
        )
    session.flush()
    return f"lst_{name}"


def poor_match(scan_id: str) -> ScanMatchRow:
    """Make the one match of the one picture of a scan; its basis is `basis`."""
    return ScanMatchRow(
        scan_id=scan_id,
        position=0,
        rank=0,
        reference_id="ref",
        reference_sha256="0" * 64,
        basis_id="basis",
        watermark=0,
        similarity=0.1,
        relation="lookalike",
        mirrored=False,
        num_inliers=0,
        query_overlap=0,
        reference_overlap=0,
        signals={},
    )


def ago(**delta: float) -> datetime:
    """Say when that was."""
    return utc_now() - timedelta(**delta)

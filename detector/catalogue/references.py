"""References: a brand's genuine pictures, and the ids made for them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from detector.store.blobs import Blobs
from detector.store.table import utc_now
from detector.store.tables import (
    BrandRow,
    ImageRow,
    ProductRow,
    ReferenceProductRow,
    ReferenceRow,
)
from detector.workers import map_in_order

ACTIVE = "active"
MAX_PARAMETERS = 500
"""Ids in one query; far below the limit of every database."""
LOOKS_AT_ONCE = 16
"""Pictures whose sizes are asked for at once: a bucket takes its time."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as results name it.

    Attributes:
        product_id: the brand's own id of the product that it shows; the first by
            alphabet where it shows several, such as the sizes of a shirt.
    """

    id: str
    external_id: str
    brand: str
    product_id: str | None
    image_sha256: str
    role: str = "official"
    brand_id: str = ""


def reference_id(brand_id: str, external_id: str) -> str:
    """Make a reference's id, so that importing it again finds it again."""
    digest = sha256(f"{brand_id}\0{external_id}".encode()).hexdigest()
    return "ref_" + digest[:24]


def find_references(session: Session, ids: Iterable[str]) -> dict[str, Reference]:
    """Look references up by id; those that are not searched are left out."""
    found = {}
    for some in chunks(sorted(set(ids))):
        rows = session.execute(
            select(ReferenceRow, BrandRow.name, func.min(ProductRow.external_id))
            .join(BrandRow, BrandRow.id == ReferenceRow.brand_id)
            .outerjoin(
                ReferenceProductRow, ReferenceProductRow.reference_id == ReferenceRow.id
            )
            .outerjoin(ProductRow, ProductRow.id == ReferenceProductRow.product_id)
            .where(ReferenceRow.id.in_(some), _is_searched())
            .group_by(ReferenceRow.id, BrandRow.name)
        )
        for row, brand, product in rows:
            found[row.id] = Reference(
                row.id,
                row.external_id,
                brand,
                product,
                row.image_sha256,
                row.role,
                row.brand_id,
            )
    return found


def _is_searched() -> ColumnElement[bool]:
    """Tell the references that may be found: active, of an active brand."""
    brand = aliased(BrandRow)
    return and_(
        ReferenceRow.state == ACTIVE,
        or_(ReferenceRow.expires_at.is_(None), ReferenceRow.expires_at > utc_now()),
        ReferenceRow.brand_id.in_(select(brand.id).where(brand.state == ACTIVE)),
    )


def picture_hashes(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Look up which picture each shows; those that are not searched are left out."""
    columns = select(ReferenceRow.id, ReferenceRow.image_sha256).where(_is_searched())
    return {
        row_id: digest
        for some in chunks(ids)
        for row_id, digest in session.execute(columns.where(ReferenceRow.id.in_(some)))
    }


def brand_pictures(
    session: Session, brand_id: str, names: Sequence[str] | None = None
) -> dict[str, str]:
    """List a brand's references: external id → SHA-256 of the picture.

    Args:
        session: to read with.
        brand_id: whose references.
        names: external ids to look for; all of the brand's if None.
    """
    columns = select(ReferenceRow.external_id, ReferenceRow.image_sha256).where(
        ReferenceRow.brand_id == brand_id
    )
    if names is None:
        return {name: digest for name, digest in session.execute(columns)}
    return {
        name: digest
        for some in chunks(names)
        for name, digest in session.execute(
            columns.where(ReferenceRow.external_id.in_(some))
        )
    }


def all_reference_ids(session: Session) -> list[str]:
    """List every reference that is searched, sorted by id."""
    found = select(ReferenceRow.id).where(_is_searched())
    return list(session.scalars(found.order_by(ReferenceRow.id)))


def count_references(session: Session) -> int:
    """Count the references of all brands that are searched."""
    found = select(func.count(ReferenceRow.id)).where(_is_searched())
    return session.execute(found).scalar_one()


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of ids into pieces that fit into one query."""
    for start in range(0, len(ids), MAX_PARAMETERS):
        yield ids[start : start + MAX_PARAMETERS]


def lost_pictures(session: Session, blobs: Blobs) -> list[str]:
    """List the references' pictures whose file is missing or of another size."""
    columns = select(ImageRow.sha256, ImageRow.num_bytes).where(
        exists().where(ReferenceRow.image_sha256 == ImageRow.sha256)
    )
    rows = session.execute(columns.order_by(ImageRow.sha256)).all()
    sizes = map_in_order(
        blobs.size, (digest for digest, _ in rows), threads=LOOKS_AT_ONCE
    )
    return [
        digest
        for (digest, num_bytes), size in zip(rows, sizes, strict=True)
        if size != num_bytes
    ]

"""References as a brand sees its own: one, or a list in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.products import product_row_id
from detector.errors import UnknownReference
from detector.store.paging import SortKey, page
from detector.store.tables import (
    ImageRow,
    ProductRow,
    ReferenceProductRow,
    ReferenceRow,
)


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """A reference with what it shows.

    Attributes:
        row: as stored.
        image: its picture.
        product_ids: the brand's own ids, sorted.
    """

    row: ReferenceRow
    image: ImageRow
    product_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReferenceFilter:
    """Which references of a brand are wanted; None leaves all.

    `text` is part of the brand's own name of the picture.
    """

    state: str | None = None
    role: str | None = None
    product_id: str | None = None
    updated_since: datetime | None = None
    text: str | None = None


def find_reference(session: Session, *, brand_id: str, row_id: str) -> ReferenceRow:
    """Look a reference of a brand up.

    Raises:
        UnknownBrand: there is no such brand.
        UnknownReference: the brand has no such reference.
    """
    find_brand(session, brand_id)
    row = session.get(ReferenceRow, row_id)
    if row is None or row.brand_id != brand_id:
        raise UnknownReference(
            f"The brand has no reference {row_id[:100]!r}.",
            remedy="The list of references names the ids.",
        )
    return row


def list_references(
    session: Session,
    *,
    brand_id: str,
    wanted: ReferenceFilter,
    cursor: str | None,
    limit: int,
) -> tuple[list[ReferenceRow], str | None]:
    """List a brand's references in pages; those changed last come last if asked for.

    Raises:
        UnknownBrand: there is no such brand.
    """
    find_brand(session, brand_id)
    query = select(ReferenceRow).where(ReferenceRow.brand_id == brand_id)
    if wanted.state is not None:
        query = query.where(ReferenceRow.state == wanted.state)
    if wanted.role is not None:
        query = query.where(ReferenceRow.role == wanted.role)
    if wanted.text is not None:
        name = func.lower(ReferenceRow.external_id)
        query = query.where(name.contains(wanted.text.lower(), autoescape=True))
    if wanted.product_id is not None:
        showing = select(ReferenceProductRow.reference_id).where(
            ReferenceProductRow.product_id
            == product_row_id(brand_id, wanted.product_id)
        )
        query = query.where(ReferenceRow.id.in_(showing))
    keys: list[SortKey] = [ReferenceRow.id]
    if wanted.updated_since is not None:
        query = query.where(ReferenceRow.updated_at >= wanted.updated_since)
        keys = [ReferenceRow.updated_at, ReferenceRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


def view_references(
    session: Session, rows: Sequence[ReferenceRow]
) -> list[ReferenceView]:
    """Add to references what they show."""
    shown: dict[str, list[str]] = {row.id: [] for row in rows}
    for name, product in session.execute(
        select(ReferenceProductRow.reference_id, ProductRow.external_id)
        .join(ProductRow, ProductRow.id == ReferenceProductRow.product_id)
        .where(ReferenceProductRow.reference_id.in_(list(shown)))
    ):
        shown[name].append(product)
    digests = {row.image_sha256 for row in rows}
    found = session.scalars(select(ImageRow).where(ImageRow.sha256.in_(digests)))
    images = {image.sha256: image for image in found}
    return [
        ReferenceView(row, images[row.image_sha256], tuple(sorted(shown[row.id])))
        for row in rows
    ]

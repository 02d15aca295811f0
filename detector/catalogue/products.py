"""Products: what a brand's catalogue says of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, exists, func, or_, select
from sqlalchemy.orm import Session

from detector.catalogue.brands import find_brand
from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import Outcome, remove_references
from detector.errors import Unknown
from detector.store.paging import SortKey, page
from detector.store.tables import ProductRow, ReferenceProductRow, ReferenceRow

OWN_COLUMNS = ("title", "gtin")


def product_row_id(brand_id: str, external_id: str) -> str:
    """Make a product's id from the brand's own, so that it is found again."""
    digest = sha256(f"{brand_id}\0{external_id}".encode()).hexdigest()
    return "prod_" + digest[:24]


def put_product(
    session: Session, *, brand_id: str, external_id: str, fields: Mapping[str, object]
) -> tuple[ProductRow, Outcome]:
    """Add a product, or change the fields that are given; others stay as they are.

    Args:
        session: to write with.
        brand_id: whose it is.
        external_id: the brand's own id of it.
        fields: `title`, `gtin` and the other columns of a catalogue file.
    """
    row_id = product_row_id(brand_id, external_id)
    row = session.get(ProductRow, row_id)
    outcome = Outcome.UNCHANGED
    if row is None:
        row = ProductRow(
            id=row_id, brand_id=brand_id, external_id=external_id, details={}
        )
        session.add(row)
        outcome = Outcome.ADDED
    own = {name: value for name, value in fields.items() if name in OWN_COLUMNS}
    for name, value in own.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            outcome = outcome if outcome is Outcome.ADDED else Outcome.REPLACED
    details = row.details | {k: v for k, v in fields.items() if k not in OWN_COLUMNS}
    details = {name: value for name, value in details.items() if value is not None}
    if details != row.details:
        row.details = details
        outcome = outcome if outcome is Outcome.ADDED else Outcome.REPLACED
    session.flush()
    return row, outcome


def remove_products(
    session: Session, log: ChangeLog, ids: Iterable[str]
) -> tuple[int, int]:
    """Remove products, and the references that then show none.

    Returns:
        How many products, and how many references, there were.
    """
    num_products = num_references = 0
    for row_id in ids:
        row = session.get(ProductRow, row_id)
        if row is None:
            continue
        shown = session.scalars(
            select(ReferenceProductRow.reference_id)
            .where(ReferenceProductRow.product_id == row_id)
            .order_by(ReferenceProductRow.reference_id)
        ).all()
        session.execute(
            delete(ReferenceProductRow).where(ReferenceProductRow.product_id == row_id)
        )
        shows_another = exists().where(
            ReferenceProductRow.reference_id == ReferenceRow.id
        )
        lonely = [
            name
            for name in shown
            if session.scalar(
                select(ReferenceRow.id).where(ReferenceRow.id == name, ~shows_another)
            )
        ]
        num_references += remove_references(session, log, lonely)
        session.delete(row)
        session.flush()
        num_products += 1
    return num_products, num_references


def find_product(session: Session, *, brand_id: str, row_id: str) -> ProductRow:
    """Look a product of a brand up, by our id of it.

    Raises:
        UnknownBrand: there is no such brand.
        Unknown: the brand has no such product.
    """
    find_brand(session, brand_id)
    row = session.get(ProductRow, row_id)
    if row is None or row.brand_id != brand_id:
        raise Unknown(
            f"The brand has no product {row_id[:100]!r}.",
            remedy="The list of products names the ids.",
        )
    return row


def find_product_named(
    session: Session, *, brand_id: str, external_id: str
) -> ProductRow:
    """Look a product of a brand up, by the brand's own id of it.

    Raises:
        Unknown: the brand has no such product.
    """
    row = session.get(ProductRow, product_row_id(brand_id, external_id))
    if row is None:
        raise Unknown(
            f"The brand has no product {external_id!r}.",
            remedy=f"Add it first: POST /v1/brands/{brand_id}/products.",
        )
    return row


def list_products(
    session: Session,
    *,
    brand_id: str,
    updated_since: datetime | None,
    cursor: str | None,
    limit: int,
    text: str | None = None,
) -> tuple[list[ProductRow], str | None]:
    """List a brand's products in pages; those changed last come last if asked for.

    Args:
        session: to read with.
        brand_id: whose they are.
        updated_since: only those changed then or later.
        cursor: what came with the page before; None for the first.
        limit: most rows to return.
        text: part of the title, of the brand's own id or of the GTIN.

    Raises:
        UnknownBrand: there is no such brand.
    """
    find_brand(session, brand_id)
    query = select(ProductRow).where(ProductRow.brand_id == brand_id)
    if text is not None:
        columns = (ProductRow.title, ProductRow.external_id, ProductRow.gtin)
        query = query.where(
            or_(
                *(
                    func.lower(column).contains(text.lower(), autoescape=True)
                    for column in columns
                )
            )
        )
    keys: list[SortKey] = [ProductRow.id]
    if updated_since is not None:
        query = query.where(ProductRow.updated_at >= updated_since)
        keys = [ProductRow.updated_at, ProductRow.id]
    return page(session, query, keys=keys, cursor=cursor, limit=limit)


@dataclass(frozen=True, slots=True)
class ProductPictures:
    """The references that show a product.

    Attributes:
        num_references: how many there are.
        first_id: of one of them, always the same; None if there is none.
    """

    num_references: int = 0
    first_id: str | None = None


def count_references(
    session: Session, rows: Sequence[ProductRow]
) -> Mapping[str, ProductPictures]:
    """Count the references that show each product; those without any are left out."""
    shown = ReferenceProductRow
    counted = (
        select(shown.product_id, func.count(), func.min(shown.reference_id))
        .where(shown.product_id.in_([row.id for row in rows]))
        .group_by(shown.product_id)
    )
    return {
        name: ProductPictures(count, first_id)
        for name, count, first_id in session.execute(counted)
    }


def known_fields(row: ProductRow) -> dict[str, object]:
    """Collect what is known of a product, under the names of the catalogue file."""
    own = {name: getattr(row, name) for name in OWN_COLUMNS}
    return {name: value for name, value in own.items() if value} | row.details

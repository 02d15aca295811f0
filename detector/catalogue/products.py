"""Products: what a brand's catalogue says of them."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from detector.catalogue.changes import ChangeLog
from detector.catalogue.reference_changes import Outcome, remove_references
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

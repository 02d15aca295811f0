"""The list of authorized sellers as a file: what it changes, and how it is written."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.authorized_sellers import (
    FIELDS,
    new_row,
    seller_fields,
    set_seller_fields,
)
from detector.catalogue.brand_list import (
    Fields,
    Key,
    ListChange,
    compare_list,
    lock_brand,
    require_brand,
    write_list,
)
from detector.catalogue.formats.cells import shown
from detector.catalogue.formats.products import AcceptedBrands
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.sellers import COLUMNS, SellerRow, read_sellers
from detector.store.tables import AuthorizedSellerRow, BrandRow, ProductRow


def upload_sellers(
    session: Session, *, brand_id: str, file: BinaryIO, dry_run: bool = False
) -> ListChange:
    """Add and change entries as a file says; sellers that it does not list stay.

    A row says everything of its seller, but for whether the entry is disabled: a blank
    cell takes away what was there. The same file again changes nothing.

    Args:
        session: to write with, unless it is a dry run.
        brand_id: whose sellers they are.
        file: seekable.
        dry_run: only say what would change.

    Raises:
        UnknownBrand: there is no such brand.
        InvalidInput: the file as a whole cannot be read.
    """
    require_brand(session, brand_id) if dry_run else lock_brand(session, brand_id)
    brand = session.get_one(BrandRow, brand_id)
    query = select(AuthorizedSellerRow).where(AuthorizedSellerRow.brand_id == brand_id)
    rows = {(row.marketplace, row.seller_id): row for row in session.scalars(query)}
    products = select(ProductRow.external_id).where(ProductRow.brand_id == brand_id)
    listed = read_sellers(file, brands=AcceptedBrands.of([brand_id, brand.name]))
    change = compare_list(
        _check_scopes(listed, frozenset(session.scalars(products))),
        stored={key: seller_fields(row) for key, row in rows.items()},
        entry_of=_entry,
    )
    if dry_run:
        return change
    for (marketplace, seller_id), fields in change.changed.items():
        set_seller_fields(rows[marketplace, seller_id], fields)
    for (marketplace, seller_id), fields in change.new.items():
        row = new_row(brand_id, marketplace, seller_id)
        set_seller_fields(row, fields)
        session.add(row)
    session.flush()
    return change


def export_sellers(session: Session, *, brand_id: str) -> Iterator[str]:
    """Write a brand's authorized sellers as a file that can be uploaded again.

    Raises:
        UnknownBrand: there is no such brand.
    """
    require_brand(session, brand_id)
    row = AuthorizedSellerRow
    query = select(row).where(row.brand_id == brand_id)
    rows = session.scalars(query.order_by(row.marketplace, row.seller_id))
    return write_list(
        COLUMNS,
        ({name: getattr(each, name) for name in COLUMNS} for each in rows),
    )


def _check_scopes(
    rows: Iterable[SellerRow | RowProblem], products: frozenset[str]
) -> Iterator[SellerRow | RowProblem]:
    """Warn of products that the catalogue does not have; they may be misspelled."""
    for row in rows:
        scope = _scope_of(row.product_scope) if isinstance(row, SellerRow) else []
        if isinstance(row, SellerRow) and row.product_scope and not scope:
            yield _scope_problem(
                row,
                "bad_value",
                "names no product. The row is left out",
                "Leave it blank if the seller may offer all products.",
            )
            continue
        unknown = [name for name in scope if name not in products]
        if isinstance(row, SellerRow) and unknown:
            yield _scope_problem(
                row,
                "unknown_product",
                f"names {shown(unknown[0])}, which the catalogue does not have",
                "Part product ids with |, and check how they are spelled.",
                is_warning=True,
            )
        yield row


def _scope_of(cell: str | None) -> list[str]:
    words = (word.strip() for word in (cell or "").split("|"))
    return list(dict.fromkeys(word for word in words if word))


def _scope_problem(
    row: SellerRow, code: str, what: str, remedy: str, *, is_warning: bool = False
) -> RowProblem:
    return RowProblem(
        row.row,
        "product_scope",
        code,
        f"product_scope {what}.",
        remedy,
        "warning" if is_warning else "error",
    )


def _entry(listed: SellerRow) -> tuple[int, Key, Fields]:
    fields = {name: getattr(listed, name) for name in FIELDS}
    fields["product_scope"] = _scope_of(listed.product_scope)
    fields["countries"] = list(listed.countries)
    for name in ("valid_from", "valid_to"):
        day = fields[name]
        fields[name] = None if day is None else date.fromisoformat(day)
    return listed.row, (listed.marketplace, listed.seller_id), fields

"""The list of authorized sellers that a brand uploads."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from detector.catalogue.formats.cells import Cells
from detector.catalogue.formats.columns import (
    map_columns,
    named_rows,
    require_columns,
    unknown_columns,
)
from detector.catalogue.formats.products import AcceptedBrands
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import open_table

RELATIONS = ("own_store", "reseller", "licensee", "distributor")
COLUMNS = (
    "brand_id",
    "marketplace",
    "seller_id",
    "relation",
    "product_scope",
    "countries",
    "valid_from",
    "valid_to",
    "evidence_ref",
)


@dataclass(frozen=True, slots=True)
class SellerRow:
    """One seller whom the brand lets sell.

    Attributes:
        row: where it was listed.
        marketplace, seller_id: who it is.
        relation: one of RELATIONS.
        product_scope: what may be sold, in the brand's words; None for everything.
        countries: where, sorted as in the file; empty for everywhere.
        valid_from, valid_to: ISO dates, both days included; None for no limit.
        evidence_ref: where the contract is.
    """

    row: int
    marketplace: str
    seller_id: str
    relation: str
    product_scope: str | None = None
    countries: tuple[str, ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None
    evidence_ref: str | None = None


def read_sellers(
    file: BinaryIO, *, brands: AcceptedBrands | None = None
) -> Iterator[SellerRow | RowProblem]:
    """Check the header of authorised_sellers.csv, then yield its rows.

    A scope, country or date that cannot be read leaves the row out: without it the
    seller would be let sell more than the brand has said.

    Args:
        file: seekable; not closed.
        brands: names under which the file may mean the brand it is for.

    Raises:
        InvalidInput: the file as a whole cannot be read.
    """
    table = open_table(file)
    columns = map_columns(table.header, {name: name for name in COLUMNS})
    require_columns(
        table,
        columns,
        ["marketplace", "seller_id", "relation"],
        what="A list of authorized sellers",
    )
    accepted = brands or AcceptedBrands.of(())

    def rows() -> Iterator[SellerRow | RowProblem]:
        yield from unknown_columns(table, columns)
        for cells in named_rows(table, columns):
            if isinstance(cells, RowProblem):
                yield cells
                continue
            seller = None if cells.has_failed else _read_row(cells, accepted)
            yield from cells.problems
            if seller is not None and not cells.has_failed:
                yield seller

    return rows()


def _read_row(cells: Cells, brands: AcceptedBrands) -> SellerRow | None:
    brands.fail_if_other(cells, "brand_id")
    marketplace = cells.text("marketplace", is_required=True, limit=200)
    seller_id = cells.text("seller_id", is_required=True, limit=200)
    relation = cells.choice("relation", RELATIONS, is_required=True)
    scope = cells.text("product_scope", is_vital=True)
    countries = cells.countries("countries", is_vital=True)
    valid_from, valid_to = cells.period("valid_from", "valid_to", is_vital=True)
    evidence_ref = cells.text("evidence_ref")
    if marketplace is None or seller_id is None or relation is None:
        return None
    return SellerRow(
        cells.row,
        marketplace,
        seller_id,
        relation,
        scope,
        tuple(countries),
        valid_from,
        valid_to,
        evidence_ref,
    )

import io

import pytest

from detector.catalogue.formats.products import AcceptedBrands
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.sellers import COLUMNS, SellerRow, read_sellers
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import codes

HEAD = ",".join(COLUMNS)


def sellers_of(
    *lines: str, head: str = HEAD
) -> tuple[list[SellerRow], list[RowProblem]]:
    data = "\n".join([head, *lines]).encode()
    rows = list(read_sellers(io.BytesIO(data), brands=AcceptedBrands.of(["Acme"])))
    problems = [row for row in rows if isinstance(row, RowProblem)]
    return [row for row in rows if isinstance(row, SellerRow)], problems


def test_every_column_is_read():
    sellers, problems = sellers_of(
        "ACME,Bazaar,s-1,Own Store,Shoes,de|AT,2024-01-01,2024-12-31,=contract 7"
    )
    assert problems == []
    assert sellers == [
        SellerRow(
            2,
            "Bazaar",
            "s-1",
            "own_store",
            "Shoes",
            ("DE", "AT"),
            "2024-01-01",
            "2024-12-31",
            "=contract 7",
        )
    ]


def test_three_columns_are_enough():
    sellers, problems = sellers_of(
        "Bazaar,s-1,reseller", head="marketplace,seller_id,relation"
    )
    assert problems == []
    assert sellers == [SellerRow(2, "Bazaar", "s-1", "reseller")]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("Other,B,s,reseller,,,,,", "brand_id", "other_brand"),
        (",,s,reseller,,,,,", "marketplace", "required"),
        (",B,,reseller,,,,,", "seller_id", "required"),
        (",B,s,,,,,,", "relation", "required"),
        (",B,s,friend,,,,,", "relation", "bad_value"),
        (",B,s,reseller,,Germany,,,", "countries", "bad_country"),
        (",B,s,reseller,,EU,,,", "countries", "bad_country"),
        (",B,s,reseller,,,1.1.2024,,", "valid_from", "bad_date"),
        (",B,s,reseller,,,2024-01-02,2024-01-01,", "valid_to", "date_order"),
        (",B,s,reseller," + "x" * 10_001 + ",,,,", "product_scope", "too_long"),
        (",B,s,reseller,,,,,,surplus", None, "too_many_cells"),
    ],
)
def test_a_row_that_would_allow_too_much_is_left_out(line, column, code):
    sellers, problems = sellers_of(line, ",B,s,licensee,,,2024-01-01,2024-01-01,")
    assert codes(problems) == [(2, column, code)]
    assert [seller.row for seller in sellers] == [3]


def test_a_table_of_something_else_is_refused():
    with pytest.raises(InvalidInput, match="needs the column marketplace, relation"):
        sellers_of(head="seller_id,name")

from collections.abc import Collection

import pytest

from detector.catalogue.formats.canonical import COLUMNS
from detector.catalogue.formats.rows import ImageLink, ProductRow, RowProblem
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import codes, read

HEAD = "product_id,title,image_urls"
FULL = {
    "brand_id": "Acme",
    "product_id": "B-1",
    "title": "Tote",
    "image_urls": "https://a.example/1.jpg | https://a.example/2.jpg",
    "image_paths": "photos\\3.jpg",
    "image_role": "Known-Fake",
    "image_rights": "owned",
    "gtin": "4006381333931",
    "mpn": "M1",
    "sku": "S1",
    "variant_group": "totes",
    "category": "bags",
    "color": "red",
    "size": "M",
    "material": "leather",
    "description": "A bag,\nwith handles",
    "threshold_profile": "strict",
    "msrp": "1.234,50",
    "msrp_currency": "eur",
    "price_floor": "900",
    "product_url": "https://acme.example/tote",
    "countries": "de|FR",
    "launched_on": "2024-01-31",
    "discontinued_on": "2025-01-31T00:00:00",
    "right_ids": "tm1|tm2",
    "condition": "New",
    "action": "upsert",
}


def table(*lines: str, head: str = HEAD) -> str:
    return "\n".join([head, *lines]) + "\n"


def one(
    column: str, value: str, *, brands: Collection[str] = ()
) -> tuple[list[ProductRow], list[RowProblem]]:
    """Read a row with one more column."""
    quoted = '"' + value.replace('"', '""') + '"'
    text = table(f"1,T,https://a.example/1.jpg,{quoted}", head=f"{HEAD},{column}")
    return read(text, brands=brands)


def test_every_column_is_read():
    assert set(FULL) == set(COLUMNS)
    row = ",".join('"' + value + '"' for value in FULL.values())
    products, problems = read(table(row, head=",".join(FULL)), brands=["acme"])
    assert problems == []
    fake = {"role": "known_fake", "rights": "owned"}
    assert products == [
        ProductRow(
            row=2,
            action="upsert",
            product_id="B-1",
            fields={
                **{
                    name: FULL[name]
                    for name in (
                        "title",
                        "mpn",
                        "sku",
                        "variant_group",
                        "category",
                        "color",
                        "size",
                        "material",
                        "description",
                        "threshold_profile",
                        "price_floor",
                        "product_url",
                        "launched_on",
                    )
                },
                "gtin": "04006381333931",
                "msrp": "1234.50",
                "msrp_currency": "EUR",
                "countries": ["DE", "FR"],
                "discontinued_on": "2025-01-31",
                "right_ids": ["tm1", "tm2"],
                "condition": "new",
            },
            images=(
                ImageLink("https://a.example/1.jpg", **fake),
                ImageLink("https://a.example/2.jpg", **fake),
                ImageLink("photos/3.jpg", **fake),
            ),
        )
    ]


def test_what_the_file_does_not_say_is_left_out():
    products, problems = one("description", "")
    assert problems == []
    assert products[0].fields == {"title": "T"}
    assert products[0].images == (ImageLink("https://a.example/1.jpg"),)


def test_british_spelling_and_spaced_headings_are_understood():
    products, _ = read("Product ID;Title;Image URLs;Colour\n1;T;a.jpg;red\n")
    assert products[0].fields == {"title": "T", "color": "red"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_tables_as_spreadsheets_write_them(delimiter, encoding, line_end):
    lines = [HEAD, '1,"Größe 1\n, neu",a.jpg', "", "2,鞄,b.jpg"]
    text = line_end.join(line.replace(",", delimiter) for line in lines)
    products, problems = read(text.encode(encoding))
    assert problems == []
    assert [(p.row, p.product_id) for p in products] == [(2, "1"), (4, "2")]
    assert products[0].fields["title"] == f"Größe 1\n{delimiter} neu"


def test_a_deletion_needs_nothing_but_the_id():
    products, problems = read("product_id,action\n7,DELETE\n8,\n")
    assert products == [ProductRow(2, "delete", "7", {}, ())]
    assert codes(problems) == [(3, "title", "required"), (3, "image_urls", "no_image")]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("gtin", "4006381333932", "gtin_check_digit"),
        ("gtin", "4.00638E+12", "gtin_scientific"),
        ("msrp", "1,234", "bad_number"),
        ("msrp", "-3", "bad_number"),
        ("price_floor", "cheap", "bad_number"),
        ("msrp_currency", "€", "bad_currency"),
        ("product_url", "javascript:alert(1)", "bad_url"),
        ("product_url", "http://[", "bad_url"),
        ("countries", "DE|UK", "bad_country"),
        ("launched_on", "31/12/2024", "bad_date"),
        ("launched_on", "2024-02-30", "bad_date"),
        ("description", "x" * 10_001, "too_long"),
        ("description", "a\x00b", "control_character"),
        ("condition", "mint", "bad_value"),
        ("image_paths", "../../etc/passwd", "bad_link"),
        ("image_paths", "C:\\a.jpg", "bad_link"),
        ("image_paths", "/etc/passwd", "bad_link"),
        ("image_paths", "%2e%2e/a.jpg", "bad_link"),
        ("image_paths", "file:///etc/passwd", "bad_link"),
        ("image_paths", "https://a.example/" + "x" * 2000, "bad_link"),
    ],
)
def test_a_wrong_cell_costs_the_cell_and_not_the_product(column, value, code):
    products, problems = one(column, value)
    assert codes(problems) == [(2, column, code)]
    assert problems[0].severity == "error"
    assert [p.product_id for p in products] == ["1"]
    assert products[0].fields == {"title": "T"}
    assert len(products[0].images) == 1


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("brand_id", "Other", "other_brand"),
        ("brand_id", "x" * 10_001, "too_long"),
        ("image_role", "fake", "bad_value"),
        ("image_rights", "mine", "bad_value"),
        ("action", "drop", "bad_value"),
    ],
)
def test_a_cell_that_decides_what_the_row_means_costs_the_row(column, value, code):
    products, problems = one(column, value, brands=["Acme"])
    assert codes(problems) == [(2, column, code)]
    assert products == []


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (",T,a.jpg", ("product_id", "required")),
        ("x" * 51 + ",T,a.jpg", ("product_id", "too_long")),
        ('"a\nb",T,a.jpg', ("product_id", "control_character")),
        ("1,,a.jpg", ("title", "required")),
        ("1,T,", ("image_urls", "no_image")),
        ("1,T", ("image_urls", "no_image")),
        ("1,T,a.jpg,surplus", (None, "too_many_cells")),
    ],
)
def test_a_row_that_fails_says_why_and_the_others_go_on(row, expected):
    products, problems = read(table(row, "2,T,a.jpg"))
    assert codes(problems) == [(2, *expected)]
    assert [p.product_id for p in products] == ["2"]


def test_both_sides_of_the_limits():
    products, problems = read(
        table(
            "x" * 50 + "," + "t" * 150 + ",a.jpg",
            "2," + "t" * 151 + "," + "|".join(f"{i}.jpg" for i in range(11)),
            "3,T," + "|".join(f"{i}.jpg" for i in range(12)),
        )
    )
    assert codes(problems) == [
        (3, "title", "title_long"),
        (4, "image_urls", "too_many_images"),
    ]
    assert {problem.severity for problem in problems} == {"warning"}
    assert [len(p.images) for p in products] == [1, 11, 11]


def test_brands_are_compared_without_case_and_spaces():
    for name in ["ACME  shoes", " acme Shoes", "Ａcme shoes"]:  # noqa: RUF001
        products, _ = one("brand_id", name, brands=["brand_1", "Acme Shoes"])
        assert len(products) == 1


def test_an_end_before_the_beginning_is_told():
    products, problems = read(
        table(
            "1,T,a.jpg,2024-01-02,2024-01-01",
            head=f"{HEAD},launched_on,discontinued_on",
        )
    )
    assert codes(problems) == [(2, "discontinued_on", "date_order")]
    assert products[0].fields == {"title": "T", "launched_on": "2024-01-02"}


def test_an_unknown_column_and_a_repeated_product_are_warned_of():
    products, problems = read(
        table("1,T,a.jpg,x", "1,U,b.jpg,", head=f"{HEAD},shoe size")
    )
    assert codes(problems) == [
        (1, "shoe size", "unknown_column"),
        (3, None, "duplicate_product_id"),
    ]
    assert {problem.severity for problem in problems} == {"warning"}
    assert [p.fields["title"] for p in products] == ["T", "U"]


@pytest.mark.parametrize("value", ["=1+1", "@SUM(A1)", "+1", "-1", '=HYPERLINK("x")'])
def test_formulas_are_text(value):
    products, problems = one("description", value)
    assert problems == []
    assert products[0].fields["description"] == value


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("product_id,title", "needs the column image_urls"),
        ("product_id,image_urls", "needs the column title"),
        ("product_id,title,image_urls,color,colour", "say the same"),
    ],
)
def test_a_header_that_serves_no_row_refuses_the_file(head, message):
    with pytest.raises(InvalidInput, match=message):
        read(f"{head}\n1,2,3,4,5\n")

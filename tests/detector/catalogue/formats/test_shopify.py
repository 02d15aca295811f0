import pytest

from detector.catalogue.formats.html_text import html_to_text
from detector.catalogue.formats.rows import CatalogueFormat, ImageLink
from detector.catalogue.formats.shopify_groups import (
    MAX_ROWS_OF_A_PRODUCT,
    MAX_WAITING_ROWS,
)
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import codes, read

OLD = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Variant SKU,Variant Price,Variant Compare At Price,Variant Barcode,"
    "Image Src,Image Position,Variant Image,Google Shopping / MPN,"
    "Google Shopping / Condition"
)
NEW = (
    "URL handle,Title,Description,Vendor,Type,Option1 name,Option1 value,Option2 name,"
    "Option2 value,SKU,Price,Compare-at price,Barcode,Product image URL,"
    "Image position,Variant image URL,Google Shopping / Manufacturer part number (MPN),"
    "Google Shopping / Condition"
)
ROWS = """
hat,Hat,<p>Warm <b>w</b>ool</p><p>Soft</p>,Acme,Hats,Size,S,Colour,Red,H-S,10.00,12.00,\
'4006381333931,https://x.example/2.jpg,2,,M-1,new
hat,,,,,,M,,Red,,11.00,,,https://x.example/1.jpg,1,https://x.example/m.jpg,,
hat,,,,,,,,,,,,,https://x.example/3.jpg,3,,,
mug,Mug,,Acme,,Title,Default Title,,,,5,,,https://x.example/mug.jpg,1,,,
"""
SHARED = {
    "variant_group": "hat",
    "category": "Hats",
    "description": "Warm wool\nSoft",
    "color": "Red",
    "condition": "new",
    "mpn": "M-1",
}


def images(*names: object) -> tuple[ImageLink, ...]:
    return tuple(ImageLink(f"https://x.example/{name}.jpg") for name in names)


def small(*rows: str) -> str:
    return "\n".join(["Handle,Title,Variant SKU,Image Src", *rows]) + "\n"


@pytest.mark.parametrize("header", [OLD, NEW], ids=["old", "new"])
def test_variants_become_products_with_all_pictures(header):
    products, problems = read(header + ROWS, brands=["acme"])
    assert problems == []
    small_hat, medium_hat, mug = products
    assert (small_hat.row, small_hat.product_id) == (2, "H-S")
    assert small_hat.fields == SHARED | {
        "title": "Hat - S / Red",
        "size": "S",
        "msrp": "12.00",
        "gtin": "04006381333931",
    }
    assert small_hat.images == images("1", "2", "3")
    assert (medium_hat.row, medium_hat.product_id) == (3, "hat-M-Red")
    assert medium_hat.fields == SHARED | {
        "title": "Hat - M / Red",
        "size": "M",
        "msrp": "11.00",
    }
    assert medium_hat.images == images("m", "1", "2", "3")
    assert (mug.row, mug.product_id) == (5, "mug")
    assert mug.fields == {"title": "Mug", "msrp": "5"}
    assert mug.images == images("mug")


def test_a_handle_that_comes_back_is_one_product():
    text = small(
        "a,A,A1,https://x.example/1.jpg",
        "b,B,B1,https://x.example/2.jpg",
        "a,,A2,https://x.example/3.jpg",
        "b,,,https://x.example/4.jpg",
        "c,C,C1,https://x.example/5.jpg",
        "a,,,https://x.example/6.jpg",
    )
    products, problems = read(text)
    assert problems == []
    found = {p.product_id: (p.fields["title"], p.images) for p in products}
    assert len(products) == 4
    assert found == {
        "A1": ("A", images("1", "3", "6")),
        "A2": ("A", images("1", "3", "6")),
        "B1": ("B", images("2", "4")),
        "C1": ("C", images("5")),
    }


def test_a_product_with_no_handle_gets_one_as_in_shopify():
    products, problems = read(
        "Title,Product image URL\nBig Hat!,https://x.example/1.jpg\nCup,\n"
    )
    assert [p.product_id for p in products] == ["big-hat", "cup"]
    assert codes(problems) == [(3, "Product image URL", "no_image")]
    assert problems[0].severity == "warning"


def test_a_product_with_no_title_is_left_out():
    products, problems = read(small("a,,A1,", "b,B,B1,https://x.example/1.jpg"))
    assert [p.product_id for p in products] == ["B1"]
    assert (2, "Title", "required") in codes(problems)


def test_a_row_whose_cells_have_slipped_is_left_out_alone():
    products, problems = read(
        small("a,A,A1,https://x.example/1.jpg", "a,,A2,,surplus", "a,,A3,")
    )
    assert [p.product_id for p in products] == ["A1", "A3"]
    assert codes(problems) == [(3, None, "too_many_cells")]


def test_the_same_sku_twice_does_not_make_two_variants_one():
    products, problems = read(
        "Handle,Title,Option1 Name,Option1 Value,SKU,Image Src\n"
        "a,A,Size,S,X,https://x.example/1.jpg\na,,,M,X,\n"
    )
    assert problems == []
    assert [p.product_id for p in products] == ["X", "a-M"]


def test_long_ids_are_shortened_and_stay_apart():
    long = "x" * 60
    products, problems = read(
        small(f"a,A,{long}1,https://x.example/1.jpg", f"a,,{long}2,", f"{long},B,,")
    )
    ids = [p.product_id for p in products]
    assert len(set(ids)) == 3
    assert all(len(one) == 50 for one in ids)
    assert [code for _, _, code in codes(problems)] == [
        "id_shortened",
        "id_shortened",
        "no_image",
        "id_shortened",
    ]
    again, _ = read(small(f"a,A,{long}1,https://x.example/1.jpg", f"a,,{long}2,"))
    assert [p.product_id for p in again] == ids[:2]


def test_what_is_wrong_with_the_product_is_told_once():
    products, problems = read(
        "Handle,Title,SKU,Image Src,Google Shopping / MPN,Google Shopping / Condition\n"
        "a,A,A1,../1.jpg,M\x00,mint\na,,A2,,,\na,,A3,,own,used\n"
    )
    assert codes(problems) == [
        (2, "Image Src", "bad_link"),
        (2, "Image Src", "no_image"),
        (2, "Google Shopping / MPN", "control_character"),
        (2, "Google Shopping / Condition", "bad_value"),
    ]
    assert [p.fields.get("mpn") for p in products] == [None, None, "own"]
    assert [p.fields.get("condition") for p in products] == [None, None, "used"]


def test_another_vendor_is_a_warning():
    products, problems = read(
        "Handle,Title,Vendor,Image Src\na,A,Acme Kids,https://x.example/1.jpg\n",
        brands=["Acme"],
    )
    assert codes(problems) == [(2, "Vendor", "vendor_differs")]
    assert len(products) == 1


def test_a_product_has_at_most_eleven_pictures():
    rows = [f"a,,,https://x.example/{n}.jpg" for n in range(2, 20)]
    products, problems = read(small("a,A,A1,https://x.example/1.jpg", *rows))
    assert [code for _, _, code in codes(problems)] == ["too_many_images"]
    assert products[0].images == images(*range(1, 12))


def test_a_handle_with_rows_without_end_is_cut():
    rows = [f"a,,A{n},https://x.example/1.jpg" for n in range(MAX_ROWS_OF_A_PRODUCT)]
    products, problems = read(small("a,A,A,", *rows))
    assert len(products) == MAX_ROWS_OF_A_PRODUCT
    assert [code for _, _, code in codes(problems)] == ["too_many_rows_of_product"]


def test_more_scattered_products_than_memory_should_hold_are_told_of():
    num = MAX_WAITING_ROWS + 5
    rows = [f"h{n},T,s{n},https://x.example/1.jpg" for n in range(num)]
    rows += [f"h{n},,,https://x.example/2.jpg" for n in range(num)]
    products, problems = read(small(*rows))
    assert {problem.code for problem in problems} == {"handle_scattered"}
    assert len(products) >= MAX_WAITING_ROWS


def test_a_returning_handle_is_not_lost_where_reading_stops():
    products, problems = read(
        small(
            "a,A,A1,https://x.example/1.jpg", "b,B,B1,https://x.example/2.jpg", "a,,,"
        ),
        max_rows=2,
    )
    assert {p.product_id for p in products} == {"A1", "B1"}
    assert [problem.code for problem in problems] == ["too_many_rows"]


def test_a_long_description_is_measured_without_its_html():
    html = "<p style='" + "x" * 12_000 + "'>Short</p>"
    products, problems = read(
        f'Handle,Title,Body (HTML),Image Src\na,A,"{html}",https://x.example/1.jpg\n'
    )
    assert problems == []
    assert products[0].fields["description"] == "Short"
    text = f"Handle,Title,Body (HTML),Image Src\na,A,{'x' * 10_001},https://x/1.jpg\n"
    products, problems = read(text)
    assert codes(problems) == [(2, "Body (HTML)", "too_long")]
    assert "description" not in products[0].fields


def test_a_table_without_titles_is_refused():
    with pytest.raises(InvalidInput, match="needs the column title"):
        read("Handle,Image Src\na,b\n", format=CatalogueFormat.SHOPIFY)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain & simple", "plain & simple"),
        ("<b>bo</b>ld<br>line &amp; &lt;tag&gt;", "bold\nline & <tag>"),
        ("a<script>alert('<p>')</script>b", "a\nb"),
        ("a<style>p {x: y}</style><!-- <p>c</p> -->b", "a\nb"),
        ("a < b > c", "a < b > c"),
        ("a<!-- unclosed", "a"),
        ("a<script>unclosed", "a"),
        ("&nbsp;a\t \x0bb ", "a b"),
        ("<" * 100_000, "<" * 100_000),
        ("<a" * 100_000, "<a" * 100_000),
        ("", ""),
    ],
)
def test_html_becomes_text(html, text):
    assert html_to_text(html) == text

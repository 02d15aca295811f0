import pytest

from detector.catalogue.formats.google import split_links
from detector.catalogue.formats.rows import ImageLink
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import codes, read

NS = 'xmlns:g="http://base.google.com/ns/1.0"'
HEAD = "id\ttitle\timage_link"
LINE = "1\tTote\thttps://a.example/1.jpg"


def rss(*items: str) -> str:
    return f'<rss version="2.0" {NS}><channel><title>Shop</title>{"".join(items)}' + (
        "</channel></rss>"
    )


ITEM = (
    "<item><g:id>1</g:id><title>Tote</title><link>https://a.example/tote</link>"
    "<description>A <![CDATA[<bag>]]></description>"
    "<g:image_link>https://a.example/1.jpg</g:image_link>"
    "<g:additional_image_link>https://a.example/2,3.jpg</g:additional_image_link>"
    "<g:additional_image_link>https://a.example/4.jpg</g:additional_image_link>"
    "<g:shipping><g:price>4.00 EUR</g:price></g:shipping><g:price>9.90 EUR</g:price>"
    "<g:gtin>4006381333931</g:gtin><g:brand>Acme</g:brand>"
    "<g:google_product_category>3032</g:google_product_category>"
    "<g:item_group_id>totes</g:item_group_id><g:condition>new</g:condition></item>"
)
FIELDS = {
    "title": "Tote",
    "product_url": "https://a.example/tote",
    "description": "A <bag>",
    "msrp": "9.90",
    "msrp_currency": "EUR",
    "gtin": "04006381333931",
    "category": "3032",
    "variant_group": "totes",
    "condition": "new",
}
IMAGES = tuple(ImageLink(f"https://a.example/{n}.jpg") for n in ("1", "2,3", "4"))

TSV = (
    "id\ttitle\tlink\tdescription\timage link\tadditional image link\tprice\tgtin\t"
    "brand\tgoogle product category\titem group id\tcondition\tavailability\n"
    "1\tTote\thttps://a.example/tote\tA <bag>\thttps://a.example/1.jpg\t"
    '"https://a.example/2,3.jpg",https://a.example/4.jpg\t9.90 EUR\t4006381333931\t'
    "Acme\t3032\ttotes\tnew\tin stock\n"
)
ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom" {NS}><title>Shop</title>'
    + ITEM.replace("item>", "entry>").replace(
        "<link>https://a.example/tote</link>",
        '<link rel="self" href="https://a.example/x"/>'
        '<link href="https://a.example/tote"/>',
    )
    + "</feed>"
)


@pytest.mark.parametrize(
    ("text", "row"),
    [(TSV, 2), (rss(ITEM), 1), (ATOM, 1)],
    ids=["tsv", "rss", "atom"],
)
def test_the_three_forms_of_a_feed_say_the_same(text, row):
    (product,), problems = read(text, brands=["ACME"])
    assert problems == []
    assert (product.row, product.product_id) == (row, "1")
    assert product.fields == FIELDS
    assert product.images == IMAGES


def test_a_feed_with_commas_and_prefixed_headings_is_read():
    text = 'g:id,g:title,g:image_link,g:price\n1,"A, B",https://a.example/1.jpg,5 USD\n'
    (product,), problems = read(text)
    assert problems == []
    assert product.fields == {"title": "A, B", "msrp": "5", "msrp_currency": "USD"}


def test_repeated_columns_of_pictures_are_all_read():
    text = f"{HEAD}\tadditional_image_link\tadditional_image_link\n{LINE}\thttps://a/2\thttps://a/3\n"
    (product,), _ = read(text)
    assert [i.link for i in product.images[1:]] == ["https://a/2", "https://a/3"]


@pytest.mark.parametrize(
    ("cell", "links"),
    [
        ("", []),
        ("http://a/1", ["http://a/1"]),
        (
            "http://a/1,http://a/2 , https://a/3",
            ["http://a/1", "http://a/2", "https://a/3"],
        ),
        ("http://a/1%2C2,http://a/3", ["http://a/1%2C2", "http://a/3"]),
        ('"http://a/1,2",http://a/3', ["http://a/1,2", "http://a/3"]),
        ("a.jpg,b.jpg", ["a.jpg", "b.jpg"]),
    ],
)
def test_lists_of_links_are_parted_between_links(cell, links):
    assert split_links(cell) == links


@pytest.mark.parametrize(
    ("price", "amount", "currency", "code"),
    [
        ("9.90 EUR", "9.90", "EUR", None),
        ("9,90 eur", "9.90", "EUR", None),
        ("EUR 1,234.50", "1234.50", "EUR", None),
        ("12.00EUR", "12.00", "EUR", None),
        ("15", "15", None, None),
        ("9.90 euros", None, None, "bad_number"),
        ("€9", None, None, "bad_number"),
        ("1E5 EUR", None, None, "bad_number"),
        ("nan", None, None, "bad_number"),
    ],
)
def test_prices_are_parted_into_amount_and_currency(price, amount, currency, code):
    (product,), problems = read(f"{HEAD}\tprice\n{LINE}\t{price}\n")
    assert product.fields.get("msrp") == amount
    assert product.fields.get("msrp_currency") == currency
    assert codes(problems) == ([(2, "price", code)] if code else [])


def test_another_brand_is_a_warning_since_it_may_be_a_line_of_the_brand():
    (product,), problems = read(f"{HEAD}\tbrand\n{LINE}\tAcme Kids\n", brands=["Acme"])
    assert codes(problems) == [(2, "brand", "vendor_differs")]
    assert problems[0].severity == "warning"
    assert product.product_id == "1"


def test_a_feed_that_denies_its_own_number_is_warned_of():
    (product,), problems = read(
        f"{HEAD}\tgtin\tidentifier_exists\n{LINE}\t4006381333931\tno\n"
    )
    assert codes(problems) == [(2, "identifier_exists", "identifier_contradicts")]
    assert product.fields["gtin"] == "04006381333931"


def test_an_item_without_id_title_or_picture_is_left_out():
    items = ["<item><g:id>1</g:id></item>", "<item/>", ITEM]
    products, problems = read(rss(*items))
    assert [p.row for p in products] == [3]
    assert codes(problems) == [
        (1, "title", "required"),
        (1, "image_link", "no_image"),
        (2, "id", "required"),
        (2, "title", "required"),
        (2, "image_link", "no_image"),
    ]


def test_a_table_without_pictures_is_refused():
    with pytest.raises(InvalidInput, match="needs the column image_link"):
        read("id\ttitle\n1\tT\n")

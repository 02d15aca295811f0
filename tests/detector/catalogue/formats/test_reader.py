import csv
import io
import tempfile
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.catalogue.formats.reader import read_catalogue, sniff_format
from detector.catalogue.formats.rights import read_rights
from detector.catalogue.formats.rows import (
    MAX_IMAGES,
    CatalogueFormat,
    RowProblem,
)
from detector.catalogue.formats.sellers import read_sellers
from detector.errors import InvalidInput
from tests.detector.catalogue.formats.reading import read
from tests.detector.catalogue.formats.test_google import ATOM, ITEM, TSV, rss
from tests.detector.catalogue.formats.test_shopify import NEW, OLD, ROWS

CANONICAL = (
    'product_id,title,image_urls,gtin,countries,description\n1,Tote,a.jpg,,DE,"A,\nb"\n'
    "2,Bag,https://a.example/2.jpg,4006381333931,,x\n"
)
VALID = [CANONICAL, TSV, rss(ITEM), ATOM, OLD + ROWS, NEW + ROWS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CANONICAL, "csv"),
        (TSV, "google"),
        (rss(ITEM), "google"),
        ("\n  " + ATOM, "google"),
        (OLD, "shopify"),
        (NEW, "shopify"),
        ("Title;Product image URL\n", "shopify"),
        ("product_id,action\n", "csv"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_format_is_known_by_the_header(text, expected, encoding):
    assert sniff_format(text.encode(encoding)) == CatalogueFormat(expected)


def test_a_file_of_no_known_format_is_told_what_was_found_and_expected():
    with pytest.raises(InvalidInput) as caught:
        sniff_format(b"name,picture\n1,2\n", "list.csv")
    assert "list.csv" in str(caught.value)
    assert "'name', 'picture'" in str(caught.value)
    assert "product_id, title, image_urls" in caught.value.remedy


def test_a_format_named_wrongly_is_refused_by_its_columns():
    with pytest.raises(InvalidInput, match="needs the column id, title, image_link"):
        read("a,b\n", format=CatalogueFormat.GOOGLE)


@pytest.mark.parametrize("text", VALID)
def test_the_same_file_gives_the_same_rows_twice(text):
    assert read(text) == read(text)
    assert read(text)[0]


def test_many_rows_take_little_memory():
    with tempfile.TemporaryFile() as file:
        file.write(b"product_id,title,image_urls,description\n")
        file.writelines(
            f"SKU-{n:08d},T {n},https://a.example/{n}.jpg,{'word ' * 20}\n".encode()
            for n in range(60_000)
        )
        tracemalloc.start()
        num_rows = sum(1 for _ in read_catalogue(file))
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert num_rows == 60_000
    assert peak_bytes < 15_000_000


def check(data: bytes) -> None:
    """Read bytes as anything: rows, or our error, and nothing else."""
    for format in CatalogueFormat:
        with suppress(InvalidInput):
            for row in read_catalogue(io.BytesIO(data), format=format, brands=["Acme"]):
                assert row.row >= 1
                if isinstance(row, RowProblem):
                    assert row.message
                    assert row.remedy
                else:
                    assert 1 <= len(row.product_id) <= 50
                    assert row.product_id.isprintable()
                    assert len(row.images) <= MAX_IMAGES
                    assert not any("\x00" in str(v) for v in row.fields.values())
    for reader in (read_sellers, read_rights):
        with suppress(InvalidInput):
            assert all(row.row >= 1 for row in reader(io.BytesIO(data)))


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_our_error(data):
    check(data)


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="ab,;\t\n\r\"'|<>&=\x00\ufeffé"))
def test_any_text_below_a_header_is_rows_or_our_error(text):
    for header in ("product_id,title,image_urls,gtin", OLD, "id\ttitle\timage_link"):
        check(f"{header}\n{text}".encode())


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(VALID),
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(0, 20),
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b'"', b"\x00", b"<", b"\n", b"]]>", b"&", b"\xff\xfe"]
                ),
            ),
        ),
        max_size=5,
    ),
)
def test_any_damage_to_a_valid_file_is_rows_or_our_error(text, damages):
    data = text.encode()
    for place, length, put in damages:
        place %= len(data) + 1
        data = data[:place] + put + data[place + length :]
    check(data)


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Cn"]), min_size=1
).map(str.strip)


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "product_id": st.text(
                    st.characters(categories=["L", "N", "P"]), min_size=1, max_size=50
                ),
                "title": CELL.filter(bool),
                "image_urls": st.just("a.jpg"),
                "description": CELL,
                "color": CELL,
                "msrp": st.decimals(0, 10**9, places=2).map(str),
            }
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(",;\t"),
)
def test_what_a_csv_writer_writes_comes_back(rows, delimiter):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    products, problems = read(text.getvalue())
    assert {problem.severity for problem in problems} <= {"warning"}
    assert [p.product_id for p in products] == [row["product_id"] for row in rows]
    for product, row in zip(products, rows, strict=True):
        said = {name: row[name] for name in ("title", "description", "color", "msrp")}
        assert product.fields == {name: value for name, value in said.items() if value}

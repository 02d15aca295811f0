"""Reads a catalogue file of any format that we know, row by row."""

import io
from collections.abc import Collection, Iterator
from typing import BinaryIO

from detector.catalogue.formats.canonical import read_canonical
from detector.catalogue.formats.columns import found_headings, snake
from detector.catalogue.formats.decoding import encoding_of
from detector.catalogue.formats.feed_xml import read_items
from detector.catalogue.formats.google import read_google_items, read_google_table
from detector.catalogue.formats.products import AcceptedBrands, warn_of_repeats
from detector.catalogue.formats.rows import (
    MAX_ROWS,
    CatalogueFormat,
    ProductRow,
    RowProblem,
)
from detector.catalogue.formats.shopify import heading_key, read_shopify
from detector.catalogue.formats.tables import Table, open_table
from detector.errors import InvalidInput

HEAD_BYTES = 1 << 16
"""How much of a file `sniff_format` needs."""
_OF_SHOPIFY = {
    "handle",
    "url handle",
    "body (html)",
    "variant sku",
    "variant price",
    "image src",
    "product image url",
    "variant image url",
    "option1 name",
    "option1 value",
}


def sniff_format(head: bytes, name: str = "") -> CatalogueFormat:
    """Tell the format of a catalogue by its first HEAD_BYTES.

    Args:
        head: the beginning of the file.
        name: of the file, for messages.

    Raises:
        InvalidInput: none that we know; says which headings were found.
    """
    if _is_xml(head):
        return CatalogueFormat.GOOGLE
    text = head.decode(encoding_of(head), errors="replace")
    header = Table(io.StringIO(text, newline="")).header
    if not _OF_SHOPIFY.isdisjoint(map(heading_key, header)):
        return CatalogueFormat.SHOPIFY
    ours = {snake(heading).removeprefix("g:") for heading in header}
    if "product_id" in ours:
        return CatalogueFormat.CSV
    if "id" in ours and ours & {"title", "link", "image_link"}:
        return CatalogueFormat.GOOGLE
    raise InvalidInput(
        f"{name or 'The file'} is in no format that we know: its first row is "
        f"{found_headings(header)}.",
        remedy="Expected the headings of our CSV (product_id, title, image_urls, …), "
        "of a Google feed (id, title, image_link, …) or of a Shopify export (Title, "
        "URL handle, Product image URL, …).",
    )


def read_catalogue(
    file: BinaryIO,
    *,
    format: CatalogueFormat = CatalogueFormat.AUTO,
    brands: Collection[str] = (),
    name: str = "",
    max_rows: int = MAX_ROWS,
) -> Iterator[ProductRow | RowProblem]:
    """Check the head of a catalogue, then yield its products and problems one by one.

    A row that fails yields problems in place of a product; the others go on. Memory
    stays the same however many rows there are, but for a few bytes a product.

    Args:
        file: seekable; read from its beginning while the rows are taken, not closed.
        format: `auto` looks at the header.
        brands: spellings under which the file may name the brand it is for; any
            where there are none.
        name: of the file, for messages.
        max_rows: reading stops there, with a problem that says so.

    Raises:
        InvalidInput: the file as a whole cannot be read.
    """
    file.seek(0)
    head = file.read(HEAD_BYTES)
    if format is CatalogueFormat.AUTO:
        format = sniff_format(head, name)
    accepted = AcceptedBrands.of(brands)
    rows: Iterator[ProductRow | RowProblem]
    if format is CatalogueFormat.GOOGLE and _is_xml(head):
        rows = read_google_items(read_items(file, max_rows=max_rows), brands=accepted)
    elif format is CatalogueFormat.GOOGLE:
        rows = read_google_table(open_table(file, max_rows=max_rows), brands=accepted)
    elif format is CatalogueFormat.SHOPIFY:
        rows = read_shopify(
            lambda: open_table(file, max_rows=max_rows), brands=accepted
        )
    else:
        rows = read_canonical(open_table(file, max_rows=max_rows), brands=accepted)
    return warn_of_repeats(rows)


def _is_xml(head: bytes) -> bool:
    """Tell whether the first character is that of a tag."""
    text = head[:1024].decode(encoding_of(head), errors="replace")
    return text.lstrip().startswith("<")

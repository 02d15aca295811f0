"""Shopify's product CSV, with the headers of today and those of before."""

import re
from collections.abc import Callable, Iterator

from detector.catalogue.formats.cells import Cells, shown
from detector.catalogue.formats.columns import map_columns, require_columns
from detector.catalogue.formats.html_text import html_to_text
from detector.catalogue.formats.products import (
    AcceptedBrands,
    has_any,
    read_links,
    read_title,
    short_id,
)
from detector.catalogue.formats.rows import (
    CONDITIONS,
    MAX_ID_CHARS,
    MAX_IMAGES,
    ImageLink,
    ProductRow,
    RowProblem,
)
from detector.catalogue.formats.shopify_groups import grouped, handles_that_return
from detector.catalogue.formats.tables import Table

_OPTIONS = (1, 2, 3)
_KNOWN = {
    "handle": "handle",
    "url handle": "handle",
    "title": "title",
    "body (html)": "description",
    "body html": "description",
    "description": "description",
    "vendor": "vendor",
    "product category": "category",
    "type": "type",
    **{f"option{n} name": f"option{n}_name" for n in _OPTIONS},
    **{f"option{n} value": f"option{n}_value" for n in _OPTIONS},
    "variant sku": "sku",
    "sku": "sku",
    "variant barcode": "barcode",
    "barcode": "barcode",
    "variant price": "price",
    "price": "price",
    "variant compare at price": "compare_at_price",
    "compare-at price": "compare_at_price",
    "image src": "image",
    "product image url": "image",
    "image position": "position",
    "variant image": "variant_image",
    "variant image url": "variant_image",
    "google shopping / mpn": "mpn",
    "google shopping / manufacturer part number (mpn)": "mpn",
    "google shopping / condition": "condition",
}
_OF_VARIANTS = ("option1_value", "sku", "barcode", "price", "variant_image")
_FIELDS_OF_OPTIONS = {
    "color": "color",
    "colour": "color",
    "size": "size",
    "material": "material",
}
_LAST_POSITION = 10_000


def heading_key(heading: str) -> str:
    """Reduce a heading to what is the same in all exports."""
    return " ".join(heading.casefold().split())


def read_shopify(
    open_again: Callable[[], Table], *, brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    """Check the header, then read the products, each variant as one of its own.

    Args:
        open_again: opens the table from its beginning; it is read twice, the first
            time for where each product's rows end.
        brands: accepted as vendors.

    Raises:
        InvalidInput: a column that every product needs is missing.
    """
    table = open_again()
    columns = map_columns(table.header, _KNOWN, normalize=heading_key)
    require_columns(table, columns, ["title"], what="A Shopify export")

    def rows() -> Iterator[ProductRow | RowProblem]:
        returning = handles_that_return(table, columns)
        for group in grouped(open_again(), columns, returning):
            if isinstance(group, RowProblem):
                yield group
            else:
                yield from _read_product(group, brands)

    return rows()


def _read_product(
    rows: list[Cells], brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    """Read all rows of one handle."""
    usable = [row for row in rows if not row.has_failed]
    main = next((row for row in usable if row.values.get("title")), rows[0])
    variants = [row for row in usable if has_any(row.values, _OF_VARIANTS)] or [main]
    product = None if main.has_failed else _Product(main, usable, brands)
    made: list[ProductRow | RowProblem] = []
    for row in variants:
        if product is not None and not main.has_failed:
            made += product.variant(row, is_one_of_several=len(variants) > 1)
    for row in rows:
        yield from row.problems
    yield from made


class _Product:
    """What the variants of one handle share."""

    def __init__(self, main: Cells, rows: list[Cells], brands: AcceptedBrands) -> None:
        self._main = main
        self._title = read_title(main) or ""
        brands.warn_if_other(main, "vendor")
        self._handle = main.text("handle") or _handle_of(self._title)
        self._pictures = _pictures(main, rows)
        self._taken: set[str] = set()
        self._mpn = main.text("mpn")
        self._condition = main.choice("condition", CONDITIONS)
        self._category = main.text("category") or main.text("type")
        plain = html_to_text(main.values.get("description", ""))
        self._description = main.text("description", value=plain)

    def variant(self, row: Cells, *, is_one_of_several: bool) -> Iterator[ProductRow]:
        """Make a row a product, with what it shares with the others."""
        options = {
            number: value
            for number in _OPTIONS
            if (value := row.text(f"option{number}_value"))
            and value.casefold() != "default title"
        }
        title = self._title
        if is_one_of_several and options:
            title = f"{title} - {' / '.join(options.values())}"
        fields: dict[str, object] = {
            "title": title,
            "gtin": row.gtin("barcode"),
            "mpn": self._mpn if row is self._main else row.text("mpn") or self._mpn,
            "sku": row.text("sku"),
            "variant_group": self._handle if is_one_of_several else None,
            "category": self._category,
            "description": self._description,
            "msrp": row.amount("compare_at_price") or row.amount("price"),
            "condition": self._condition_of(row),
        }
        for number, value in options.items():
            name = self._main.values.get(f"option{number}_name", "").casefold()
            if name in _FIELDS_OF_OPTIONS:
                fields[_FIELDS_OF_OPTIONS[name]] = value
        product_id = self._id_of(row, list(options.values()))
        if fields["sku"] == product_id:
            # It would say nothing more, and change what came from another feed.
            fields["sku"] = None
        own = row.values.get("variant_image")
        links = [row.image_link("variant_image", own)] if own else []
        images = dict.fromkeys([*filter(None, links), *self._pictures])
        yield ProductRow(
            row.row,
            "upsert",
            product_id,
            {name: value for name, value in fields.items() if value},
            tuple(ImageLink(link) for link in list(images)[:MAX_IMAGES]),
        )

    def _condition_of(self, row: Cells) -> str | None:
        own = None if row is self._main else row.choice("condition", CONDITIONS)
        return own or self._condition

    def _id_of(self, row: Cells, options: list[str]) -> str:
        """Take the SKU, or the handle and options where there is none of its own."""
        by_handle = _one_line("-".join([self._handle, *options]))
        by_handle = by_handle or _handle_of(self._title)
        by_sku = _one_line(row.values.get("sku", ""))
        whole = by_sku if by_sku and by_sku not in self._taken else by_handle
        self._taken.add(whole)
        if (product_id := short_id(whole)) != whole:
            row.note(
                "sku" if whole == by_sku else "handle",
                "id_shortened",
                f"The product's id {shown(whole)} is over {MAX_ID_CHARS} characters; "
                f"it goes by {product_id}.",
                remedy="Give each variant a shorter SKU, if that will not do.",
                severity="warning",
            )
        return product_id


def _pictures(main: Cells, rows: list[Cells]) -> list[str]:
    """List the product's pictures by position, for every one of its variants."""
    found: list[tuple[int, str]] = []
    for row in rows:
        value = row.values.get("image")
        link = row.image_link("image", value) if value else None
        if link is not None:
            position = row.values.get("position", "")
            is_given = position.isascii() and position.isdigit() and len(position) < 5
            found.append((int(position) if is_given else _LAST_POSITION, link))
    found.sort(key=lambda one: one[0])
    if not found and not _has_variant_image(rows):
        main.note(
            "image",
            "no_image",
            "The product has no picture, so nothing can be compared with it.",
            remedy="Add a picture in Shopify and export again.",
            severity="warning",
        )
    links = [("image", link) for _, link in found]
    kept = read_links(main, links, role="official", rights="unknown")
    return [image.link for image in kept]


def _has_variant_image(rows: list[Cells]) -> bool:
    return any(row.values.get("variant_image") for row in rows)


def _handle_of(title: str) -> str:
    """Make a handle of a title about as Shopify does."""
    return re.sub(r"\W+", "-", title.casefold()).strip("-") or "product"


def _one_line(text: str) -> str:
    """Leave nothing in an id that is not printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

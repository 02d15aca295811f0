"""Google Merchant Center feeds: tab- or comma-separated, RSS and Atom."""

import re
from collections.abc import Iterable, Iterator

from detector.catalogue.formats.cells import Cells, shown
from detector.catalogue.formats.columns import (
    map_columns,
    named_rows,
    require_columns,
    snake,
)
from detector.catalogue.formats.feed_xml import Item
from detector.catalogue.formats.products import (
    AcceptedBrands,
    has_any,
    outcome,
    read_links,
    read_title,
)
from detector.catalogue.formats.rows import CONDITIONS, ProductRow, RowProblem
from detector.catalogue.formats.tables import Table

_NAMES = (
    "id",
    "title",
    "description",
    "link",
    "image_link",
    "additional_image_link",
    "item_group_id",
    "gtin",
    "mpn",
    "identifier_exists",
    "brand",
    "price",
    "google_product_category",
    "product_type",
    "condition",
    "color",
    "size",
    "material",
)
_KNOWN = {
    **{name: name for name in _NAMES},
    "additional_image_links": "additional_image_link",
    "colour": "color",
}
_MORE_IMAGES = "additional_image_link"
# Commas within an address need not be escaped where the list is in quotes, and a
# table's reader has taken the quotes off.
_BETWEEN_URLS = re.compile(r"\s*,\s*(?=\"?https?://)", re.IGNORECASE)


def read_google_table(
    table: Table, *, brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    """Check the header, then read a feed in table form.

    Raises:
        InvalidInput: a column that every row needs is missing.
    """
    columns = map_columns(
        table.header, _KNOWN, normalize=_name_of, repeatable=[_MORE_IMAGES]
    )
    require_columns(table, columns, ["id", "title", "image_link"], what="A Google feed")

    def rows() -> Iterator[ProductRow | RowProblem]:
        for cells in named_rows(table, columns):
            if isinstance(cells, RowProblem):
                yield cells
            else:
                more = split_links(cells.values.get(_MORE_IMAGES, ""))
                yield from _read_product(cells, more, brands)

    return rows()


def read_google_items(
    items: Iterable[Item | RowProblem], *, brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    """Read the items of an XML feed."""
    for item in items:
        if isinstance(item, RowProblem):
            yield item
            continue
        values: dict[str, str] = {}
        more: list[str] = []
        for name, text in item.values:
            known = _KNOWN.get(name)
            if known == _MORE_IMAGES:
                more.append(text)
            elif known is not None:
                values.setdefault(known, text)
        yield from _read_product(Cells(item.row, values, {}), more, brands)


def split_links(cell: str) -> list[str]:
    """Part a list of links at its commas, but not at those within a link."""
    parts = _BETWEEN_URLS.split(cell) if "://" in cell else cell.split(",")
    return [link for part in parts if (link := part.strip().strip('"'))]


def _name_of(heading: str) -> str:
    """Spell a heading as Google's attributes are: `g:image link` is `image_link`."""
    return snake(heading).removeprefix("g:")


def _read_product(
    cells: Cells, more_images: list[str], brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    if cells.has_failed:
        yield from cells.problems
        return
    product_id = cells.identifier("id")
    brands.warn_if_other(cells, "brand")
    msrp, currency = _read_price(cells)
    fields: dict[str, object] = {
        "title": read_title(cells),
        "gtin": cells.gtin("gtin"),
        "mpn": cells.text("mpn"),
        "variant_group": cells.text("item_group_id"),
        "category": cells.text("google_product_category") or cells.text("product_type"),
        **{name: cells.text(name) for name in ("color", "size", "material")},
        "description": cells.text("description"),
        "msrp": msrp,
        "msrp_currency": currency,
        "product_url": cells.url("link"),
        "condition": cells.choice("condition", CONDITIONS),
    }
    _check_identifiers(cells)
    main = cells.values.get("image_link", "")
    links = [("image_link", main)] if main else []
    links += [(_MORE_IMAGES, link) for link in more_images]
    images = read_links(cells, links, role="official", rights="unknown")
    if not images:
        cells.fail(
            "image_link",
            "no_image",
            "The product has no picture.",
            remedy="Give the web address of its picture in image_link.",
        )
    yield from outcome(cells, product_id=product_id, fields=fields, images=images)


def _read_price(cells: Cells) -> tuple[str | None, str | None]:
    """Read `9.90 EUR`, or `EUR 9.90`."""
    value = cells.text("price")
    if value is None:
        return None, None
    letters = re.sub(r"[^A-Za-z]", "", value)
    number = re.sub(r"\A[A-Za-z]{3}\b|\b[A-Za-z]{3}\Z|(?<=\d)[A-Za-z]{3}\Z", "", value)
    amount = cells.amount("price", number.strip())
    if amount is None or not letters:
        return amount, None
    return amount, cells.currency("price", letters)


def _check_identifiers(cells: Cells) -> None:
    """Warn of a feed that gives a number and denies that there is one."""
    value = cells.values.get("identifier_exists", "").casefold()
    if value in {"no", "false", "0"} and has_any(cells.values, ["gtin"]):
        cells.note(
            "identifier_exists",
            "identifier_contradicts",
            f"identifier_exists is {shown(value)}, yet there is a gtin; it is kept.",
            remedy="Set identifier_exists to yes, or leave the gtin blank.",
            severity="warning",
        )

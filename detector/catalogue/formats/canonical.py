"""Our own catalogue CSV."""

from collections.abc import Iterator

from detector.catalogue.formats.cells import Cells
from detector.catalogue.formats.columns import (
    map_columns,
    named_rows,
    require_columns,
    unknown_columns,
)
from detector.catalogue.formats.products import (
    AcceptedBrands,
    outcome,
    read_links,
    read_title,
)
from detector.catalogue.formats.rows import (
    CONDITIONS,
    IMAGE_RIGHTS,
    IMAGE_ROLES,
    ProductRow,
    RowProblem,
)
from detector.catalogue.formats.tables import Table

_TEXTS = (
    "mpn",
    "sku",
    "variant_group",
    "category",
    "color",
    "size",
    "material",
    "description",
    "threshold_profile",
)
COLUMNS = (
    "brand_id",
    "product_id",
    "title",
    "image_urls",
    "image_paths",
    "image_role",
    "image_rights",
    "gtin",
    *_TEXTS,
    "msrp",
    "msrp_currency",
    "price_floor",
    "product_url",
    "countries",
    "launched_on",
    "discontinued_on",
    "right_ids",
    "condition",
    "action",
)
_KNOWN = {**{name: name for name in COLUMNS}, "colour": "color"}


def read_canonical(
    table: Table, *, brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    """Check the header, then read our CSV row by row.

    Raises:
        InvalidInput: a column that every row needs is missing.
    """
    columns = map_columns(table.header, _KNOWN)
    what = "Our catalogue CSV"
    require_columns(table, columns, ["product_id"], what=what)
    if "action" not in columns.headings:
        require_columns(table, columns, ["title"], what=what)
        if "image_paths" not in columns.headings:
            require_columns(table, columns, ["image_urls"], what=what)

    def rows() -> Iterator[ProductRow | RowProblem]:
        yield from unknown_columns(table, columns)
        for cells in named_rows(table, columns):
            if isinstance(cells, RowProblem):
                yield cells
            else:
                yield from _read_row(cells, brands)

    return rows()


def _read_row(
    cells: Cells, brands: AcceptedBrands
) -> Iterator[ProductRow | RowProblem]:
    if cells.has_failed:
        yield from cells.problems
        return
    product_id = cells.identifier("product_id")
    brands.fail_if_other(cells, "brand_id")
    if cells.choice("action", ("upsert", "delete"), is_vital=True) == "delete":
        yield from outcome(
            cells, product_id=product_id, fields={}, images=(), action="delete"
        )
        return
    launched, discontinued = cells.period("launched_on", "discontinued_on")
    fields: dict[str, object] = {
        "title": read_title(cells),
        "gtin": cells.gtin("gtin"),
        **{name: cells.text(name) for name in _TEXTS},
        "msrp": cells.amount("msrp"),
        "msrp_currency": cells.currency("msrp_currency"),
        "price_floor": cells.amount("price_floor"),
        "product_url": cells.url("product_url"),
        "countries": cells.countries("countries"),
        "launched_on": launched,
        "discontinued_on": discontinued,
        "right_ids": cells.words("right_ids"),
        "condition": cells.choice("condition", CONDITIONS),
    }
    images = read_links(
        cells,
        [
            (column, link)
            for column in ("image_urls", "image_paths")
            for part in cells.values.get(column, "").split("|")
            if (link := part.strip())
        ],
        # A role that we misunderstand could pass a known fake off as genuine.
        role=cells.choice("image_role", IMAGE_ROLES, is_vital=True) or "official",
        rights=cells.choice("image_rights", IMAGE_RIGHTS, is_vital=True) or "unknown",
    )
    if not images:
        cells.fail(
            "image_paths" if "image_paths" in cells.values else "image_urls",
            "no_image",
            "The product has no picture.",
            remedy="Give at least one web address in image_urls, or a path in "
            "image_paths.",
        )
    yield from outcome(cells, product_id=product_id, fields=fields, images=images)

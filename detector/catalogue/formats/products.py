"""What the readers of all catalogue formats have in common: a row made a product."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from detector.catalogue.formats.cells import Cells, shown
from detector.catalogue.formats.rows import (
    MAX_ID_CHARS,
    MAX_IMAGES,
    MAX_TITLE_CHARS,
    Action,
    ImageLink,
    ProductRow,
    RowProblem,
)


def spelling(name: str) -> str:
    """Reduce a name to what makes it the same name: no case, no stray spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True)
class AcceptedBrands:
    """The spellings under which a file may name the brand it is for.

    Attributes:
        spellings: reduced by `spelling`; empty where any name will do.
    """

    spellings: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "AcceptedBrands":
        """Accept these names, in any case and with any spaces."""
        return cls(frozenset(spelling(name) for name in names))

    def accepts(self, name: str | None) -> bool:
        """Tell whether a cell names the brand, or none at all."""
        if name is None or not self.spellings:
            return True
        return spelling(name) in self.spellings

    def fail_if_other(self, cells: Cells, column: str) -> None:
        """Fail a row of our own formats that names another brand."""
        name = cells.text(column, is_vital=True)
        if not self.accepts(name):
            cells.fail(
                column,
                "other_brand",
                f"{cells.heading(column)} is {shown(name or '')}, not the brand that "
                "this file was uploaded for.",
                remedy="Upload each brand's rows under that brand.",
            )

    def warn_if_other(self, cells: Cells, column: str) -> None:
        """Warn of another name, which may be that of a line of the brand."""
        name = cells.text(column)
        if not self.accepts(name):
            cells.note(
                column,
                "vendor_differs",
                f"{cells.heading(column)} is {shown(name or '')}, not the brand that "
                "this file was uploaded for.",
                remedy="Check that the product is the brand's own; if it is, this "
                "does no harm.",
                severity="warning",
            )


def read_title(cells: Cells) -> str | None:
    """Read the title, which a product needs; warn where it is long."""
    title = cells.text("title", is_required=True)
    if title is not None and len(title) > MAX_TITLE_CHARS:
        cells.note(
            "title",
            "title_long",
            f"The title has {len(title):,} characters.",
            remedy=f"Marketplaces show {MAX_TITLE_CHARS}.",
            severity="warning",
        )
    return title


def read_links(
    cells: Cells, found: Iterable[tuple[str, str]], *, role: str, rights: str
) -> tuple[ImageLink, ...]:
    """Check links to pictures; repeats, and those over MAX_IMAGES, are dropped.

    Args:
        cells: the row, which collects the problems.
        found: column and link of each, the main picture first.
        role: of all of them.
        rights: of all of them.
    """
    links: dict[str, ImageLink] = {}
    for column, value in found:
        link = cells.image_link(column, value)
        if link is None or link in links:
            continue
        if len(links) == MAX_IMAGES:
            cells.note(
                column,
                "too_many_images",
                f"The product has more than {MAX_IMAGES} pictures; the first "
                f"{MAX_IMAGES} are taken.",
                remedy="Put first those that show most of the product.",
                severity="warning",
            )
            break
        links[link] = ImageLink(link, role, rights)
    return tuple(links.values())


def outcome(
    cells: Cells,
    *,
    product_id: str | None,
    fields: Mapping[str, object],
    images: tuple[ImageLink, ...],
    action: Action = "upsert",
) -> Iterator[ProductRow | RowProblem]:
    """Yield what a row came to: its problems, and the product unless it failed."""
    yield from cells.problems
    if product_id is not None and not cells.has_failed:
        said = {name: v for name, v in fields.items() if v not in (None, "", [])}
        yield ProductRow(cells.row, action, product_id, said, images)


def short_id(long_id: str) -> str:
    """Shorten an id to what we take, the same on every machine."""
    if len(long_id) <= MAX_ID_CHARS:
        return long_id
    digest = sha256(long_id.encode()).hexdigest()[:12]
    return f"{long_id[: MAX_ID_CHARS - 13]}-{digest}"


def warn_of_repeats(
    rows: Iterable[ProductRow | RowProblem], seen: dict[int, int] | None = None
) -> Iterator[ProductRow | RowProblem]:
    """Warn of a product that the file has described before, and pass all on."""
    # The ids themselves would take several times the memory of their hashes; that
    # two ids share one costs a warning too many, once in 10^7 files of full size.
    seen = {} if seen is None else seen
    for row in rows:
        if isinstance(row, ProductRow):
            first = seen.setdefault(hash(row.product_id), row.row)
            if first != row.row:
                yield RowProblem(
                    row.row,
                    None,
                    "duplicate_product_id",
                    f"Row {first} describes product {shown(row.product_id)} as well; "
                    "the later row counts where the two differ.",
                    "Keep one row a product, unless the rows bring pictures of "
                    "different roles.",
                    "warning",
                )
        yield row


def has_any(values: Mapping[str, str], columns: Collection[str]) -> bool:
    """Tell whether one of the columns is filled."""
    return any(values.get(column) for column in columns)

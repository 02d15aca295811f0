"""What comes out of a brand's file: products, and what is wrong with its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

MAX_ROWS = 1_000_000
MAX_CELL_CHARS = 10_000
MAX_IMAGES = 11
MAX_ID_CHARS = 50
MAX_TITLE_CHARS = 150
"""Google's limit; a longer title is kept, with a warning."""
MAX_LINK_CHARS = 2_000

IMAGE_ROLES = ("official", "packaging", "logo", "detail", "lifestyle", "known_fake")
IMAGE_RIGHTS = ("owned", "licensed", "unknown")
CONDITIONS = ("new", "refurbished", "used")

Action = Literal["upsert", "delete"]
Severity = Literal["error", "warning"]


class CatalogueFormat(StrEnum):
    """The layouts of a catalogue file; `auto` looks at the header."""

    AUTO = "auto"
    CSV = "csv"
    GOOGLE = "google"
    SHOPIFY = "shopify"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row, or with one of its cells.

    Attributes:
        row: as a spreadsheet counts, the header being row 1; the how-manieth item of
            an XML file.
        column: the heading as the file spells it; None where it is the whole row.
        code: stable, lower-case, for programs.
        message: says what is wrong, and whether the rest of the row was kept.
        remedy: what to do about it.
        severity: an error lost something of the row, a warning lost nothing.
    """

    row: int
    column: str | None
    code: str
    message: str
    remedy: str
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class ImageLink:
    """Where a picture of a product is.

    Attributes:
        link: an http(s) URL, or a path with forward slashes within the accompanying
            ZIP.
        role: one of IMAGE_ROLES.
        rights: one of IMAGE_RIGHTS; `unknown` where the file does not say.
    """

    link: str
    role: str = "official"
    rights: str = "unknown"


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product as the file describes it.

    Attributes:
        row: where it was described.
        action: `delete` comes with no fields and no images.
        product_id: 1 to 50 printable characters.
        fields: what the file says and no more, under our names: absent columns and
            blank cells are left out, so that they erase nothing. `countries` and
            `right_ids` are lists of text, all else is text.
        images: at most MAX_IMAGES, the first being the main one.
    """

    row: int
    action: Action
    product_id: str
    fields: Mapping[str, object]
    images: tuple[ImageLink, ...]

"""Listings as people paste them: an id, an address, or both, in a line each."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

URL = re.compile(r"https?://\S+")
AROUND = " \t,;\"'\ufeff"
HEADER = "listing_id"


@dataclass(frozen=True, slots=True)
class ListingLine:
    """A listing that a line names.

    Attributes:
        listing_id: the marketplace's own.
        url: of it.
    """

    listing_id: str
    url: str | None

    def as_json(self) -> dict[str, str | None]:
        """Write it as the API takes it."""
        return {"listing_id": self.listing_id, "url": self.url}


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of which nobody can tell which listing it means."""

    number: int
    text: str


def read_lines(text: str) -> tuple[list[ListingLine], list[BadLine]]:
    """Read listings; one that is named again is left out.

    Of an address alone, the last part of its path that has a digit in it is taken for
    the listing's id.
    """
    found: dict[str, ListingLine] = {}
    bad: list[BadLine] = []
    for number, line in enumerate(text.splitlines(), start=1):
        first = re.split(r"[,;\t]", line)[0].strip(AROUND)
        if not line.strip(AROUND) or first.lower() == HEADER:
            continue
        match = URL.search(line)
        url = match.group().strip(AROUND) if match else None
        rest = line[: match.start()] if match else line
        listing_id = rest.strip(AROUND) or (_id_of(url) if url else None)
        if listing_id is None:
            bad.append(BadLine(number, line.strip()))
        else:
            found.setdefault(listing_id, ListingLine(listing_id, url))
    return list(found.values()), bad


def write_lines(items: list[dict[str, str | None]]) -> str:
    """Write listings as `read_lines` reads them."""
    return "\n".join(
        " ".join(filter(None, (item["listing_id"], item["url"]))) for item in items
    )


def _id_of(url: str) -> str | None:
    try:
        path = urlsplit(url).path
    except ValueError:
        return None
    pieces = [unquote(piece).partition(".")[0] for piece in path.split("/")]
    numbered = [piece for piece in pieces if re.search(r"\d", piece)]
    return numbered[-1] if numbered else None

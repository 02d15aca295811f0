"""Items of an RSS or Atom feed, one after the other, from XML that may be hostile."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import (  # type: ignore[import-untyped]
    DefusedXMLParser,
    ParseError,
)

from detector.catalogue.formats.rows import MAX_CELL_CHARS, MAX_ROWS, RowProblem
from detector.catalogue.formats.tables import too_many_rows
from detector.errors import InvalidInput

MAX_DEPTH = 50
MAX_VALUES = 500
_CHUNK_BYTES = 1 << 16
_MAX_TOKEN_BYTES = 1 << 20
_ROOTS = {"rss", "feed", "rdf"}
_ITEMS = {"item", "entry"}
_GOOGLE = "{http://base.google.com/"
_REMEDY = "Export the feed again, as RSS 2.0 or Atom with no DOCTYPE."


@dataclass(frozen=True, slots=True)
class Item:
    """One `<item>` or `<entry>`.

    Attributes:
        row: the how-manieth of the file.
        values: local name and text of each element directly within that says
            something; Google's own come first.
    """

    row: int
    values: list[tuple[str, str]]


class _Refused(Exception):
    """The XML is beyond a limit."""


class _Target:
    """Takes the parser's events; keeps one item at a time and no tree."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.items: list[Item] = []
        self.num_items = 0
        self.num_events = 0
        self.is_inside = False
        self._depth = 0
        self._item_depth = 0
        self._values: list[tuple[bool, str, str]] = []
        self._text: list[str] = []
        self._num_chars = 0
        self._href = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Enter an element."""
        self.num_events += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"its elements are nested more than {MAX_DEPTH} deep")
        name = _local(tag)
        if self.root is None:
            self.root = name
        elif not self.is_inside and name in _ITEMS:
            self.is_inside = True
            self.num_items += 1
            self._item_depth = self._depth
            self._values = []
        elif self.is_inside and self._depth == self._item_depth + 1:
            self._text, self._num_chars = [], 0
            # Atom has the page's address in an attribute.
            is_page = attributes.get("rel", "alternate") == "alternate"
            self._href = attributes.get("href", "") if is_page else ""

    def data(self, text: str) -> None:
        """Take text; that of deeper elements is no value of the item."""
        self.num_events += 1
        if self.is_inside and self._depth == self._item_depth + 1:
            # One more than allowed, so that the cell is reported as too long.
            text = text[: MAX_CELL_CHARS + 1 - self._num_chars]
            if text:
                self._num_chars += len(text)
                self._text.append(text)

    def end(self, tag: str) -> None:
        """Leave an element."""
        self.num_events += 1
        if self.is_inside and self._depth == self._item_depth + 1:
            text = "".join(self._text).strip() or self._href[: MAX_CELL_CHARS + 1]
            if text:
                if len(self._values) == MAX_VALUES:
                    raise _Refused(f"an item has more than {MAX_VALUES} values")
                self._values.append((not tag.startswith(_GOOGLE), _local(tag), text))
        elif self.is_inside and self._depth == self._item_depth:
            self.is_inside = False
            ordered = sorted(self._values, key=lambda value: value[0])
            values = [(name, text) for _, name, text in ordered]
            self.items.append(Item(self.num_items, values))
        self._depth -= 1

    def close(self) -> None:
        """Have nothing to return."""


def read_items(
    file: BinaryIO, *, max_rows: int = MAX_ROWS
) -> Iterator[Item | RowProblem]:
    """Check the beginning of a feed, then yield its items while reading on.

    Where the XML breaks off or goes wrong, the items before are good, and one
    problem says where it was.

    Raises:
        InvalidInput: no XML, no feed, or one with a DOCTYPE.
    """
    target = _Target()
    file.seek(0)
    steps = _feed(file, target)
    fault = next(f for f in steps if f or target.root)
    if target.root is None:
        raise InvalidInput(f"The file is no XML feed: {fault}.", remedy=_REMEDY)
    if target.root not in _ROOTS:
        raise InvalidInput(
            f"The XML file begins with <{target.root[:60]}>; expected <rss> or <feed>.",
            remedy="Upload a product feed as Google Merchant Center takes it.",
        )
    return _items(target, chain([fault], steps), max_rows)


def _feed(file: BinaryIO, target: _Target) -> Iterator[str]:
    """Parse chunk by chunk; yield "" after each, and what has stopped it if any."""
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    num_silent_bytes = 0
    try:
        while chunk := file.read(_CHUNK_BYTES):
            num_before = target.num_events
            parser.feed(chunk)
            num_silent_bytes += len(chunk)
            if target.num_events > num_before:
                num_silent_bytes = 0
            elif num_silent_bytes > _MAX_TOKEN_BYTES:
                raise _Refused(f"a tag or comment is over {_MAX_TOKEN_BYTES:,} bytes")
            yield ""
        parser.close()
    except DefusedXmlException:
        yield "it has a DOCTYPE or entities, which could make it grow without end"
    except (ParseError, _Refused, ValueError, LookupError) as error:
        yield str(error)


def _items(
    target: _Target, faults: Iterator[str], max_rows: int
) -> Iterator[Item | RowProblem]:
    for fault in faults:
        for item in target.items:
            if item.row > max_rows:
                yield too_many_rows(item.row, max_rows)
                return
            yield item
        target.items.clear()
        if fault:
            yield RowProblem(
                target.num_items + (not target.is_inside),
                None,
                "xml_broken",
                f"From here on the XML cannot be read: {fault}. The items before are "
                "kept.",
                _REMEDY,
            )


def _local(tag: str) -> str:
    """Drop the namespace of a name."""
    return tag.rpartition("}")[2].casefold()

"""A list that a brand uploads whole: what it changes, and how it is written again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from detector.catalogue.brands import unknown_brand
from detector.catalogue.formats.cells import shown
from detector.catalogue.formats.countries import COUNTRIES
from detector.catalogue.formats.export import csv_line, neutralize
from detector.catalogue.formats.rows import RowProblem
from detector.catalogue.formats.tables import too_many_rows
from detector.errors import InvalidInput
from detector.store.tables import BrandRow

Listed = TypeVar("Listed")
Key = tuple[str, ...]
Fields = Mapping[str, object]

MAX_PROBLEMS = 1_000
"""So many are told; a file of another kind could have one in each of its rows."""
MAX_ENTRIES = 50_000
"""A list of so many takes 5 s, in which SQLite lets nobody else write."""
BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for a national encoding."""


@dataclass(slots=True)
class ListChange:
    """What an uploaded list changes.

    Attributes:
        new: key → fields of the entries to add.
        changed: key → all fields of the entries to change.
        num_unchanged: entries that are stored like that already.
        num_problems: how many there were.
        problems: the first MAX_PROBLEMS of them.
    """

    new: dict[Key, Fields] = field(default_factory=dict)
    changed: dict[Key, Fields] = field(default_factory=dict)
    num_unchanged: int = 0
    num_problems: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def note(self, problem: RowProblem) -> None:
        """Count a problem, and keep it if it is among the first."""
        self.num_problems += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


def compare_list(
    rows: Iterable[Listed | RowProblem],
    *,
    stored: Mapping[Key, Fields],
    entry_of: Callable[[Listed], tuple[int, Key, Fields]],
    max_entries: int = MAX_ENTRIES,
) -> ListChange:
    """Find out what a list changes; the first row of a key counts.

    A downloaded list has apostrophes before what looks like a formula. So an entry is
    the same as a stored one if a download would write both alike.

    Args:
        rows: as read.
        stored: key → fields of what there is.
        entry_of: row number, key and fields of a row.
        max_entries: reading stops after so many, with a problem that says so.
    """
    change = ListChange()
    keys = {as_written(key): key for key in stored}
    first_rows: dict[Key, int] = {}
    for row in rows:
        if isinstance(row, RowProblem):
            change.note(row)
            continue
        number, raw_key, raw_fields = entry_of(row)
        if len(first_rows) == max_entries:
            change.note(too_many_rows(number, max_entries))
            break
        bare_key = tuple(_bare_text(part) for part in raw_key)
        fields = {name: _bare(value) for name, value in raw_fields.items()}
        written = as_written(bare_key)
        first = first_rows.setdefault(written, number)
        if first != number:
            change.note(_repeated(number, bare_key, first))
            continue
        key = keys.get(written)
        if key is None:
            change.new[bare_key] = fields
            continue
        merged = {
            name: stored[key][name]
            if _cell(stored[key][name]) == _cell(value)
            else value
            for name, value in fields.items()
        }
        if merged == stored[key]:
            change.num_unchanged += 1
        else:
            change.changed[key] = merged
    return change


def write_list(
    columns: Sequence[str], entries: Iterable[Mapping[str, object]]
) -> Iterator[str]:
    """Yield the lines of a list as CSV, header first; no cell is a formula."""
    yield BYTE_ORDER_MARK + csv_line(columns)
    for entry in entries:
        yield csv_line(_text(entry[name]) for name in columns)


def as_written(key: Key) -> Key:
    """Spell a key as a download would."""
    return tuple(neutralize(part) for part in key)


def lock_brand(session: Session, brand_id: str) -> None:
    """Let no two requests change the lists of a brand at the same time.

    Raises:
        UnknownBrand: there is none of that id.
    """
    _require_brand(session, brand_id, lock=True)


def require_brand(session: Session, brand_id: str) -> None:
    """Tell an empty list from that of a brand that does not exist.

    Raises:
        UnknownBrand: there is none of that id.
    """
    _require_brand(session, brand_id, lock=False)


def _require_brand(session: Session, brand_id: str, *, lock: bool) -> None:
    query = select(BrandRow.id).where(BrandRow.id == brand_id)
    if lock:
        # No stronger, so that rows of other tables may go on pointing to the brand.
        query = query.with_for_update(key_share=True)
    if session.scalar(query) is None:
        raise unknown_brand(brand_id)


def check_period(first: str, start: date | None, last: str, end: date | None) -> None:
    """Refuse a period that ends before it begins.

    Raises:
        InvalidInput: names both.
    """
    if start is not None and end is not None and end < start:
        raise InvalidInput(
            f"{last} {end} is before {first} {start}.",
            remedy="Correct one of the two dates.",
        )


def check_countries(
    name: str, codes: Iterable[str], *, also: frozenset[str] = frozenset()
) -> list[str]:
    """Refuse what is no country; drop repeats.

    Raises:
        InvalidInput: names the first one that is none.
    """
    known = list(dict.fromkeys(codes))
    for code in known:
        if code not in COUNTRIES | also:
            hint = " (the United Kingdom is GB)" if code == "UK" else ""
            raise InvalidInput(
                f"{name} holds {shown(code)}, no country code.",
                remedy=f"Use the two letters of ISO 3166-1, such as DE{hint}.",
            )
    return known


def _repeated(row: int, key: Key, first: int) -> RowProblem:
    return RowProblem(
        row,
        None,
        "duplicate_row",
        f"Row {first} lists {' '.join(shown(part) for part in key)} as well. The later "
        "row is left out.",
        "Keep one of the two.",
    )


def _text(value: object) -> str:
    """Write a value as one cell, a list with `|` between."""
    if isinstance(value, list | tuple):
        return "|".join(str(each) for each in value)
    return "" if value is None else str(value)


def _cell(value: object) -> str:
    return neutralize(_text(value))


def _bare(value: object) -> object:
    """Take away the apostrophe that a download has put before a formula."""
    if isinstance(value, str):
        return _bare_text(value)
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [_bare_text(value[0]), *value[1:]]
    return value


def _bare_text(text: str) -> str:
    bare = text.removeprefix("'")
    return bare if bare != text and neutralize(bare) == text else text

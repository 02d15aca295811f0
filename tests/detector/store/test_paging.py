import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zlib import crc32

import numpy as np
import pytest
from sqlalchemy import delete, select

from detector.errors import InvalidCursor
from detector.store.database import Database
from detector.store.paging import SortKey, page
from detector.store.tables import BrandRow, ProductRow

START = datetime(2026, 6, 1, tzinfo=UTC)
BY_ID = (ProductRow.id,)
BY_CHANGE = (ProductRow.updated_at, ProductRow.id)
NUM_PRODUCTS = 20


def product(number: int, brand: str = "acme") -> ProductRow:
    """A product; the highest numbers changed first, three at the same time."""
    return ProductRow(
        id=f"{brand}-{number:03}",
        brand_id=brand,
        external_id=str(number),
        updated_at=START - timedelta(microseconds=number // 3),
    )


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "a.db")
    with opened.write() as session:
        for brand in ("acme", "zeta"):
            session.add(BrandRow(id=brand, key=brand, name=brand))
        session.flush()
        for number in np.random.default_rng(0).permutation(NUM_PRODUCTS):
            session.add(product(int(number)))
        session.add(product(0, "zeta"))
    yield opened
    opened.close()


def read(
    database: Database,
    keys: Sequence[SortKey],
    cursor: str | None = None,
    limit: int = 7,
) -> tuple[list[str], str | None]:
    query = select(ProductRow).where(ProductRow.brand_id == "acme")
    with database.read() as session:
        rows, following = page(session, query, keys=keys, cursor=cursor, limit=limit)
        return [row.id for row in rows], following


def read_on(
    database: Database, keys: Sequence[SortKey], cursor: str | None, limit: int = 7
) -> list[str]:
    ids = []
    while cursor is not None:
        more, cursor = read(database, keys, cursor, limit)
        assert more
        ids += more
    return ids


@pytest.mark.parametrize("limit", [1, 3, 7, 19, 20, 21])
@pytest.mark.parametrize("keys", [BY_ID, BY_CHANGE])
def test_pages_together_are_the_sorted_list(database, keys, limit):
    first, cursor = read(database, keys, limit=limit)
    everything = first + read_on(database, keys, cursor, limit)
    numbers = list(range(NUM_PRODUCTS))
    if keys is BY_CHANGE:
        numbers.sort(key=lambda n: (-(n // 3), n))
    assert everything == [f"acme-{n:03}" for n in numbers]


@pytest.mark.parametrize("keys", [BY_ID, BY_CHANGE])
def test_rows_that_come_and_go_move_no_others_to_another_page(database, keys):
    first, cursor = read(database, keys)
    rest = read_on(database, keys, cursor)
    with database.write() as session:
        gone = [first[0], first[-1], rest[2]]
        session.execute(delete(ProductRow).where(ProductRow.id.in_(gone)))
        session.add(product(900))  # changed before all others
        session.add(product(901, "zeta"))
    expected = [each for each in rest if each != rest[2]]
    if keys is BY_ID:
        expected.append("acme-900")
    assert read_on(database, keys, cursor) == expected


def test_a_cursor_fits_the_list_it_came_from_only(database):
    _, by_id = read(database, BY_ID)
    _, by_change = read(database, BY_CHANGE)
    for keys, cursor in [(BY_ID, by_change), (BY_CHANGE, by_id)]:
        with pytest.raises(InvalidCursor, match="none that this list"):
            read(database, keys, cursor)


def forge(values, keys) -> str:
    """Make a cursor with a true checksum, of values that no row has."""
    text = json.dumps(values, separators=(",", ":")).encode()
    checksum = crc32(repr([str(key) for key in keys]).encode() + text)
    return base64.urlsafe_b64encode(checksum.to_bytes(4) + text).decode().rstrip("=")


def test_a_forged_cursor_does_not_reach_beyond_the_query(database):
    ids, _ = read(database, BY_ID, forge(["acme-017"], BY_ID))
    assert ids == ["acme-018", "acme-019"]
    assert read(database, BY_ID, forge(["b' OR 1=1 --"], BY_ID)) == ([], None)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1],
        None,
        {"a": 1},
        "acme",
        ["a", "b"],
        [["a"]],
        ["a\0"],
        ["\ud800"],
        [float("nan")],
    ],
)
def test_a_forged_cursor_of_other_values_is_refused(database, values):
    with pytest.raises(InvalidCursor):
        read(database, BY_ID, forge(values, BY_ID))


@pytest.mark.parametrize(
    "time",
    [
        "now",
        12,
        None,
        "2026-06-01",
        "2026-06-01T00:00:00",
        "2026-06-01T02:00:00+02:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_forged_cursor_of_odd_times_is_refused(database, time):
    with pytest.raises(InvalidCursor):
        read(database, BY_CHANGE, forge([time, "a"], BY_CHANGE))


@pytest.mark.parametrize(
    "cursor", ["", "a", "====", "AAAA", "é", "a b", "\0", "A" * 5_000, "W" * 1_000]
)
def test_what_is_no_cursor_is_refused(database, cursor):
    with pytest.raises(InvalidCursor):
        read(database, BY_ID, cursor)


def test_a_cursor_with_any_sign_changed_is_refused(database):
    _, cursor = read(database, BY_CHANGE)
    assert cursor
    for place, sign in enumerate(cursor):
        other = "A" if sign != "A" else "B"
        with pytest.raises(InvalidCursor):
            read(database, BY_CHANGE, cursor[:place] + other + cursor[place + 1 :])

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from detector.catalogue.brand_list import ListChange
from detector.catalogue.formats.rights import COLUMNS
from detector.catalogue.ip_rights import (
    change_right,
    create_right,
    delete_right,
    export_rights,
    find_right,
    list_rights,
    right_fields,
    right_validity,
    upload_rights,
)
from detector.catalogue.validity import Validity, days_left, validity
from detector.errors import Conflict, InvalidInput, Unknown, UnknownBrand
from detector.store.database import Database
from detector.store.tables import BrandRow, RightRow

DAY = date(2026, 6, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
MARK = {"type": "trademark", "office": "EM"}


@pytest.fixture
def brands(database):
    with database.write() as session:
        for brand in ("acme", "zeta"):
            session.add(BrandRow(id=brand, key=brand, name=brand))
    return database


def add(
    database: Database, right_id: str, brand: str = "acme", **fields: object
) -> str:
    with database.write() as session:
        row = create_right(
            session, brand_id=brand, right_id=right_id, fields=MARK | fields
        )
        return row.id


def put(
    database: Database, text: str, dry_run: bool = False, brand: str = "acme"
) -> ListChange:
    with database.write() as session:
        file = io.BytesIO(text.encode())
        return upload_rights(session, brand_id=brand, file=file, dry_run=dry_run)


def download(database: Database, brand: str = "acme") -> str:
    with database.read() as session:
        return "".join(export_rights(session, brand_id=brand))


def counts(change: ListChange) -> tuple[int, int, int]:
    return len(change.new), len(change.changed), change.num_unchanged


@pytest.mark.parametrize(
    ("state", "start", "end", "expected"),
    [
        ("active", None, None, "active"),
        ("active", DAY, DAY, "active"),
        ("active", AFTER, None, "not_yet_valid"),
        ("active", AFTER, AFTER, "not_yet_valid"),
        ("active", None, BEFORE, "expired"),
        ("disabled", None, None, "disabled"),
        ("disabled", AFTER, None, "disabled"),
        ("disabled", None, BEFORE, "disabled"),
    ],
)
def test_both_days_of_a_period_are_within_it(brands, state, start, end, expected):
    assert validity(state, start, end, DAY) == expected
    add(brands, "a", state=state, registered_on=start, expires_on=end)
    with brands.read() as session:
        for standing in Validity:
            rows, _ = list_rights(
                session, brand_id="acme", limit=5, standing=standing, on=DAY
            )
            assert len(rows) == (standing == expected)
            assert all(right_validity(row, DAY) == standing for row in rows)


def test_days_are_counted_to_the_last_one():
    assert days_left(None, DAY) is None
    assert [days_left(end, DAY) for end in (BEFORE, DAY, AFTER)] == [-1, 0, 1]


def test_those_that_end_soon_are_found_and_no_others(brands):
    for name, days in [("gone", -1), ("today", 0), ("in 30", 30), ("in 31", 31)]:
        add(brands, name, expires_on=DAY + timedelta(days=days))
    add(brands, "off", expires_on=DAY, state="disabled")
    add(brands, "early", registered_on=AFTER, expires_on=AFTER)
    add(brands, "endless")
    with brands.read() as session:
        rows, _ = list_rights(
            session, brand_id="acme", limit=9, expiring_within_days=30, on=DAY
        )
    assert {row.external_id for row in rows} == {"today", "in 30"}


def test_pages_hold_what_was_asked_for_of_one_brand(brands):
    for number in range(5):
        add(brands, f"m{number}")
        add(brands, f"c{number}", type="copyright", office=None)
    add(brands, "m0", brand="zeta")
    seen, cursor = [], None
    with brands.read() as session:
        while True:
            rows, cursor = list_rights(
                session, brand_id="acme", limit=2, cursor=cursor, type="trademark"
            )
            seen += [row.external_id for row in rows]
            if cursor is None:
                break
        rows, _ = list_rights(
            session, brand_id="acme", limit=20, updated_since=rows[0].updated_at
        )
    assert sorted(seen) == ["m0", "m1", "m2", "m3", "m4"]
    assert 1 <= len(rows) <= 10
    assert [row.updated_at for row in rows] == sorted(row.updated_at for row in rows)


def test_what_is_given_is_kept_and_what_is_not_stays(brands):
    row_id = add(
        brands,
        "a",
        nice_classes=[25, 18, 25],
        territories=["CH", "EU", "CH"],
        image="marks\\a.png",
        registered_on=BEFORE,
    )
    with brands.write() as session:
        row = change_right(
            session,
            brand_id="acme",
            row_id=row_id,
            fields={"state": "disabled", "owner": "Acme", "image": None},
        )
        fields = right_fields(row)
        assert row.state == "disabled"
    assert {name: value for name, value in fields.items() if value} == {
        "type": "trademark",
        "office": "EM",
        "nice_classes": [18, 25],
        "territories": ["CH", "EU"],
        "registered_on": BEFORE,
        "owner": "Acme",
    }


def test_changing_nothing_leaves_the_time_of_the_last_change(brands):
    row_id = add(brands, "a", nice_classes=[25], registered_on=DAY)
    with brands.write() as session:
        before = find_right(session, brand_id="acme", row_id=row_id).updated_at
    with brands.write() as session:
        fields = {"nice_classes": [25], "registered_on": DAY}
        change_right(session, brand_id="acme", row_id=row_id, fields=fields)
    with brands.read() as session:
        row = find_right(session, brand_id="acme", row_id=row_id)
        assert row.updated_at == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"office": None}, "needs an office"),
        ({"registered_on": AFTER, "expires_on": DAY}, "is before registered_on"),
        ({"territories": ["DE", "UK"]}, "'UK', no country code"),
        ({"image": "../mark.png"}, "neither a web address"),
        ({"image": "ftp://acme.example/a.png"}, "neither a web address"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(brands, fields, message):
    with pytest.raises(InvalidInput, match=message):
        add(brands, "a", **fields)
    row_id = add(brands, "a")
    with pytest.raises(InvalidInput, match=message), brands.write() as session:
        change_right(session, brand_id="acme", row_id=row_id, fields=fields)


def test_a_right_of_another_brand_does_not_exist(brands):
    row_id = add(brands, "a", brand="zeta")
    assert row_id != add(brands, "a")
    with pytest.raises(Conflict, match=f"/v1/brands/zeta/rights/{row_id}"):
        add(brands, "a", brand="zeta")
    for attempt in (find_right, delete_right):
        with pytest.raises(Unknown), brands.write() as session:
            attempt(session, brand_id="acme", row_id=row_id)
    with pytest.raises(Unknown), brands.write() as session:
        change_right(session, brand_id="acme", row_id=row_id, fields={})
    with pytest.raises(UnknownBrand), brands.read() as session:
        list_rights(session, brand_id="nobody", limit=1)
    with pytest.raises(UnknownBrand):
        put(brands, "right_id,type\n", brand="nobody")
    with brands.write() as session:
        delete_right(session, brand_id="zeta", row_id=row_id)
        assert session.get(RightRow, row_id) is None


LISTED = """\
right_id;type;office;mark_text;nice_classes;expires_on
tm-1;trademark;EM;ACME;25|18;2030-05-01
c-1;copyright;;;;
tm-2;trademark;;;;
tm-1;trademark;US;OTHER;;
"""


def test_good_rows_of_a_file_are_taken_and_the_same_file_changes_nothing(brands):
    add(brands, "tm-1", brand="zeta")
    assert counts(put(brands, LISTED, dry_run=True)) == (2, 0, 0)
    assert len(list(csv.reader(io.StringIO(download(brands))))) == 1
    first = put(brands, LISTED)
    assert counts(first) == (2, 0, 0)
    assert [(p.row, p.code) for p in first.problems] == [
        (4, "required"),
        (5, "duplicate_row"),
    ]
    assert first.num_problems == 2
    assert counts(put(brands, LISTED)) == (0, 0, 2)
    changed = LISTED.replace("ACME", "ACME!").replace("2030-05-01", "")
    assert counts(put(brands, changed)) == (0, 1, 1)
    with brands.read() as session:
        rows, _ = list_rights(session, brand_id="acme", limit=9, type="trademark")
        fields = right_fields(rows[0])
    assert fields["mark_text"] == "ACME!"
    assert fields["expires_on"] is None


def test_a_file_neither_enables_what_is_disabled_nor_drops_what_it_leaves_out(brands):
    row_id = add(brands, "tm-1", state="disabled")
    add(brands, "other")
    put(brands, LISTED)
    with brands.read() as session:
        assert find_right(session, brand_id="acme", row_id=row_id).state == "disabled"
        rows, _ = list_rights(session, brand_id="acme", limit=9)
    assert len(rows) == 3


def test_a_download_holds_no_formula_and_uploading_it_changes_nothing(brands):
    full: dict[str, Any] = {
        "registration_no": "+49 12",
        "mark_text": '=HYPERLINK("x")',
        "owner": '@acme; "Ünï"\ncode',
        "status": "'quoted",
        "representative": "'=x",
        "image": "https://acme.example/a.png",
        "nice_classes": [1, 45],
        "territories": ["EU", "CH"],
        "registered_on": BEFORE,
        "expires_on": AFTER,
        "authority_document": "poa.pdf",
        "application_no": "-",
    }
    for right_id in ("-1", "@tm", "=1+1", "'plain", "tm|1"):
        add(brands, right_id, **full)
    add(brands, "bare")
    text = download(brands)
    table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert table[0] == list(COLUMNS)
    assert len(table) == 7
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for row in table for cell in row
    )
    change = put(brands, text)
    assert counts(change) == (0, 0, 6)
    assert change.problems == []
    assert counts(put(brands, text, brand="zeta")) == (6, 0, 0)
    with brands.read() as session:
        rows, _ = list_rights(session, brand_id="zeta", limit=9)
    assert {row.external_id for row in rows} == {
        "-1",
        "@tm",
        "=1+1",
        "'plain",
        "tm|1",
        "bare",
    }
    assert download(brands, "zeta") == text

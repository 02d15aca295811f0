import csv
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from detector.catalogue.authorized_sellers import (
    change_seller,
    create_seller,
    delete_seller,
    find_authorization,
    find_seller,
    list_sellers,
    seller_fields,
)
from detector.catalogue.brand_list import MAX_PROBLEMS, ListChange, compare_list
from detector.catalogue.products import put_product
from detector.catalogue.seller_list import export_sellers, upload_sellers
from detector.catalogue.validity import Validity
from detector.errors import Conflict, InvalidInput, Unknown, UnknownBrand
from detector.store.database import Database
from detector.store.tables import BrandRow

DAY = date(2026, 6, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.fixture
def brands(database):
    with database.write() as session:
        for brand in ("acme", "zeta"):
            session.add(BrandRow(id=brand, key=brand, name=brand.title()))
    return database


def add(
    database: Database,
    seller_id: str = "shop",
    brand: str = "acme",
    marketplace: str = "eBay",
    **fields: object,
) -> str:
    with database.write() as session:
        row = create_seller(
            session,
            brand_id=brand,
            marketplace=marketplace,
            seller_id=seller_id,
            fields={"relation": "reseller", **fields},
        )
        return row.id


def put(database: Database, text: str, dry_run=False, brand="acme") -> ListChange:
    with database.write() as session:
        file = io.BytesIO(text.encode())
        return upload_sellers(session, brand_id=brand, file=file, dry_run=dry_run)


def download(database: Database, brand: str = "acme") -> str:
    with database.read() as session:
        return "".join(export_sellers(session, brand_id=brand))


def counts(change: ListChange) -> tuple[int, int, int]:
    return len(change.new), len(change.changed), change.num_unchanged


def ask(database: Database, **question: object) -> Any:
    asked: dict[str, Any] = {
        "brand_id": "acme",
        "marketplace": "ebay",
        "seller_id": "shop",
        "product_id": "RUN-1",
        "country": "DE",
        "on": DAY,
    }
    with database.read() as session:
        return find_authorization(session, **asked | question)


@pytest.mark.parametrize(
    ("fields", "question", "is_allowed"),
    [
        ({}, {}, True),
        ({}, {"product_id": None, "country": None}, True),
        ({}, {"marketplace": "EBAY"}, True),
        ({}, {"marketplace": "amazon"}, False),
        ({}, {"seller_id": "Shop"}, False),
        ({}, {"brand_id": "zeta"}, False),
        ({"state": "disabled"}, {}, False),
        ({"valid_from": DAY}, {}, True),
        ({"valid_from": AFTER}, {}, False),
        ({"valid_to": DAY}, {}, True),
        ({"valid_to": BEFORE}, {}, False),
        ({"valid_from": DAY, "valid_to": DAY}, {}, True),
        ({"valid_from": DAY, "valid_to": DAY}, {"on": BEFORE}, False),
        ({"valid_from": DAY, "valid_to": DAY}, {"on": AFTER}, False),
        ({"product_scope": ["RUN-2", "RUN-1"]}, {}, True),
        ({"product_scope": ["RUN-2"]}, {}, False),
        ({"product_scope": ["RUN-1"]}, {"product_id": None}, False),
        ({"countries": ["AT", "DE"]}, {}, True),
        ({"countries": ["AT"]}, {}, False),
        ({"countries": ["DE"]}, {"country": None}, False),
    ],
)
def test_an_authorization_reaches_as_far_as_the_brand_has_said(
    brands, fields, question, is_allowed
):
    add(brands, brand="zeta", product_scope=["OTHER"])
    row_id = add(brands, **fields)
    found = ask(brands, **question)
    assert (found is not None) == is_allowed
    assert found is None or found.id == row_id


def test_the_reason_says_what_is_allowed(brands):
    add(
        brands,
        product_scope=["RUN-1", "RUN-2"],
        countries=["DE", "AT"],
        valid_from=BEFORE,
        valid_to=AFTER,
        evidence_ref="contract 7",
    )
    found = ask(brands)
    assert found.reason == (
        "shop on eBay is an authorized reseller for 2 products, in DE, AT, "
        "from 2026-05-31, until 2026-06-02."
    )
    assert (found.relation, found.valid_to) == ("reseller", AFTER)
    assert found.evidence_ref == "contract 7"
    add(brands, "own", relation="own_store")
    assert ask(brands, seller_id="own").reason == (
        "own on eBay is the brand's own store for all products, in all countries, "
        "without an end."
    )


def test_a_second_spelling_of_the_marketplace_is_looked_at_too(brands):
    add(brands, marketplace="EBAY", valid_to=BEFORE)
    row_id = add(brands, marketplace="ebay")
    assert ask(brands, marketplace="eBay").id == row_id


def test_disabling_and_enabling_again_keeps_all_else(brands):
    row_id = add(brands, countries=["DE"], valid_to=AFTER)
    for state, is_allowed in [("disabled", False), ("active", True)]:
        with brands.write() as session:
            row = change_seller(
                session, brand_id="acme", row_id=row_id, fields={"state": state}
            )
            assert seller_fields(row)["countries"] == ["DE"]
        assert (ask(brands) is not None) == is_allowed
    with brands.write() as session:
        fields = {"valid_to": BEFORE, "countries": None}
        change_seller(session, brand_id="acme", row_id=row_id, fields=fields)
    assert ask(brands) is None
    assert ask(brands, on=BEFORE, country="FR").id == row_id


def test_lists_tell_how_entries_stand(brands):
    ends = {"past": BEFORE, "today": DAY, "soon": AFTER, "endless": None}
    for name, end in ends.items():
        add(brands, name, valid_to=end)
    add(brands, "early", valid_from=AFTER, marketplace="amazon")
    add(brands, "off", valid_to=BEFORE, state="disabled")
    add(brands, "past", brand="zeta", valid_to=BEFORE)

    def names(**options: Any) -> set[str]:
        with brands.read() as session:
            rows, _ = list_sellers(session, brand_id="acme", limit=9, on=DAY, **options)
            return {row.seller_id for row in rows}

    assert names(standing=Validity.ACTIVE) == {"today", "soon", "endless"}
    assert names(standing=Validity.EXPIRED) == {"past"}
    assert names(standing=Validity.NOT_YET_VALID) == {"early"}
    assert names(standing=Validity.DISABLED) == {"off"}
    assert names(expiring_within_days=0) == {"today"}
    assert names(expiring_within_days=1) == {"today", "soon"}
    assert names(marketplace="amazon") == {"early"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"valid_from": AFTER, "valid_to": DAY}, "is before valid_from"),
        ({"countries": ["EU"]}, "'EU', no country code"),
        ({"product_scope": [f"{n:050}" for n in range(200)]}, "10,000 characters"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(brands, fields, message):
    with pytest.raises(InvalidInput, match=message):
        add(brands, **fields)
    row_id = add(brands)
    with pytest.raises(InvalidInput, match=message), brands.write() as session:
        change_seller(session, brand_id="acme", row_id=row_id, fields=fields)


def test_an_entry_of_another_brand_does_not_exist(brands):
    row_id = add(brands, brand="zeta")
    assert row_id != add(brands)
    with pytest.raises(Conflict, match=row_id):
        add(brands, brand="zeta")
    for attempt in (find_seller, delete_seller):
        with pytest.raises(Unknown), brands.write() as session:
            attempt(session, brand_id="acme", row_id=row_id)
    with pytest.raises(Unknown), brands.write() as session:
        change_seller(session, brand_id="acme", row_id=row_id, fields={})
    with pytest.raises(UnknownBrand):
        put(brands, "marketplace,seller_id,relation\n", brand="nobody")
    with brands.write() as session:
        delete_seller(session, brand_id="zeta", row_id=row_id)
    assert ask(brands, brand_id="zeta") is None


def test_of_several_who_add_an_entry_at_once_one_does(brands):
    def attempt(number: int) -> bool | tuple[int, int, int]:
        try:
            if number % 2:
                return counts(
                    put(brands, "marketplace,seller_id,relation\nm,s,reseller")
                )
            return bool(add(brands, "s", marketplace="m"))
        except Conflict:
            return False

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert sum(each in (True, (1, 0, 0)) for each in outcomes) == 1
    assert all(each in (True, False, (1, 0, 0), (0, 0, 1)) for each in outcomes)


LISTED = """\
brand_id,marketplace,seller_id,relation,product_scope,countries,valid_from,valid_to
Acme,ebay,shop,reseller,RUN-1|RUN,DE,2026-01-01,2026-12-31
,ebay,store,own store,,,,
zeta,ebay,other,reseller,,,,
,ebay,late,reseller,,,2026-02-01,2026-01-01
,ebay,none,reseller,|,,,
,ebay,shop,reseller,,,,
"""


def test_good_rows_of_a_file_are_taken_and_the_same_file_changes_nothing(brands):
    with brands.write() as session:
        put_product(session, brand_id="acme", external_id="RUN-1", fields={})
    assert counts(put(brands, LISTED, dry_run=True)) == (2, 0, 0)
    assert ask(brands) is None
    first = put(brands, LISTED)
    assert counts(first) == (2, 0, 0)
    assert [(p.row, p.column, p.code, p.severity) for p in first.problems] == [
        (2, "product_scope", "unknown_product", "warning"),
        (4, "brand_id", "other_brand", "error"),
        (5, "valid_to", "date_order", "error"),
        (6, "product_scope", "bad_value", "error"),
        (7, None, "duplicate_row", "error"),
    ]
    assert ask(brands) is not None
    assert ask(brands, product_id="RUN-2") is None
    assert counts(put(brands, LISTED)) == (0, 0, 2)
    assert counts(put(brands, LISTED.replace("2026-12-31", ""))) == (0, 1, 1)
    assert ask(brands, on=date(2027, 1, 1)) is not None


def test_a_file_does_not_let_a_disabled_seller_sell_again(brands):
    add(brands, "store", marketplace="ebay", state="disabled")
    assert counts(put(brands, LISTED)) == (1, 1, 0)
    assert ask(brands, seller_id="store") is None


def test_a_download_holds_no_formula_and_uploading_it_changes_nothing(brands):
    for seller_id in ("@acme", "-shop-", "=1", "'plain", 'ünï | "quoted", x'):
        add(
            brands,
            seller_id,
            marketplace="+market",
            product_scope=["=A,1", "-B"],
            countries=["DE", "AT"],
            valid_from=BEFORE,
            valid_to=AFTER,
            evidence_ref="'=x",
        )
    add(brands, "bare", relation="own_store")
    text = download(brands)
    table = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert len(table) == 7
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for row in table for cell in row
    )
    change = put(brands, text)
    assert counts(change) == (0, 0, 6)
    assert {p.code for p in change.problems} == {"unknown_product"}
    moved = text.replace("acme,", "zeta,")
    assert counts(put(brands, moved, brand="zeta")) == (6, 0, 0)
    found = ask(brands, brand_id="zeta", marketplace="+Market", product_id="=A,1",
                seller_id="-shop-")  # fmt: skip
    assert found.relation == "reseller"


def test_of_very_many_problems_the_first_are_told_and_all_counted(brands):
    rows = "".join(f"ebay,s{n},friend\n" for n in range(MAX_PROBLEMS + 5))
    change = put(brands, f"marketplace,seller_id,relation\n{rows}")
    assert change.num_problems == MAX_PROBLEMS + 5
    assert len(change.problems) == MAX_PROBLEMS
    assert counts(change) == (0, 0, 0)


def test_a_list_is_read_up_to_its_limit():
    change = compare_list(
        range(2, 9),
        stored={("2",): {}},
        entry_of=lambda row: (row, (str(row),), {}),
        max_entries=3,
    )
    assert counts(change) == (2, 0, 1)
    assert [(p.row, p.code) for p in change.problems] == [(5, "too_many_rows")]

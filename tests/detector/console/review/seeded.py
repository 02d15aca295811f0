"""A long queue: some cases of really scanned listings, and copies of their rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, select

from detector.review.policy import EVERYWHERE, change_policy
from detector.store.case_tables import CaseListingRow, CaseRow, DeadlineRow
from detector.store.database import Database
from detector.store.listing_tables import (
    FlagRow,
    ListingImageRow,
    ListingRow,
    ListingVersionRow,
)
from detector.store.store import open_store
from detector.store.table import Table, utc_now
from detector.store.tables import RightRow
from tests.detector.api.reviewers import Office, serving_office
from tests.detector.listings.pictures.conftest import again
from tests.detector.review.scanned import open_market

NUM_SCANNED = 6
NUM_SELLERS = 500
MARKETS = ("shop", "bazaar", "market")
OF_LISTING: Sequence[type[Table]] = (
    ListingRow,
    ListingVersionRow,
    ListingImageRow,
    FlagRow,
)
OF_CASE: Sequence[type[Table]] = (CaseRow, CaseListingRow, DeadlineRow)

Row = dict[str, Any]


@contextmanager
def serving_queue(data_dir: Path, num_cases: int) -> Iterator[Office]:
    """Run a service with that many cases that wait, of which nobody asks a second."""
    store = open_store(data_dir)
    scanned = open_market(store, data_dir.parent / "photos")
    for n in range(NUM_SCANNED):
        photo = again(scanned.market.photo(n), scale=0.8)
        scanned.market.offer(f"Bag {n}, replica", photo)
    scanned.cases.now = utc_now()
    scanned.scan()
    ids = _ids(store.database)
    assert len(ids) == NUM_SCANNED
    copy_cases(store.database, ids, num_cases - len(ids))
    with store.database.write() as session:
        change_policy(
            session,
            EVERYWHERE,
            {"second_review_share": 0, "second_review_tiers": [], "random_share": 0},
            by="user:adm",
        )
        session.add(
            RightRow(
                id="right_seeded",
                brand_id=session.get_one(CaseRow, ids[0]).brand_id,
                external_id="mark",
                type="trademark",
                details={"office": "EM", "status": "registered"},
            )
        )
    store.close()
    with serving_office(data_dir) as office:
        yield office


def copy_cases(database: Database, case_ids: Sequence[str], count: int) -> None:
    """Copy cases in turn, each with a listing of its own, all due at other times."""
    rng = np.random.default_rng(0)
    now = utc_now()
    hours = rng.uniform(1, 72, count)  # none is missed meanwhile
    risks, keys = rng.random(count), rng.random(count)
    with database.write() as session:
        originals = []
        for id in case_ids:
            case = session.get_one(CaseRow, id)
            rows = [
                _read(session, table, listing_id=case.listing_id)
                for table in OF_LISTING
            ]
            rows += [_read(session, table, case_id=id) for table in OF_CASE]
            originals.append((case.listing_id, id, rows))
        copies: list[list[Row]] = [[] for _ in (*OF_LISTING, *OF_CASE)]
        for n in range(count):
            listing_id, case_id, rows = originals[n % len(originals)]
            due_at = now + timedelta(hours=float(hours[n]))
            marketplace = MARKETS[n % len(MARKETS)]
            changed = {
                "seller_id": f"seller-{n % NUM_SELLERS}",
                "marketplace": marketplace,
                "due_at": due_at,
                "opened_at": due_at - timedelta(hours=72),
                "risk": float(risks[n]),
                "random_key": float(keys[n]),
            }
            names = {}
            for table_rows in rows:
                for row in table_rows:
                    if "id" in row:
                        names[row["id"]] = f"{row['id'][:24]}c{n:05d}"
            assert {listing_id, case_id} <= names.keys()
            for table_rows, into in zip(rows, copies, strict=True):
                into += [_copy(row, names, changed, n) for row in table_rows]
        for table, rows_of_table in zip((*OF_LISTING, *OF_CASE), copies, strict=True):
            session.execute(insert(table), rows_of_table)


def _read(session: Any, table: type[Table], **where: str) -> list[Row]:
    columns = table.__table__.columns
    (name, value), *_ = where.items()
    column = columns[name] if name in columns else columns["id"]
    found = session.execute(select(table.__table__).where(column == value))
    return [dict(row._mapping) for row in found]


def _copy(
    row: Row, names: Mapping[str, str], changed: Mapping[str, object], n: int
) -> Row:
    made = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in row.items()
    }
    made.update({name: changed[name] for name in changed if name in made})
    if "external_id" in made:
        made["external_id"] = f"{made['external_id']} {n}"
    return made


def _ids(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(CaseRow.id).order_by(CaseRow.id)))

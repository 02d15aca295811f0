"""A small store with a value of every type in it, and all its rows to compare."""

from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from detector.store.backup_format import LEFT_OUT
from detector.store.schema import METADATA
from detector.store.store import Store
from detector.store.table import utc_now
from detector.store.tables import BrandRow, RightRow
from detector.store.work_tables import GivenAnswerRow, ImportRow
from tests.catalogues import draw_folder, run_import

NEXT_DAY = date(2027, 2, 28)
Rows = dict[str, list[dict[str, Any]]]


def ignore(_done: int, _total: int) -> None:
    """Take no notice of progress."""


def fill(store: Store, tmp_path: Path) -> Store:
    run_import(store, draw_folder(tmp_path / "photos", 4))
    with store.database.write() as session:
        brand_id = session.scalars(select(BrandRow.id)).one()
        session.add(
            RightRow(
                id="r1",
                brand_id=brand_id,
                external_id="TM\n\u2028ß",
                type="trademark",
                expires_on=NEXT_DAY,
                details={"classes": [9, 25], "fee": 0.1, "note": None},
            )
        )
        for name, ended in (("imp_open", None), ("imp_done", utc_now())):
            session.add(
                ImportRow(
                    id=name,
                    brand_id=brand_id,
                    format="csv",
                    mode="delta",
                    is_dry_run=False,
                    file_name="a.csv",
                    file_sha256="0" * 64,
                    counts={"added": 2},
                    finished_at=ended,
                )
            )
        session.add(GivenAnswerRow(id="g", headers={}, locked_until=utc_now()))
    for name in ("imp_open", "imp_done", "of_nobody"):
        folder = store.uploads_folder / name
        folder.mkdir()
        (folder / "table").write_bytes(b"id,title\n\x00\xff" * 500_000)
    return store


def rows_of(store: Store) -> Rows:
    found: Rows = {}
    with store.database.read() as session:
        for table in METADATA.sorted_tables:
            query = select(table).order_by(*table.primary_key)
            found[table.name] = [dict(row._mapping) for row in session.execute(query)]
    return found


def restorable(rows: Rows) -> Rows:
    """Leave out what a restored copy does not share with the original."""
    kept = {name: table for name, table in rows.items() if name not in LEFT_OUT}
    clock = [{**row, "catalogue_id": ""} for row in kept["catalogue_clock"]]
    return {**kept, "catalogue_clock": clock}

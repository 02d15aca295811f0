from typing import TypeVar

import pytest
from sqlalchemy import select

from detector.listings.scan_record import BATCH_SIZE, Basis, ScanRecord
from detector.store.scan_tables import BasisRow, ScanImageRow, ScanMatchRow, ScanRow
from detector.store.store import Store, open_store
from detector.store.table import Table
from tests.listing_results import flagged, unflagged, unreadable

Row = TypeVar("Row", bound=Table)
BASIS = Basis(
    recipe="orb",
    models=({"kind": "copy", "model": "compact", "weights_hash": "0" * 64},),
    policy={"match": 0.8, "review": 0.5},
    watermark=12,
)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path / "data")
    yield opened
    opened.close()


def rows(store: Store, table: type[Row]) -> list[Row]:
    with store.database.read() as session:
        return list(
            session.scalars(select(table).order_by(*table.__table__.primary_key))
        )


def test_a_scan_is_kept_with_all_that_its_matches_were_computed_with(store):
    record = ScanRecord(store, BASIS)
    for scanned in (flagged(similarities=(0.9, 0.5)), unflagged(), unreadable()):
        record.add(scanned)
    record.finish()
    (scan,) = rows(store, ScanRow)
    assert scan.finished_at is not None
    assert scan.finished_at >= scan.started_at
    images = rows(store, ScanImageRow)
    assert [(i.position, i.image, i.verdict) for i in images] == [
        (0, "listings/1.png", "match"),
        (1, "listings/2.png", "no_match"),
        (2, "listings/3.png", None),
    ]
    assert images[2].error == "It is damaged. Fetch it again."
    matches = rows(store, ScanMatchRow)
    assert [(m.position, m.rank, m.similarity) for m in matches] == [
        (0, 0, 0.9),
        (0, 1, 0.5),
    ]
    best = matches[0]
    assert best.watermark == 12
    assert best.reference_sha256 == "5" * 64
    assert best.query_region == [[0, 0], [40.25, 0], [40.25, 30], [0, 30]]
    assert best.homography == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert best.signals == {"structure": 0.7}
    (basis,) = rows(store, BasisRow)
    assert best.basis_id == basis.id
    assert basis.recipe == "orb"
    assert basis.models == list(BASIS.models)
    assert basis.policy == BASIS.policy


def test_scans_on_one_basis_share_it_and_another_threshold_is_another(store):
    other = Basis("orb", BASIS.models, {"match": 0.9, "review": 0.5}, 13)
    later = Basis("orb", BASIS.models, BASIS.policy, 99)
    for basis in (BASIS, later, other):
        record = ScanRecord(store, basis)
        record.add(flagged())
        record.finish()
    assert len(rows(store, ScanRow)) == 3
    assert {row.id for row in rows(store, BasisRow)} == {BASIS.id, other.id}


def test_a_long_scan_is_written_in_batches_and_one_cut_short_keeps_them(store):
    record = ScanRecord(store, BASIS)
    for i in range(BATCH_SIZE + 3):
        record.add(unflagged(f"{i}.png"))
    assert len(rows(store, ScanImageRow)) == BATCH_SIZE
    assert rows(store, ScanRow)[0].finished_at is None
    record.finish()
    assert [row.image for row in rows(store, ScanImageRow)] == [
        f"{i}.png" for i in range(BATCH_SIZE + 3)
    ]

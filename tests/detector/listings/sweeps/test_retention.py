import os
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from detector.catalogue.brands import ensure_brand
from detector.listings.intake.given_pictures import known_to, senders_clock
from detector.listings.pictures.clusters import describe_cluster, note_sighting
from detector.listings.sweeps.retention import (
    KEEP_WITHDRAWN,
    forget_pictures,
)
from detector.store.blobs import UNUSED_S
from detector.store.clock import next_seq
from detector.store.listing_tables import (
    FlagRow,
    ListingImageRow,
    ListingRow,
    PictureClusterRow,
    PictureRow,
    PictureSenderRow,
    SightingRow,
    WatchedPictureRow,
)
from detector.store.scan_tables import (
    BasisRow,
    ScanImageRow,
    ScanMatchRow,
    ScanRow,
)
from detector.store.store import Store, open_store
from detector.store.table import Table
from detector.store.tables import ImageRow
from tests.detector.listings.sweeps.stored import (
    add_listing,
    add_picture,
    ago,
    digest_of,
    poor_match,
    unit,
)

LONG_AGO = ago(days=400)
TABLES = (
    PictureRow,
    PictureSenderRow,
    PictureClusterRow,
    SightingRow,
    ScanRow,
    ScanImageRow,
    ScanMatchRow,
)


@pytest.fixture
def store(place, tmp_path):
    opened = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield opened
    opened.close()


def show(
    store: Store,
    name: str,
    *,
    listing: str | None = None,
    cluster: str | None = None,
    deleted_at: datetime | None = LONG_AGO,
    **columns: Any,
) -> str:
    """Have a listing show a picture, scan it, and end; returns the SHA-256."""
    digest, scan_id = digest_of(name), f"scan_{name}"
    with store.database.write() as session:
        session.add(ScanRow(id=scan_id, finished_at=LONG_AGO))
        if session.get(BasisRow, "basis") is None:
            session.add(BasisRow(id="basis", recipe="", models=[], policy={}))
        session.flush()
        session.add(
            ScanImageRow(scan_id=scan_id, position=0, image=digest, sha256=digest)
        )
        session.flush()
        session.add(poor_match(scan_id))
        cluster_id = cluster or f"clu_{name}"
        row = session.get(PictureClusterRow, cluster_id)
        if row is None:
            row = PictureClusterRow(id=cluster_id, num_pictures=0, num_listings=0)
            session.add(row)
        row.num_pictures += 1
        session.flush()
        given = {
            "last_listed_at": LONG_AGO,
            "result_scan_id": scan_id,
            "result_position": 0,
            "cluster_id": cluster_id,
            **columns,
        }
        add_picture(session, name, unit(np.random.default_rng(0), 2), **given)
        add_listing(
            session,
            listing or name,
            [digest],
            state="scanned" if deleted_at is None else "deleted",
            received_at=LONG_AGO,
            deleted_at=deleted_at,
        )
        found = session.get_one(ListingRow, f"lst_{listing or name}")
        note_sighting(session, digest, found)
        session.add(PictureSenderRow(marketplace="shop", sha256=digest))
    return digest


def listed_at(store: Store, digest: str) -> datetime | None:
    with store.database.read() as session:
        row = session.get(PictureRow, digest)
        return None if row is None else row.last_listed_at


def count(store: Store, table: type[Table]) -> int:
    with store.database.read() as session:
        query = select(func.count()).select_from(table)
        return session.execute(query).scalar_one()


def test_a_picture_goes_with_all_that_was_found_of_it(store):
    show(store, "gone")
    assert forget_pictures(store, keep_days=30) == 1
    assert {table.__name__: count(store, table) for table in TABLES} == {
        table.__name__: 0 for table in TABLES
    }
    assert count(store, ListingRow) == 1
    assert forget_pictures(store, keep_days=30) == 0


def test_a_picture_that_a_listing_shows_stays_and_is_noted(store):
    digest = show(store, "shown", deleted_at=None)
    assert forget_pictures(store, keep_days=30) == 0
    at = listed_at(store, digest)
    assert at is not None
    assert at > ago(minutes=1)


def test_a_picture_that_a_listing_ended_of_late_stays_until_then(store):
    ended = ago(days=29)
    digest = show(store, "ended", deleted_at=ended)
    assert forget_pictures(store, keep_days=30) == 0
    at = listed_at(store, digest)
    assert at is not None
    assert abs(at - ended) < timedelta(seconds=1)
    assert forget_pictures(store, keep_days=28) == 1


def test_a_picture_that_a_later_version_left_out_is_forgotten(store):
    digest = show(store, "left out", deleted_at=None)
    with store.database.write() as session:
        row = session.get_one(ListingImageRow, ("lst_left out", 0))
        row.sha256 = digest_of("another")
    assert forget_pictures(store, keep_days=30) == 1
    assert listed_at(store, digest) is None


def test_a_picture_that_waits_to_be_scanned_in_a_new_listing_stays(store):
    digest = show(store, "again")
    with store.database.write() as session:
        add_listing(session, "new", [digest], state="queued")
    assert forget_pictures(store, keep_days=0) == 0


def test_zero_days_forget_at_once_and_write_nothing_of_those_shown(store):
    show(store, "ended", deleted_at=ago(seconds=1))
    digest = show(store, "shown", deleted_at=None)
    assert forget_pictures(store, keep_days=0) == 1
    assert listed_at(store, digest) == LONG_AGO


def test_a_watched_picture_stays(store):
    digest = show(store, "watched")
    with store.database.write() as session:
        brand_id = ensure_brand(session, "Acme")
        session.add(
            WatchedPictureRow(picture_sha256=digest, brand_id=brand_id, reason="")
        )
    assert forget_pictures(store, keep_days=30) == 0
    assert listed_at(store, digest) == LONG_AGO


@pytest.mark.parametrize(
    ("state", "age", "is_forgotten"),
    [
        ("open", timedelta(days=999), False),
        ("suppressed", timedelta(days=999), False),
        ("withdrawn", KEEP_WITHDRAWN - timedelta(hours=1), False),
        ("withdrawn", KEEP_WITHDRAWN + timedelta(hours=1), True),
    ],
)
def test_what_speaks_for_a_flag_stays_as_long_as_it_may_matter(
    store, state, age, is_forgotten
):
    show(store, "flagged")
    with store.database.write() as session:
        session.add(
            FlagRow(
                id="flag",
                listing_id="lst_flagged",
                brand_id=ensure_brand(session, "Acme"),
                marketplace="shop",
                version=7,
                state=state,
                verdict="match",
                images=[],
                signals={},
                updated_at=ago(seconds=age.total_seconds()),
            )
        )
    assert forget_pictures(store, keep_days=30) == is_forgotten
    assert count(store, FlagRow) == 1


def test_a_cluster_still_knows_who_was_first(store):
    show(store, "first", cluster="clu")
    second = show(
        store, "second", cluster="clu", deleted_at=None, same_as=digest_of("first")
    )
    with store.database.write() as session:
        listing = session.get_one(ListingRow, "lst_second")
        listing.occurred_at = listing.received_at = ago(days=5)
        session.get_one(SightingRow, (second, "lst_second")).first_seen_at = ago(days=5)
    assert forget_pictures(store, keep_days=30) == 1
    with store.database.read() as session:
        cluster = describe_cluster(session, "clu")
        row = session.get_one(PictureRow, second)
    assert (cluster.num_pictures, cluster.num_listings) == (1, 1)
    assert cluster.first_seen is not None
    assert cluster.first_seen.listing_id == "lst_first"
    assert row.same_as is None  # what it was taken over from is gone


def test_a_kept_file_goes_too_unless_a_reference_has_the_same(store):
    digests = []
    for name in ("kept", "reference", "put again"):
        digest = show(store, name, is_kept=True)
        path = Path(store.blobs.place(digest))
        path.parent.mkdir(parents=True)
        path.write_bytes(b"as if it had that hash")
        if name != "put again":
            then = time.time() - UNUSED_S - 1
            os.utime(path, (then, then))
        digests.append(digest)
    with store.database.write() as session:
        session.add(
            ImageRow(sha256=digests[1], format="PNG", width=9, height=9, num_bytes=9)
        )
    assert forget_pictures(store, keep_days=30) == 2
    assert [Path(store.blobs.place(d)).exists() for d in digests] == [False, True, True]
    assert [listed_at(store, d) is None for d in digests] == [True, True, False]


def test_scans_of_files_and_what_they_found_stay(store):
    digest = show(store, "scanned")
    with store.database.write() as session:
        session.add(ScanRow(id="of files"))
        session.flush()
        session.add(
            ScanImageRow(scan_id="of files", position=0, image="a.png", sha256=digest)
        )
    assert forget_pictures(store, keep_days=30) == 1
    assert (count(store, ScanRow), count(store, ScanImageRow)) == (1, 1)


def test_it_goes_through_all_batches_and_can_be_stopped(store):
    for number in range(7):
        show(store, f"held {number}", deleted_at=None)
    with store.database.write() as session:
        rng = np.random.default_rng(0)
        for number in range(120):
            add_picture(session, str(number), unit(rng, 2), last_listed_at=LONG_AGO)
    assert forget_pictures(store, keep_days=0, should_stop=lambda: True) == 0
    assert forget_pictures(store, keep_days=0) == 120
    assert count(store, PictureRow) == 7


def test_a_picture_that_somebody_names_just_now_stays_or_cannot_be_named(store):
    """Who takes events holds a clock; here they name a picture, and it is forgotten."""
    digest = show(store, "named")
    named: list[bool] = []
    is_naming = threading.Event()

    def name_it() -> None:
        with store.database.write() as session:
            next_seq(session, senders_clock("shop"), 0)
            is_known = digest in known_to(session, "shop", [digest])
            is_naming.set()
            time.sleep(0.3)
            if is_known:
                add_listing(session, "new", [digest], state="queued")
            named.append(is_known)

    thread = threading.Thread(target=name_it)
    thread.start()
    is_naming.wait()
    num_forgotten = forget_pictures(store, keep_days=0)
    thread.join()
    assert (named, num_forgotten) == ([True], 0)
    assert listed_at(store, digest) is not None

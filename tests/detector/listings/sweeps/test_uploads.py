from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select

from detector.listings.sweeps.retention import KEEP_UPLOADS, forget_uploads
from detector.store.listing_tables import PictureBytesRow, PictureSenderRow
from detector.store.store import Store, open_store
from tests.detector.listings.sweeps.stored import (
    add_listing,
    add_picture,
    ago,
    digest_of,
    unit,
)


@pytest.fixture
def store(place, tmp_path):
    opened = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield opened
    opened.close()


def add_bytes(store: Store, name: str, age: timedelta) -> str:
    digest = digest_of(name)
    with store.database.write() as session:
        at = ago(seconds=age.total_seconds())
        session.add(PictureBytesRow(sha256=digest, data=b"picture", created_at=at))
        session.add(PictureSenderRow(marketplace="shop", sha256=digest))
    return digest


def test_files_that_no_listing_waits_for_are_deleted_after_a_day(store):
    hour = timedelta(hours=1)
    add_bytes(store, "young", KEEP_UPLOADS - hour)
    for name in ("unused", "queued", "failed", "long failed", "scanned", "ended"):
        add_bytes(store, name, KEEP_UPLOADS + hour)
    with store.database.write() as session:
        for name in ("queued", "failed", "long failed", "scanned"):
            state = name.rpartition(" ")[2]
            at = ago(days=8) if name == "long failed" else None
            add_listing(session, name, [digest_of(name)], state=state, received_at=at)
        add_listing(session, "ended", [digest_of("ended")], state="deleted")
        add_picture(session, "scanned", unit(np.random.default_rng(0), 1))
    assert forget_uploads(store) == 4
    with store.database.read() as session:
        kept = set(session.scalars(select(PictureBytesRow.sha256)))
        senders = set(session.scalars(select(PictureSenderRow.sha256)))
    assert kept == {digest_of(name) for name in ("young", "queued", "failed")}
    assert senders == kept | {digest_of("scanned")}
    assert forget_uploads(store) == 0

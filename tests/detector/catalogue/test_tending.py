import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from detector.catalogue.references import all_reference_ids
from detector.catalogue.tending import Tender
from detector.store.table import utc_now
from detector.store.tables import ReferenceRow
from tests.catalogues import open_index, run_import


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("has_index", [True, False])
def test_references_expire_by_themselves(store, folder, has_index):
    run_import(store, folder)
    index = open_index(store)
    with store.database.write() as session:
        name = all_reference_ids(session)[0]
        row = session.get_one(ReferenceRow, name)
        row.expires_at = utc_now() - timedelta(seconds=1)

    def is_expired() -> bool:
        with store.database.read() as session:
            state: str = session.get_one(ReferenceRow, name).state
        return state == "expired"

    tender = Tender(store, (lambda: index) if has_index else None)
    tender.start()
    try:
        wait_until(is_expired)
        if has_index:
            wait_until(lambda: name not in index.parts[0].index.ids)
    finally:
        tender.stop()


def test_a_tender_that_was_never_started_can_be_stopped(store):
    Tender(store, None).stop()

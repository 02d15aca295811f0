"""Files of listing events as jobs: what is counted, what waits, what ends."""

import time

import pytest
from sqlalchemy import delete, select

from detector.catalogue.leftovers import end_given_up, sweep_files
from detector.errors import Conflict, Unknown
from detector.listings.intake.listing_import import (
    FILE_NAME,
    MAX_OPEN,
    cancel_import,
    find_import,
    list_problems,
    require_room,
    upload_folder,
)
from detector.store.jobs import put_back
from detector.store.listing_tables import IMPORT_KIND, ListingRow
from detector.store.work_tables import JobRow
from tests.detector.listings.intake.import_files import (
    SOON_S,
    ask,
    do,
    event,
    ndjson,
    num_queued,
    row_of,
    wait_for,
    worker_of,
)


def test_each_row_is_counted_by_what_became_of_it(store):
    data = ndjson(
        event("a"),
        event("a"),
        event("b", 2),
        event("b", 1),
        "no json",
        "",
        event("c", price="a lot"),
        event("d", gtin="12"),
        event("b", 2, title="another"),
    )
    import_id = ask(store, data)
    row = do(store, import_id)
    assert (row.state, row.format, row.error) == ("done", "ndjson", None)
    assert row.counts == {"accepted": 3, "duplicate": 1, "stale": 1, "invalid": 3}
    assert row.num_rows == sum(row.counts.values()) == 8
    assert row.finished_at >= row.started_at
    with store.database.read() as session:
        problems, _ = list_problems(session, import_id, cursor=None, limit=50)
        found = select(ListingRow.external_id).where(ListingRow.marketplace == "market")
        assert sorted(session.scalars(found)) == ["a", "b", "d"]
    assert row.num_problems == 4
    assert [(p.row, p.pointer, p.severity) for p in problems] == [
        (5, None, "error"),
        (7, "/price", "error"),
        (8, "/gtin", "warning"),
        (9, "/version", "error"),
    ]
    assert not upload_folder(store, import_id).exists()


def test_the_same_file_again_changes_nothing(store):
    data = ndjson(*(event(str(n)) for n in range(150)))
    assert do(store, ask(store, data)).counts == {"accepted": 150}
    assert do(store, ask(store, data)).counts == {"duplicate": 150}
    assert num_queued(store) == 150


def test_a_table_is_taken_with_its_warnings(store):
    data = (
        b"listing_id;type;occurred_at;stock\n"
        b"a;listing.created;2026-06-01T12:00:00Z;3\nb;listing.sold;;\n"
    )
    import_id = ask(store, data, name="a.csv")
    row = do(store, import_id)
    assert (row.format, row.counts) == ("csv", {"accepted": 1, "invalid": 1})
    with store.database.read() as session:
        problems, _ = list_problems(session, import_id, cursor=None, limit=50)
    assert [(p.row, p.pointer) for p in problems] == [
        (1, None),
        (3, "/type"),
        (3, "/occurred_at"),
    ]


@pytest.mark.parametrize("damage", ["no table", "gone"])
def test_a_file_that_cannot_be_read_fails_with_the_reason(store, damage):
    import_id = ask(store, b"title,price\n", name="a.csv")
    if damage == "gone":
        (upload_folder(store, import_id) / FILE_NAME).unlink()
    row = do(store, import_id)
    assert row.state == "failed"
    assert row.error_code == "invalid_input"
    assert ("Upload it again" if damage == "gone" else "occurred_at") in row.error
    assert not upload_folder(store, import_id).exists()


def test_where_the_queue_is_full_the_import_waits_and_loses_nothing(store):
    import_id = ask(store, ndjson(*(event(str(n)) for n in range(250))))
    worker = worker_of(store, max_queued=120)
    worker.start()
    waiting = select(JobRow).where(JobRow.kind == IMPORT_KIND)
    deadline = time.monotonic() + SOON_S
    while True:
        with store.database.read() as session:
            job = session.scalars(waiting).one()
        if job.state == "ready" and num_queued(store):
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (row_of(store, import_id).num_rows, num_queued(store)) == (100, 100)
    assert job.attempts == 0
    for _ in range(2):  # as if they had been scanned
        with store.database.write() as session:
            session.execute(delete(JobRow).where(JobRow.kind != IMPORT_KIND))
            for row in session.scalars(select(ListingRow)):
                row.state = "scanned"
            session.scalars(waiting).one().run_at = job.created_at
        time.sleep(1)
    assert wait_for(store, import_id).counts == {"accepted": 250}
    assert worker.stop(SOON_S)


def test_a_canceled_import_takes_nothing_more(store):
    import_id = ask(store, ndjson(*(event(str(n)) for n in range(50))))
    with store.database.write() as session:
        row = find_import(session, import_id, marketplace="market", is_locked=True)
        cancel_import(row)
        with pytest.raises(Conflict):
            cancel_import(row)
    worker = worker_of(store)
    worker.start()
    deadline = time.monotonic() + SOON_S
    while upload_folder(store, import_id).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert worker.stop(SOON_S)
    assert (row_of(store, import_id).state, num_queued(store)) == ("canceled", 0)


def test_one_marketplace_learns_nothing_of_another_ones_imports(store):
    import_id = ask(store, ndjson(event("a")))
    with store.database.read() as session:
        assert find_import(session, import_id, marketplace=None).id == import_id
        with pytest.raises(Unknown):
            find_import(session, import_id, marketplace="other")


def test_a_sender_may_have_only_so_many_waiting(store):
    for _ in range(MAX_OPEN):
        ask(store, b"")
    with store.database.read() as session:
        require_room(session, "other")
        with pytest.raises(Conflict):
            require_room(session, "market")


def test_an_import_that_was_given_up_goes_on_if_its_job_is_tried_again(store):
    """Its file stays for that; the folder of one that has ended does not."""
    import_id = ask(store, ndjson(event("a")))
    with store.database.write() as session:
        job = session.scalars(select(JobRow)).one()
        job.state, job.last_error = "dead", "OSError: /srv/secret"
    assert end_given_up(store.database) == 1
    row = row_of(store, import_id)
    assert (row.state, row.error_code) == ("failed", "given_up")
    assert "secret" not in row.error
    assert sweep_files(store, upload_s=0) == 0
    with store.database.write() as session:
        job = session.scalars(select(JobRow)).one()
        put_back(job, job.created_at)
        job.attempts = 0
    worker = worker_of(store)
    worker.start()
    deadline = time.monotonic() + SOON_S
    while row_of(store, import_id).state != "done":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert worker.stop(SOON_S)
    row = row_of(store, import_id)
    assert (row.error, row.counts) == (None, {"accepted": 1})
    upload_folder(store, import_id).mkdir(exist_ok=True)
    assert sweep_files(store, upload_s=0) == 1
    assert list(store.uploads_folder.iterdir()) == []

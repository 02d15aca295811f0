"""Imports of listing events that are killed end where an undisturbed one ends."""

import threading
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from detector.listings.intake.listing_import import list_problems
from detector.store.listing_tables import IMPORT_KIND, ListingVersionRow
from detector.store.work_tables import JobRow
from tests.detector.listings.intake.import_files import (
    SOON_S,
    ask,
    do,
    event,
    ndjson,
    open_at,
    row_of,
    worker_of,
)
from tests.service_process import CONTEXT

NUM_ROWS = 1_500
NUM_KILLS = 5


def run_worker(connection: Connection, folder: Path, place: Path | str) -> None:
    store = open_at(folder, place)
    worker_of(store).start()
    connection.send("started")
    threading.Event().wait()


def test_a_kill_at_any_moment_leaves_every_count_right(store, place, tmp_path):
    """Each row is new, twice or bad, so that one counted twice would show."""
    rows = [event(str(n)) for n in range(NUM_ROWS)]
    order = np.random.default_rng(0).permutation(3 * NUM_ROWS)
    mixed = [(*rows, *rows, *(["oops"] * NUM_ROWS))[n] for n in order]
    import_id = ask(store, ndjson(*mixed))
    num_rows = [0]
    for _ in range(NUM_KILLS):
        here, there = CONTEXT.Pipe()
        child = CONTEXT.Process(target=run_worker, args=(there, tmp_path, place))
        child.start()
        there.close()
        assert here.recv() == "started"
        deadline = time.monotonic() + SOON_S
        while row_of(store, import_id).num_rows <= num_rows[-1]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        child.kill()
        child.join()
        num_rows.append(row_of(store, import_id).num_rows)
    assert len(set(num_rows)) == NUM_KILLS + 1
    assert num_rows[-1] < 3 * NUM_ROWS, "it was done before it was killed"
    row = do(store, import_id)
    assert row.counts == {
        "accepted": NUM_ROWS,
        "duplicate": NUM_ROWS,
        "invalid": NUM_ROWS,
    }
    assert (row.num_rows, row.num_problems) == (3 * NUM_ROWS, NUM_ROWS)
    with store.database.read() as session:
        jobs = session.scalars(select(JobRow.payload).where(JobRow.kind != IMPORT_KIND))
        scans = Counter(payload["listing_id"] for payload in jobs)
        assert len(scans) == NUM_ROWS
        assert set(scans.values()) == {1}
        versions = select(func.count()).select_from(ListingVersionRow)
        assert session.scalar(versions) == NUM_ROWS
        last = None
        seen = []
        while True:
            problems, last = list_problems(session, import_id, cursor=last, limit=200)
            seen += [problem.row for problem in problems]
            if last is None:
                break
    assert seen == [n + 1 for n, each in enumerate(mixed) if each == "oops"]

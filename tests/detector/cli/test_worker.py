import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from detector.api.background import Work
from detector.catalogue.brands import ensure_brand
from detector.catalogue.catalogue_file import ImportFormat
from detector.catalogue.imports import (
    IMAGES_NAME,
    TABLE_NAME,
    ask_for_import,
    new_import_id,
    upload_folder,
)
from detector.cli.worker import KINDS
from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import take_events
from detector.store.job_list import count_jobs
from detector.store.listing_tables import ListingRow
from detector.store.store import Store, open_store
from detector.store.table import utc_now
from detector.store.tables import ReferenceRow
from detector.store.work_tables import ImportRow, JobRow
from tests.catalogues import draw_folder

SOON_S = 60.0


@contextmanager
def detector_worker(
    data_dir: Path, url: str | None, *options: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `detector worker` as a program, until the block ends."""
    environment = {
        **os.environ,
        "DETECTOR_DATA_DIR": str(data_dir),
        "DETECTOR_THREADS": "1",
        "DETECTOR_JOB_LEASE_S": "1",
        **({"DETECTOR_DATABASE_URL": url} if url else {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "detector.cli", "worker", *options],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        assert re.match(r"Working on .* of .* until Ctrl-C", process.stderr.readline())
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def ask(store: Store, folder: Path) -> str:
    """Ask for the import of a CSV and a ZIP of its pictures, as the service does."""
    import_id = new_import_id()
    upload = upload_folder(store, import_id)
    upload.mkdir()
    pictures = sorted(path for path in folder.rglob("*.png"))
    with zipfile.ZipFile(upload / IMAGES_NAME, "w") as archive:
        for path in pictures:
            archive.write(path, path.name)
    rows = [f"p{n},Shoe {n},{path.name}" for n, path in enumerate(pictures)]
    table = "\n".join(["id,title,image_link", *rows]).encode()
    (upload / TABLE_NAME).write_bytes(table)
    with store.database.write() as session:
        ask_for_import(
            session,
            import_id=import_id,
            brand_id=ensure_brand(session, "Acme"),
            format=ImportFormat.AUTO,
            mode="delta",
            is_dry_run=False,
            file_name="shoes.csv",
            file_sha256=sha256(table).hexdigest(),
            created_by="test",
        )
    return import_id


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_an_import_is_done_by_whoever_is_left(place, data_dir, tmp_path):
    url = place if isinstance(place, str) else None
    store = open_store(data_dir, url)
    import_id = ask(store, draw_folder(tmp_path / "photos", 30, size=(360, 270)))

    def row() -> ImportRow:
        with store.database.read() as session:
            return session.get_one(ImportRow, import_id)

    with detector_worker(data_dir, url) as first:
        wait_until(lambda: row().num_rows > 0)
        first.kill()
    assert row().state == "running"
    with detector_worker(data_dir, url) as second:
        wait_until(lambda: row().num_rows > 8)
        second.send_signal(signal.SIGINT)
        assert second.wait(SOON_S) == 0
    with store.database.read() as session:
        job = session.scalars(select(JobRow)).one()
    assert (job.state, job.attempts) in [("ready", 0), ("done", 1)]
    with detector_worker(data_dir, url):
        wait_until(lambda: row().state == "done")
        wait_until(lambda: not list(store.uploads_folder.iterdir()))
    assert row().counts["references_added"] == 30
    with store.database.read() as session:
        assert count_jobs(session) == {("catalogue_import", "done"): 1}
        assert len(session.scalars(select(ReferenceRow.id)).all()) == 30
    store.close()


def test_listings_are_scanned_by_a_worker_that_does_nothing_else(
    place, data_dir, tmp_path
):
    url = place if isinstance(place, str) else None
    store = open_store(data_dir, url)
    import_id = ask(store, draw_folder(tmp_path / "photos", 2, size=(360, 270)))
    picture = next((tmp_path / "photos").rglob("*.png")).read_bytes()
    event = ListingEvent(
        marketplace="shop",
        listing_id="1",
        version=1,
        event_id=None,
        type=EventKind.CREATED,
        occurred_at=utc_now(),
        seller_id=None,
        details={},
        images=(GivenImage(0, data=picture),),
    )
    take_events(store, [event], max_queued=10)

    def listing() -> ListingRow:
        with store.database.read() as session:
            return session.scalars(select(ListingRow)).one()

    with detector_worker(data_dir, url, "--kinds", "scans"):
        wait_until(lambda: listing().state == "scanned")
    assert listing().verdict == "no_match"
    with store.database.read() as session:
        assert session.get_one(ImportRow, import_id).state == "queued"
        assert count_jobs(session) == {("catalogue_import", "ready"): 1}
    store.close()


def test_kinds_that_do_not_exist_are_told(detector):
    done = detector("worker", "--kinds", "scans,dishes")
    assert done.code == 2
    assert "'dishes' is none of jobs, scans, fetches, deliveries" in " ".join(
        done.err.split()
    )


def test_the_kinds_of_the_command_are_those_there_are():
    assert tuple(Work) == KINDS

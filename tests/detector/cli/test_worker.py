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

from detector.catalogue.brands import ensure_brand
from detector.catalogue.catalogue_file import ImportFormat
from detector.catalogue.imports import (
    IMAGES_NAME,
    TABLE_NAME,
    ask_for_import,
    new_import_id,
    upload_folder,
)
from detector.store.job_list import count_jobs
from detector.store.store import Store, open_store
from detector.store.tables import ReferenceRow
from detector.store.work_tables import ImportRow, JobRow
from tests.catalogues import draw_folder

SOON_S = 60.0


@contextmanager
def detector_worker(data_dir: Path, url: str | None) -> Iterator[subprocess.Popen[str]]:
    """Run `detector worker` as a program, until the block ends."""
    environment = {
        **os.environ,
        "DETECTOR_DATA_DIR": str(data_dir),
        "DETECTOR_THREADS": "1",
        "DETECTOR_JOB_LEASE_S": "1",
        **({"DETECTOR_DATABASE_URL": url} if url else {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "detector.cli", "worker"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        assert re.match(
            r"Working on jobs, .* of .* until Ctrl-C", process.stderr.readline()
        )
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

import logging
import os
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from detector.catalogue.brands import ensure_brand
from detector.catalogue.catalogue_file import ImportFormat
from detector.catalogue.health_job import ask_for_check
from detector.catalogue.imports import ask_for_import, new_import_id
from detector.catalogue.leftovers import (
    KEEP_GIVEN_UP,
    UPLOAD_S,
    end_given_up,
    sweep_files,
)
from detector.store.claiming import claim
from detector.store.event_tables import EventRow
from detector.store.job_list import cancel
from detector.store.jobs import fail
from detector.store.store import Store, open_store
from detector.store.table import Table, utc_now
from detector.store.work_tables import HealthCheckRow, ImportRow, JobRow

KINDS = ("catalogue_import", "health_check")


@pytest.fixture
def store(place, tmp_path):
    opened = open_store(tmp_path / "data", place if isinstance(place, str) else None)
    yield opened
    opened.close()


def ask(store: Store) -> str:
    """Ask for an import whose files are there; returns its id."""
    import_id = new_import_id()
    make_upload(store, import_id)
    with store.database.write() as session:
        ask_for_import(
            session,
            import_id=import_id,
            brand_id=ensure_brand(session, "Acme"),
            format=ImportFormat.AUTO,
            mode="delta",
            is_dry_run=False,
            file_name="a.csv",
            file_sha256="0" * 64,
            created_by="somebody",
        )
    return import_id


def make_upload(store: Store, name: str) -> Path:
    folder = store.uploads_folder / name
    folder.mkdir()
    (folder / "table").write_bytes(b"product_id\n")
    return folder


def grow_old(folder: Path, *, but: str | None = None) -> None:
    then = time.time() - UPLOAD_S - 1
    for path in (*folder.iterdir(), folder):
        if path.name != but:
            os.utime(path, (then, then))


def give_up(store: Store, error: str = "OSError: /srv/secret") -> None:
    job = claim(store.database, KINDS, lease_s=60)
    assert job
    assert fail(store.database, job, error, is_final=True)


def row_of(store: Store, table: type[Table], id: str) -> Any:
    with store.database.read() as session:
        return session.get_one(table, id)


def test_what_was_asked_for_fails_with_its_job(store, caplog):
    import_id = ask(store)
    with store.database.write() as session:
        ask_for_check(
            session,
            check_id="chk_1",
            brand_id=ensure_brand(session, "Acme"),
            sample=4,
            seed=0,
            created_by="somebody",
        )
    give_up(store)
    give_up(store)
    other_id = ask(store)
    with caplog.at_level(logging.WARNING):
        assert end_given_up(store.database) == 2
    for row in (
        row_of(store, ImportRow, import_id),
        row_of(store, HealthCheckRow, "chk_1"),
    ):
        assert row.state == "failed"
        assert row.finished_at is not None
        assert "given up" in row.error
        assert "secret" not in row.error
    assert "/srv/secret" in caplog.text
    assert row_of(store, ImportRow, other_id).state == "queued"
    assert end_given_up(store.database) == 0
    with store.database.read() as session:
        [told] = session.scalars(select(EventRow)).all()
    assert told.type == "catalogue.import_failed"
    assert told.brand_id == row_of(store, ImportRow, import_id).brand_id
    assert told.data["import_id"] == import_id
    assert told.data["error_code"] == "given_up"
    assert "secret" not in str(told.data)


@pytest.mark.parametrize("state", ["done", "failed", "canceled"])
def test_what_has_ended_stays_as_it_is(store, state):
    import_id = ask(store)
    with store.database.write() as session:
        session.get_one(ImportRow, import_id).state = state
    give_up(store)
    assert end_given_up(store.database) == 0
    assert row_of(store, ImportRow, import_id).state == state


def test_only_uploads_that_nobody_needs_are_deleted(store):
    waiting, ended = ask(store), ask(store)
    with store.database.write() as session:
        session.get_one(ImportRow, ended).state = "done"
    for name in ("arriving.part", "stalled.part", "cut_off.part", "unasked", waiting):
        folder = store.uploads_folder / name
        if name != waiting:
            make_upload(store, name)
        if name != "arriving.part":
            grow_old(folder, but="table" if name == "stalled.part" else None)
    assert sweep_files(store) == 3
    assert {path.name for path in store.uploads_folder.iterdir()} == {
        "arriving.part",  # new
        "stalled.part",  # its file still grows
        waiting,
    }
    assert sweep_files(store, upload_s=0) == 2
    assert [path.name for path in store.uploads_folder.iterdir()] == [waiting]


def test_an_import_that_was_given_up_keeps_its_files_for_a_while(store):
    import_id = ask(store)
    give_up(store)
    end_given_up(store.database)
    grow_old(store.uploads_folder / import_id)
    assert sweep_files(store) == 0
    with store.database.write() as session:
        row = session.get_one(ImportRow, import_id)
        row.finished_at = utc_now() - KEEP_GIVEN_UP
    assert sweep_files(store) == 1


def test_pictures_that_were_being_written_are_swept_too(store):
    (store.folder / "blobs" / "tmp" / "half").write_bytes(b"half")
    assert sweep_files(store) == 1
    assert list((store.folder / "blobs" / "tmp").iterdir()) == []


def test_a_dead_job_of_another_kind_concerns_nobody(store):
    import_id = ask(store)
    give_up(store)
    with store.database.write() as session:
        for job in session.scalars(select(JobRow)):
            job.kind = "other"
    assert end_given_up(store.database) == 0
    assert row_of(store, ImportRow, import_id).state == "queued"


def test_an_import_whose_job_is_canceled_ends_and_says_so(store):
    import_id = ask(store)
    with store.database.write() as session:
        (job,) = session.scalars(select(JobRow)).all()
        cancel(session, job.id)
    assert end_given_up(store.database) == 1
    row = row_of(store, ImportRow, import_id)
    assert row.state == "failed"
    assert "canceled" in row.error

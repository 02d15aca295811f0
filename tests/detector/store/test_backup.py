import multiprocessing
import shutil
import stat
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from detector.errors import Busy, Conflict, StoreFault
from detector.store.backup import write_backup
from detector.store.claiming import claim
from detector.store.jobs import enqueue
from detector.store.listing_tables import ListingImportRow, PictureRow
from detector.store.restore import restore_backup
from detector.store.store import open_store
from detector.store.table import utc_now
from detector.store.tables import (
    BrandRow,
    CatalogueClockRow,
    EmbeddingRow,
    ImageRow,
)
from detector.store.work_tables import ImportRow, JobRow
from tests.databases import KINDS
from tests.filled_store import fill, ignore, restorable, rows_of


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_a_restored_store_equals_the_original(new_store, tmp_path, source, target):
    original = fill(new_store(source), tmp_path)
    manifest = write_backup(original, tmp_path / "a.zip", on_progress=ignore)
    assert manifest.faults == ()
    copy = new_store(target)
    restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
    before, after = rows_of(original), rows_of(copy)
    assert restorable(after) == restorable(before)
    assert sum(map(len, before.values())) > 20
    for row in before["image"]:
        assert copy.blobs.read(row["sha256"]) == original.blobs.read(row["sha256"])
    uploads = sorted(path.name for path in copy.uploads_folder.iterdir())
    assert uploads == ["imp_done", "imp_open"]
    for name in uploads:
        upload = Path(name, "table")
        assert (copy.uploads_folder / upload).read_bytes() == (
            original.uploads_folder / upload
        ).read_bytes()
    assert manifest.counts()["blobs"] == len(before["image"])


def test_pictures_go_from_a_folder_into_a_bucket_and_back(
    filled, new_store, bucket, tmp_path
):
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    with closing(open_store(tmp_path / "b", blobs=bucket.url)) as remote:
        restore_backup(remote, tmp_path / "a.zip", on_progress=ignore)
        assert list((tmp_path / "b").glob("blobs")) == []
        manifest = write_backup(remote, tmp_path / "b.zip", on_progress=ignore)
    assert (len(bucket.objects()), manifest.faults) == (4, ())
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "b.zip", on_progress=ignore)
    digests = [row["sha256"] for row in rows_of(filled)["image"]]
    assert len(digests) == 4
    assert all(copy.blobs.read(digest) for digest in digests)


def test_a_copy_is_not_taken_for_the_original(filled, new_store, tmp_path):
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    copies = [new_store("sqlite"), new_store("sqlite")]
    ids = {rows_of(filled)["catalogue_clock"][0]["catalogue_id"]}
    for copy in copies:
        restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
        ids.add(rows_of(copy)["catalogue_clock"][0]["catalogue_id"])
    assert len(ids) == 3
    assert rows_of(copies[0])["catalogue_clock"][0]["seq"] == 4


def test_what_is_over_soon_is_left_out(filled, new_store, tmp_path):
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
    assert rows_of(filled)["given_answer"]
    assert not rows_of(copy)["given_answer"]


def test_work_under_way_is_ready_in_the_copy(filled, new_store, tmp_path):
    with filled.database.write() as session:
        enqueue(session, "work", payload={"n": 1})
    job = claim(filled.database, ["work"], lease_s=3_600)
    assert job is not None
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
    again = claim(copy.database, ["work"], lease_s=3_600)
    assert again is not None
    assert (again.id, again.attempts) == (job.id, 1)
    with filled.database.read() as session:
        assert session.get_one(JobRow, job.id).lease_token == job.token


def test_the_file_is_private_and_is_not_replaced_by_mistake(filled, tmp_path):
    path = tmp_path / "a.zip"
    write_backup(filled, path, on_progress=ignore)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(Conflict, match=r"a\.zip is there already.*--force"):
        write_backup(filled, path, on_progress=ignore)
    assert path.read_bytes() == before
    write_backup(filled, path, replace=True, on_progress=ignore)
    assert path.read_bytes() != before
    assert not list(tmp_path.glob("*.part"))


def test_two_backups_into_one_file_at_once_are_refused(filled, tmp_path):
    refused: list[Busy] = []

    def try_another(done: int, total: int) -> None:
        if not refused:
            with pytest.raises(Busy, match="Another backup") as caught:
                write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
            refused.append(caught.value)

    write_backup(filled, tmp_path / "a.zip", on_progress=try_another)
    assert refused
    zipfile.ZipFile(tmp_path / "a.zip").close()


def test_a_folder_that_is_not_there_is_named(filled, tmp_path):
    with pytest.raises(StoreFault, match="nowhere"):
        write_backup(filled, tmp_path / "nowhere" / "a.zip", on_progress=ignore)


def test_what_a_killed_backup_left_is_taken_over(filled, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"x" * 10_000_000)
    write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    assert (tmp_path / "a.zip").stat().st_size < 10_000_000


def test_a_lost_picture_is_told_and_the_rest_is_kept(filled, new_store, tmp_path):
    lost, damaged = [row["sha256"] for row in rows_of(filled)["image"][:2]]
    Path(filled.blobs.place(lost)).unlink()
    Path(filled.blobs.place(damaged)).write_bytes(b"x")
    manifest = write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    assert len(manifest.faults) == 2
    assert {lost, damaged} == {Path(f.split()[0]).name for f in manifest.faults}
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
    assert restorable(rows_of(copy)) == restorable(rows_of(filled))


def test_what_listings_need_is_in_the_backup(filled, new_store, tmp_path):
    kept, gone = filled.blobs.put(b"evidence"), "0" * 64
    with filled.database.write() as session:
        session.add(PictureRow(sha256=kept, seq=1, is_kept=True))
        session.add(PictureRow(sha256=gone, seq=2))
        session.add(
            ListingImportRow(
                id="lim_open", format="csv", file_name="a.csv", file_sha256="0" * 64
            )
        )
    folder = filled.uploads_folder / "lim_open"
    folder.mkdir()
    (folder / "events").write_bytes(b"type,listing_id")
    manifest = write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    assert manifest.faults == ()
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "a.zip", on_progress=ignore)
    assert copy.blobs.read(kept) == b"evidence"
    events = copy.uploads_folder / "lim_open" / "events"
    assert events.read_bytes() == b"type,listing_id"


def test_evidence_that_was_lost_is_told(filled, tmp_path):
    kept = filled.blobs.put(b"evidence")
    with filled.database.write() as session:
        session.add(PictureRow(sha256=kept, seq=1, is_kept=True))
    Path(filled.blobs.place(kept)).unlink()
    manifest = write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    (fault,) = manifest.faults
    assert kept in fault


def test_progress_reaches_its_total(filled, new_store, tmp_path):
    told: list[tuple[int, int]] = []
    write_backup(filled, tmp_path / "a.zip", on_progress=lambda *n: told.append(n))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0
    told.clear()
    copy = new_store("sqlite")
    restore_backup(copy, tmp_path / "a.zip", on_progress=lambda *n: told.append(n))
    assert told[-1][0] == told[-1][1] > 1_000


def _keep_writing(folder: Path, url: str | None) -> None:
    """Add a brand with its picture and two rows that belong together, for ever."""
    store = open_store(folder, url)
    n = 0
    while True:
        n += 1
        data = f"picture {n}".encode() * 1_000
        digest = store.blobs.put(data)
        with store.database.write() as session:
            session.get_one(CatalogueClockRow, 1, with_for_update=True).seq += 1
            session.add(BrandRow(id=f"b{n}", key=f"b{n}", name="x"))
            session.flush()
            image = {"sha256": digest, "format": "PNG", "width": 1, "height": 1}
            session.execute(insert(ImageRow), {**image, "num_bytes": len(data)})
            vector = {"image_sha256": digest, "model": "m", "weights_hash": "w"}
            session.execute(insert(EmbeddingRow), {**vector, "vector": b"\n" * n})


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_while_others_write_is_of_one_moment(new_store, tmp_path, kind):
    store = new_store(kind)
    url = None
    if kind == "postgresql":
        url = store.database.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_keep_writing, args=(store.folder, url))
    writer.start()
    try:
        sizes: list[int] = []
        deadline = time.monotonic() + 30
        while len(sizes) < 3:
            assert time.monotonic() < deadline
            with store.database.read() as session:
                if session.get_one(CatalogueClockRow, 1).seq < 20 * (len(sizes) + 1):
                    time.sleep(0.02)
                    continue
            path = tmp_path / f"{len(sizes)}.zip"
            write_backup(store, path, on_progress=ignore)
            copy = new_store("sqlite")
            restore_backup(copy, path, on_progress=ignore)
            with copy.database.read() as session:
                counts = {
                    session.execute(select(func.count()).select_from(table)).scalar()
                    for table in (BrandRow, ImageRow, EmbeddingRow)
                }
                counts.add(session.get_one(CatalogueClockRow, 1).seq)
                digests = session.scalars(select(ImageRow.sha256)).all()
            assert len(counts) == 1
            assert all(copy.blobs.read(digest) for digest in digests)
            sizes.append(len(digests))
        assert sizes[0] < sizes[1] < sizes[2]
    finally:
        writer.kill()
        writer.join()


def test_an_import_that_ends_meanwhile_is_not_half_in_the_backup(filled, tmp_path):
    # As an import does: the commit first, then its files go.
    with filled.database.write() as session:
        session.get_one(ImportRow, "imp_open").finished_at = utc_now()
    shutil.rmtree(filled.uploads_folder / "imp_open")
    manifest = write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    assert manifest.faults == ()
    assert manifest.counts()["uploads"] == 1


def test_an_upload_that_was_lost_is_told(filled, tmp_path):
    shutil.rmtree(filled.uploads_folder / "imp_open")
    manifest = write_backup(filled, tmp_path / "a.zip", on_progress=ignore)
    (fault,) = manifest.faults
    assert fault.endswith("imp_open is missing.")

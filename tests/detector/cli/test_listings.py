"""`detector listings`: files and a folder go in, and what is known comes out."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from detector.listings.engine import open_engine
from detector.listings.pictures.known import KnownPictures
from detector.store.listing_tables import ListingRow, ListingVersionRow
from detector.store.store import Store, open_store
from detector.store.work_tables import JobRow
from tests.catalogues import draw_folder, grid_extractor, run_import
from tests.detector.listings.pictures.conftest import SIZE, Market

SOON_S = 60.0
NUM_KILLS = 5


def event(name: str, version: int = 1, **more: object) -> dict[str, object]:
    return {
        "type": "listing.updated",
        "occurred_at": "2026-06-01T12:00:00Z",
        "listing_id": name,
        "version": version,
        "title": f"Item {name}",
        **more,
    }


def shown(name: str) -> dict[str, object]:
    return event(name, images=[{"url": f"https://img.example/{name}.jpg"}])


def write(path: Path, *events: object) -> Path:
    lines = "".join(
        (each if isinstance(each, str) else json.dumps(each)) + "\n" for each in events
    )
    path.write_text(lines)
    return path


def stored(data_dir: Path) -> Counter[tuple[str, str]]:
    """List what was taken: (marketplace, listing)."""
    store = open_store(data_dir)
    with store.database.read() as session:
        found = session.execute(select(ListingRow.marketplace, ListingRow.external_id))
        listings = Counter((name, id) for name, id in found)
    store.close()
    return listings


def test_good_rows_are_taken_and_others_told(detector, tmp_path, data_dir):
    first = write(tmp_path / "a.ndjson", shown("a"), shown("a"), "oops", shown("b"))
    second = tmp_path / "b.csv.gz"
    table = "listing_id,type,occurred_at\nc,listing.created,2026-06-01T12:00:00Z\n"
    second.write_bytes(gzip.compress(table.encode()))
    done = detector("listings", "add", first, second, "--marketplace", "shop")
    assert done.code == 1
    assert "a.ndjson: 4 rows: 2 accepted, 1 duplicate, 1 invalid" in done.out
    assert "error: row 3: The line is no JSON" in done.out
    assert "b.csv.gz: 1 rows: 1 accepted" in done.out
    assert stored(data_dir) == {("shop", "a"): 1, ("shop", "b"): 1, ("shop", "c"): 1}
    again = detector("listings", "add", second, "--marketplace", "shop", "--json")
    assert again.code == 0
    (report,) = json.loads(again.out)
    assert report["counts"] == {"duplicate": 1}
    assert (report["problems"], report["error"]) == ([], None)


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    detector, tmp_path, data_dir
):
    bad = tmp_path / "bad.csv"
    bad.write_text("title,price\n")
    good = write(tmp_path / "good.ndjson", shown("a"))
    done = detector("listings", "add", bad, good, "--marketplace", "shop")
    assert done.code == 1
    assert "bad.csv: A table of listing events needs the column" in done.out
    assert stored(data_dir) == {("shop", "a"): 1}


def test_misuse_is_told(detector, tmp_path):
    file = write(tmp_path / "a.ndjson", shown("a"))
    for arguments in (
        ("add", tmp_path / "none.csv", "--marketplace", "shop"),
        ("add", file),
        ("add", file, "--marketplace", " "),
        ("add", file, "--marketplace", "a\nb"),
        ("watch", tmp_path / "none", "--marketplace", "shop"),
        ("show", "lst_none", "--marketplace"),
    ):
        done = detector("listings", *arguments)
        assert done.code == 2, arguments
        assert "Traceback" not in done.err
    assert detector("listings", "show", "lst_none").code == 1


def test_listings_can_be_listed_and_shown(detector, tmp_path):
    rows = [
        event("a", seller={"id": "s-1"}, price="12.50"),
        shown("b"),
        event("c", type="listing.deleted"),
    ]
    detector(
        "listings", "add", write(tmp_path / "a.ndjson", *rows), "--marketplace", "shop"
    )
    found = json.loads(detector("listings", "list", "--json").out)
    assert {(row["listing_id"], row["state"]) for row in found} == {
        ("a", "scanned"),
        ("b", "queued"),
        ("c", "deleted"),
    }
    for option, value, ids in (
        ("--state", "queued", {"b"}),
        ("--seller", "s-1", {"a"}),
        ("--marketplace", "other", set()),
        ("--verdict", "match", set()),
    ):
        some = json.loads(detector("listings", "list", option, value, "--json").out)
        assert {row["listing_id"] for row in some} == ids
    assert "no such listings" in detector("listings", "list", "--state", "failed").out
    some = detector("listings", "list", "--limit", 2)
    assert len(some.out.splitlines()) == 3
    assert "more" in some.err
    told = detector("listings", "show", "a", "--marketplace", "shop")
    assert "price: 12.50" in told.out
    (id,) = (row["id"] for row in found if row["listing_id"] == "b")
    one = json.loads(detector("listings", "show", id, "--json").out)
    assert [image["url"] for image in one["images"]] == ["https://img.example/b.jpg"]
    assert "https://img.example/b.jpg: waits" in detector("listings", "show", id).out


def test_pictures_beside_a_file_are_scanned_and_shown(detector, tmp_path, data_dir):
    folder = draw_folder(tmp_path / "photos", 6, size=SIZE)
    copy = sorted(folder.rglob("*.png"))[0].relative_to(tmp_path).as_posix()
    file = write(tmp_path / "a.ndjson", event("a", images=[{"path": copy}]))
    assert detector("listings", "add", file, "--marketplace", "shop").code == 0
    store = open_store(data_dir)
    run_import(store, folder)
    engine = open_engine(store, grid_extractor(), threads=2, on_note=lambda note: None)
    Market(store, folder, engine, KnownPictures(store.database)).scan()
    store.close()
    told = detector("listings", "show", "a", "--marketplace", "shop").out
    assert "verdict: match" in told
    assert " same_photo Acme/0/000.png" in told
    one = detector("listings", "show", "a", "--marketplace", "shop", "--json")
    (image,) = json.loads(one.out)["images"]
    assert image["verdict"] == "match"
    assert image["matches"][0]["relation"] == "same_photo"
    assert [flag["state"] for flag in json.loads(one.out)["flags"]] == ["open"]


@contextmanager
def watching(
    data_dir: Path, folder: Path, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `detector listings watch` as a program, until the block ends."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "detector.cli", "listings", "watch"),
            *(str(folder), "--marketplace", "shop"),
        ],
        env={**os.environ, "DETECTOR_DATA_DIR": str(data_dir), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    assert process.stdout
    try:
        assert process.stderr.readline().startswith("Watching")
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdout.close()


def wait_until(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON_S
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_files_that_arrive_are_taken_and_filed_away(inbox, data_dir):
    write(inbox / "early.ndjson", shown("a"))
    with watching(data_dir, inbox) as process:
        write(inbox / "late.ndjson.part", shown("b"), "oops").rename(
            inbox / "late.ndjson"
        )
        (inbox / "notes.txt").write_text("buy milk")
        wait_until((inbox / "failed" / "late.ndjson").exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON_S) == 0
    assert (inbox / "done" / "early.ndjson").exists()
    report = json.loads((inbox / "failed" / "late.ndjson.report.json").read_text())
    assert report["counts"] == {"accepted": 1, "invalid": 1}
    assert [problem["row"] for problem in report["problems"]] == [2]
    assert sorted(path.name for path in inbox.iterdir()) == [
        "done",
        "failed",
        "notes.txt",
    ]
    assert stored(data_dir) == {("shop", "a"): 1, ("shop", "b"): 1}


def test_a_full_queue_is_waited_for(inbox, data_dir):
    for n in range(2):
        write(inbox / f"{n}.ndjson", *(shown(f"{n}-{i}") for i in range(4)))
    with watching(data_dir, inbox, DETECTOR_MAX_QUEUED_LISTINGS="6") as process:
        assert process.stderr
        assert "Waiting for room" in process.stderr.readline()
        assert (inbox / "1.ndjson").exists()
        store = open_store(data_dir)
        with store.database.write() as session:  # as if they had been scanned
            for row in session.scalars(select(ListingRow)):
                row.state = "scanned"
            for job in session.scalars(select(JobRow)):
                session.delete(job)
        store.close()
        wait_until((inbox / "done" / "1.ndjson").exists)
    assert sum(stored(data_dir).values()) == 8


def test_killed_at_any_moment_it_loses_and_doubles_nothing(inbox, data_dir):
    num_files, num_rows = 6, 800
    names = [f"{n}-{i}" for n in range(num_files) for i in range(num_rows)]
    for n in range(num_files):
        some = (shown(name) for name in names if name.startswith(f"{n}-"))
        write(inbox / f"{n}.ndjson", *some)
    rng = np.random.default_rng(0)
    done, num_taken = inbox / "done", [0]
    for _ in range(NUM_KILLS):
        # Room for a file more, or a fast machine is done before it is killed.
        room = str(num_taken[-1] + num_rows + 100)
        with watching(data_dir, inbox, DETECTOR_MAX_QUEUED_LISTINGS=room) as process:
            # It begins once they have not changed for two seconds.
            wait_until(lambda: num_stored(data_dir) > num_taken[-1])
            time.sleep(rng.uniform(0, 0.3))
            process.kill()
            process.wait()
        num_taken.append(num_stored(data_dir))
        if num_taken[-1] >= len(names) - num_rows:
            break
    assert any(0 < taken < len(names) for taken in num_taken)
    with watching(data_dir, inbox):
        wait_until(lambda: len(list(done.glob("?.ndjson"))) == num_files)
    assert stored(data_dir) == {("shop", name): 1 for name in names}
    store: Store = open_store(data_dir)
    with store.database.read() as session:
        for table in (ListingVersionRow, JobRow):
            assert session.scalar(select(func.count()).select_from(table)) == len(names)
    store.close()
    for n in range(num_files):
        report = json.loads((done / f"{n}.ndjson.report.json").read_text())
        assert sum(report["counts"].values()) == report["num_rows"] == num_rows


def num_stored(data_dir: Path) -> int:
    return sum(stored(data_dir).values())

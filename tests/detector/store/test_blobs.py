"""Pictures in a folder and in a bucket: one contract, and what each does besides."""

import fcntl
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from detector.errors import StoreFault
from detector.store.blobs import UNUSED_S, Blobs, try_out
from detector.store.local_blobs import LocalBlobs
from detector.store.s3_blobs import S3Blobs
from tests.buckets import Bucket


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to keep blobs, and ways to it past our code.

    Attributes:
        open: opens it, as often as a test wants.
        overwrite: replaces a blob's bytes, which are so many seconds old then.
        names: lists everything that is in it.
    """

    open: Callable[[], Blobs]
    overwrite: Callable[[str, bytes, float], None]
    names: Callable[[], list[str]]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return folder_place(tmp_path)
    return bucket_place(request.getfixturevalue("bucket"))


def folder_place(folder: Path) -> Place:
    def overwrite(digest: str, data: bytes, age_s: float) -> None:
        path = Path(LocalBlobs(folder).place(digest))
        if path.read_bytes() != data:
            path.write_bytes(data)
        then = time.time() - age_s
        os.utime(path, (then, then))

    return Place(lambda: LocalBlobs(folder), overwrite, lambda: files_below(folder))


def bucket_place(bucket: Bucket) -> Place:
    def overwrite(digest: str, data: bytes, age_s: float) -> None:
        path = S3Blobs(bucket.url).place(digest)
        bucket.files.pipe_file(path, data, Metadata={"age": str(age_s)})

    return Place(lambda: S3Blobs(bucket.url), overwrite, bucket.objects)


def files_below(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    )


def test_a_blob_lies_under_the_hash_of_its_bytes(place):
    blobs = place.open()
    digest = blobs.put(b"picture")
    assert digest == sha256(b"picture").hexdigest()
    assert place.names() == [f"{digest[:2]}/{digest[2:4]}/{digest}"]
    assert blobs.place(digest).endswith(place.names()[0])
    assert (blobs.read(digest), blobs.size(digest)) == (b"picture", 7)


def test_storing_twice_keeps_one(place):
    assert place.open().put(b"picture") == place.open().put(b"picture")
    assert len(place.names()) == 1


def test_threads_that_store_the_same_bytes_agree(place):
    blobs = place.open()
    threads = [
        threading.Thread(target=blobs.put, args=(bytes([i % 3]) * 100_000,))
        for i in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(place.names()) == 3
    for i in range(3):
        data = bytes([i]) * 100_000
        assert blobs.read(sha256(data).hexdigest()) == data


def test_a_missing_blob_says_how_to_bring_it_back(place):
    blobs = place.open()
    assert blobs.size("0" * 64) is None
    with pytest.raises(StoreFault, match=r"0{64} is missing\. Restore it"):
        blobs.read("0" * 64)


@pytest.mark.parametrize("damage", [b"", b"pictur", b"pictures", b"Picture"])
def test_a_blob_that_is_not_what_its_name_says_is_refused(place, damage):
    blobs = place.open()
    digest = blobs.put(b"picture")
    place.overwrite(digest, damage, 0)
    assert blobs.size(digest) == len(damage)
    with pytest.raises(StoreFault, match="does not hold the bytes"):
        blobs.read(digest)


def test_a_blob_that_nobody_has_put_of_late_is_deleted(place):
    blobs = place.open()
    digest = blobs.put(b"picture")
    place.overwrite(digest, b"picture", UNUSED_S + 1)
    assert blobs.delete(digest)
    assert (blobs.size(digest), place.names()) == (None, [])
    assert blobs.delete(digest)  # as it is gone
    assert blobs.put(b"picture") == digest
    assert blobs.read(digest) == b"picture"


def test_a_blob_that_was_just_put_again_stays(place):
    blobs = place.open()
    digest = blobs.put(b"picture")
    assert not blobs.delete(digest)
    place.overwrite(digest, b"picture", UNUSED_S + 1)
    blobs.put(b"picture")
    assert not blobs.delete(digest)
    assert blobs.read(digest) == b"picture"
    assert blobs.delete(digest, unused_s=0)
    assert place.names() == []


def test_what_was_put_is_there_however_many_delete_it(place):
    digest = sha256(b"picture").hexdigest()
    lost: list[int] = []
    deleted: list[int] = []
    stopping = threading.Event()

    def delete_often() -> None:
        blobs = place.open()
        while not stopping.is_set():
            if blobs.delete(digest):
                deleted.append(1)

    threads = [threading.Thread(target=delete_often) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        blobs = place.open()
        for number in range(10):
            blobs.put(b"picture")
            if blobs.size(digest) is None:
                lost.append(number)
            place.overwrite(digest, b"picture", UNUSED_S + 1)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert lost == []
    assert deleted


def test_what_works_has_no_flaws_and_leaves_nothing(place):
    assert try_out(place.open()) == []
    assert place.names() == []


def test_sweeping_takes_what_dead_writers_left_and_spares_the_living(tmp_path):
    blobs = LocalBlobs(tmp_path)
    (tmp_path / "tmp" / "dead").write_bytes(b"half a pict")
    with (tmp_path / "tmp" / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert blobs.sweep() == 1
        assert files_below(tmp_path) == ["tmp/living"]
    assert blobs.sweep() == 1
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(tmp_path):
    blobs = LocalBlobs(tmp_path)
    digest = sha256(b"picture").hexdigest()
    (tmp_path / digest[:2]).write_bytes(b"a file where a folder belongs")
    with pytest.raises(StoreFault, match=rf"{digest} cannot be written"):
        blobs.put(b"picture")

import fcntl
import os
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

from detector.errors import StoreFault
from detector.store.blobs import UNUSED_S, Blobs


def files_below(folder: Path) -> list[str]:
    return sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    )


def test_a_blob_lies_under_the_hash_of_its_bytes(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"picture")
    assert digest == sha256(b"picture").hexdigest()
    assert files_below(tmp_path) == [f"{digest[:2]}/{digest[2:4]}/{digest}"]
    assert blobs.read(digest) == b"picture"


def test_storing_twice_keeps_one_file(tmp_path):
    blobs = Blobs(tmp_path)
    assert blobs.put(b"picture") == blobs.put(b"picture")
    assert len(files_below(tmp_path)) == 1


def test_threads_that_store_the_same_bytes_agree(tmp_path):
    blobs = Blobs(tmp_path)
    threads = [
        threading.Thread(target=blobs.put, args=(bytes([i % 3]) * 100_000,))
        for i in range(24)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files_below(tmp_path)) == 3
    for i in range(3):
        data = bytes([i]) * 100_000
        assert blobs.read(sha256(data).hexdigest()) == data


def test_a_missing_blob_says_how_to_bring_it_back(tmp_path):
    with pytest.raises(StoreFault, match=r"is missing\. Restore it"):
        Blobs(tmp_path).read("0" * 64)


@pytest.mark.parametrize("damage", [b"", b"pictur", b"pictures", b"Picture"])
def test_a_blob_that_is_not_what_its_name_says_is_refused(tmp_path, damage):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"picture")
    blobs.path(digest).write_bytes(damage)
    with pytest.raises(StoreFault, match="does not hold the bytes"):
        blobs.read(digest)


def test_sweeping_takes_what_dead_writers_left_and_spares_the_living(tmp_path):
    blobs = Blobs(tmp_path)
    (tmp_path / "tmp" / "dead").write_bytes(b"half a pict")
    with (tmp_path / "tmp" / "living").open("wb") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        assert blobs.sweep() == 1
        assert files_below(tmp_path) == ["tmp/living"]
    assert blobs.sweep() == 1
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named_with_a_remedy(tmp_path):
    blobs = Blobs(tmp_path)
    digest = sha256(b"picture").hexdigest()
    (tmp_path / digest[:2]).write_bytes(b"a file where a folder belongs")
    with pytest.raises(StoreFault, match=rf"{digest} cannot be written"):
        blobs.put(b"picture")


def grow_old(blobs: Blobs, digest: str) -> None:
    then = time.time() - UNUSED_S - 1
    os.utime(blobs.path(digest), (then, then))


def test_a_blob_that_nobody_has_put_of_late_is_deleted(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"picture")
    grow_old(blobs, digest)
    assert blobs.delete(digest)
    assert blobs.size(digest) is None
    assert blobs.delete(digest)  # as it is gone
    assert blobs.put(b"picture") == digest
    assert blobs.read(digest) == b"picture"


def test_a_blob_that_was_just_put_again_stays(tmp_path):
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"picture")
    assert not blobs.delete(digest)
    grow_old(blobs, digest)
    blobs.put(b"picture")
    assert not blobs.delete(digest)
    assert blobs.read(digest) == b"picture"


def test_what_was_put_is_there_however_many_delete_it(tmp_path):
    blobs = Blobs(tmp_path)
    lost: list[int] = []

    def put_and_read() -> None:
        for number in range(200):
            digest = blobs.put(b"picture")
            if blobs.size(digest) is None:
                lost.append(number)
            grow_old(blobs, digest)

    def delete_often(stopping: threading.Event) -> None:
        while not stopping.is_set():
            blobs.delete(sha256(b"picture").hexdigest())

    stopping = threading.Event()
    threads = [
        threading.Thread(target=delete_often, args=(stopping,)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    try:
        put_and_read()
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert lost == []

import pytest

from detector.errors import StoreFault
from detector.store.store import open_store


def test_opening_creates_a_private_folder_and_all_above_it(tmp_path):
    store = open_store(tmp_path / "deep" / "data")
    assert (tmp_path / "deep" / "data" / "detector.db").is_file()
    assert store.folder.stat().st_mode & 0o077 == 0
    assert store.blobs.read(store.blobs.put(b"x")) == b"x"
    store.close()


def test_opening_twice_finds_the_same(tmp_path):
    first = open_store(tmp_path)
    digest = first.blobs.put(b"x")
    first.close()
    second = open_store(tmp_path)
    assert second.blobs.read(digest) == b"x"
    second.close()


def test_a_file_in_place_of_the_folder_is_named_with_a_remedy(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(StoreFault, match=r"data cannot be used.*DETECTOR_DATA_DIR"):
        open_store(tmp_path / "data")

"""Files that are dropped into a folder: when they are ready, and where they end."""

import json
import os

import pytest

from detector.errors import InvalidInput
from detector.listings.intake.watched_folder import WatchedFolder, is_event_file


def names(watched: WatchedFolder) -> list[str]:
    return [file.path.name for file in watched.ready()]


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.ndjson", True),
        ("a.JSONL", True),
        ("a.csv.gz", True),
        ("a.b.tsv", True),
        (".a.csv", False),
        ("a.csv.part", False),
        ("a.json", False),
        ("a.gz", False),
        ("a.csv.report.json", False),
    ],
)
def test_names_tell_files_of_events_from_others(name, is_one):
    assert is_event_file(name) == is_one


def test_a_file_is_ready_once_it_has_not_changed_for_a_while(tmp_path):
    watched = WatchedFolder(tmp_path, settle_s=0.2)
    path = tmp_path / "a.csv"
    path.write_text("a")
    assert names(watched) == []
    watched = WatchedFolder(tmp_path, settle_s=0)
    assert names(watched) == ["a.csv"]
    watched = WatchedFolder(tmp_path, settle_s=1_000)
    assert names(watched) == names(watched) == []


def test_a_link_is_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("a")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "a.csv").symlink_to(secret)
    (inbox / "b.csv").write_text("b")
    assert names(WatchedFolder(inbox, settle_s=0)) == ["b.csv"]


def test_a_file_that_grows_is_not_ready(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    watched = WatchedFolder(tmp_path, settle_s=2)
    path = tmp_path / "a.csv"
    found = []
    for second, size in enumerate([1, 2, 3, 3, 3, 3]):
        clock[0] = second
        path.write_text("x" * size)
        os.utime(path, (size, size))
        found.append(names(watched))
    assert found == [[], [], [], [], ["a.csv"], ["a.csv"]]
    watched.wait_again(watched.ready()[0])
    assert names(watched) == []


def test_the_oldest_comes_first_and_folders_are_left_alone(tmp_path):
    for n, name in enumerate(["c.csv", "a.csv", "b.ndjson"]):
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (n, n))
    (tmp_path / "done").mkdir()
    (tmp_path / "d.csv").mkdir()
    assert names(WatchedFolder(tmp_path, settle_s=0)) == ["c.csv", "a.csv", "b.ndjson"]


def test_what_was_taken_is_filed_away_with_its_report(tmp_path):
    watched = WatchedFolder(tmp_path, settle_s=0)
    placed = []
    for text in ("one", "two"):
        (tmp_path / "a.csv.gz").write_text(text)
        (file,) = watched.ready()
        assert watched.is_as_it_was(file)
        placed.append(watched.file_away(file, {"said": text}, has_failed=False))
    done = tmp_path / "done"
    assert placed == [done / "a.csv.gz", done / "a-2.csv.gz"]
    assert [path.read_text() for path in placed] == ["one", "two"]
    reports = [done / f"{path.name}.report.json" for path in placed]
    assert [json.loads(path.read_text()) for path in reports] == [
        {"said": "one"},
        {"said": "two"},
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done"]
    (tmp_path / "a.csv.gz").write_text("bad")
    (file,) = watched.ready()
    assert watched.file_away(file, {}, has_failed=True) == tmp_path / "failed/a.csv.gz"


def test_a_file_that_changed_while_it_was_read_is_noticed(tmp_path):
    watched = WatchedFolder(tmp_path, settle_s=0)
    path = tmp_path / "a.csv"
    path.write_text("one")
    (file,) = watched.ready()
    path.write_text("one and two")
    assert not watched.is_as_it_was(file)
    path.unlink()
    assert not watched.is_as_it_was(file)
    # Somebody else was faster; that is no fault.
    watched.file_away(file, {}, has_failed=False)


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(InvalidInput, match="none"):
        WatchedFolder(tmp_path / "none").ready()

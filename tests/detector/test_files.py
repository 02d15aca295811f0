import os
import subprocess
from pathlib import Path

import pytest

from detector.files import printable, walk


def found(folder: Path) -> dict[str, str]:
    return {f.name: f.reason or "" for f in walk(folder)}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "photos"
    (folder / "b").mkdir(parents=True)
    for name in ("b/2.png", "b/10.png", "c.png", "a.png"):
        (folder / name).write_bytes(b"x")
    return folder


def test_files_come_by_name_within_each_folder(folder):
    names = [f.name for f in walk(folder)]
    assert names == ["a.png", "b/10.png", "b/2.png", "c.png"]
    assert all(f.path.read_bytes() == b"x" and f.has_utf8_name for f in walk(folder))


def test_hidden_files_and_folders_are_one_entry_each(folder):
    (folder / ".git" / "objects").mkdir(parents=True)
    (folder / ".git" / "objects" / "x.png").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    hidden = [f.name for f in walk(folder) if f.is_hidden]
    assert hidden == [".DS_Store", ".git"]


def test_links_are_followed_only_to_files_inside(folder, tmp_path):
    (tmp_path / "secret.png").write_bytes(b"x")
    (folder / "inside.png").symlink_to(folder / "a.png")
    (folder / "outside.png").symlink_to(tmp_path / "secret.png")
    (folder / "up.png").symlink_to("../secret.png")
    (folder / "nowhere.png").symlink_to("missing.png")
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "folder").symlink_to(folder / "b")
    reasons = found(folder)
    assert reasons["inside.png"] == ""
    assert "out of the folder" in reasons["outside.png"]
    assert "out of the folder" in reasons["up.png"]
    assert "nowhere" in reasons["nowhere.png"]
    assert reasons["loop.png"]
    assert "link to a folder" in reasons["folder"]
    assert not any(name.startswith("folder/") for name in reasons)


def test_a_folder_given_through_a_link_is_that_folder(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert found(tmp_path / "link") == found(folder)


def test_pipes_are_passed_over_without_waiting_for_them(folder):
    os.mkfifo(folder / "pipe.png")
    assert found(folder)["pipe.png"] == "not a regular file"


def test_a_name_that_is_no_utf8_can_be_printed_and_is_told_apart(folder):
    (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(b"x")
    (folder / "café.png").write_bytes(b"x")
    files = {f.name: f for f in walk(folder)}
    assert not files[r"caf\udce9.png"].has_utf8_name
    assert files["café.png"].has_utf8_name
    assert printable(os.fsdecode(b"caf\xe9.png")) == r"caf\udce9.png"


def test_folders_nested_deeper_than_the_stack_are_walked(tmp_path):
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        for _ in range(1200):
            Path("d").mkdir()
            os.chdir("d")
        Path("x.png").touch()
        os.chdir(here)
        assert [f.name for f in walk(tmp_path)] == ["d/" * 1200 + "x.png"]
    finally:
        os.chdir(here)
        # pytest would exceed the stack where it cleans up.
        subprocess.run(["rm", "-r", tmp_path / "d"], check=True)

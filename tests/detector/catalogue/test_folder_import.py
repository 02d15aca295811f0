import os
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pytest

from detector.catalogue.folder_import import ImportReport, import_folder
from detector.catalogue.references import find_references
from detector.errors import InvalidInput, StoreFault
from detector.images import ImageLimits
from detector.store.store import open_store
from tests.catalogues import (
    blob_files,
    draw_folder,
    grid_extractor,
    run_import,
    table_rows,
)
from tests.drawing import draw_scene, save


def reasons(report: ImportReport) -> dict[str, str]:
    return dict(report.skipped)


def test_every_picture_becomes_a_reference_under_its_path(store, folder):
    report = run_import(store, folder)
    names = ["0/000.png", "0/003.png", "1/001.png", "1/004.png", "2/002.png"]
    assert report.added == names
    rows = table_rows(store)
    assert sorted(row[2] for row in rows["reference"]) == sorted(names)
    assert len(rows["description"]) == len(rows["embedding"]) == len(blob_files(store))
    assert [row[2] for row in rows["catalogue_change"]] == ["add"] * 5
    with store.database.read() as session:
        ids = [row[0] for row in rows["reference"]]
        found = find_references(session, [*ids, "ref_unknown"])
    assert {r.brand for r in found.values()} == {"Acme"}
    assert set(found) == set(ids)


def test_the_stored_blob_is_the_file(store, folder):
    run_import(store, folder)
    stored = {store.blobs.read(row[0]) for row in table_rows(store)["image"]}
    assert stored == {path.read_bytes() for path in folder.rglob("*.png")}


def test_importing_again_adds_nothing(store, folder):
    run_import(store, folder)
    before = table_rows(store)
    report = run_import(store, folder)
    assert len(report.unchanged) == 5
    assert not report.added
    assert not report.replaced
    assert table_rows(store) == before


def test_importing_again_decodes_nothing(store, folder):
    run_import(store, folder)
    # A limit that every picture is over shows whether one is decoded.
    strict = type(grid_extractor())(grid_extractor().embedders, ImageLimits(10**6, 1))
    report = import_folder(store, folder, brand="acme", extractor=strict, threads=1)
    assert len(report.unchanged) == 5


def test_a_changed_file_replaces_its_reference(store, folder):
    run_import(store, folder)
    before = {row[0]: row for row in table_rows(store)["reference"]}
    (folder / "1" / "001.png").write_bytes(save(draw_scene(seed=77), "PNG"))
    report = run_import(store, folder)
    assert report.replaced == ["1/001.png"]
    after = {row[0]: row for row in table_rows(store)["reference"]}
    assert after.keys() == before.keys()
    changed = [name for name in after if after[name] != before[name]]
    assert [after[name][2] for name in changed] == ["1/001.png"]
    assert table_rows(store)["catalogue_change"][-1][1:] == (changed[0], "add")


def test_a_file_that_is_gone_keeps_its_reference_and_is_told(store, folder):
    run_import(store, folder)
    (folder / "0" / "000.png").unlink()
    report = run_import(store, folder)
    assert report.absent == ["0/000.png"]
    assert len(table_rows(store)["reference"]) == 5


def test_two_files_of_one_content_are_two_references_of_one_picture(store, folder):
    (folder / "copy.png").write_bytes((folder / "0" / "000.png").read_bytes())
    report = run_import(store, folder)
    assert len(report.added) == 6
    rows = table_rows(store)
    assert len(rows["reference"]) == 6
    assert len(rows["image"]) == len(rows["description"]) == 5


def test_two_brands_may_use_the_same_names(store, folder):
    run_import(store, folder, brand="Acme")
    report = run_import(store, folder, brand="Other")
    assert len(report.added) == 5
    rows = table_rows(store)
    assert len(rows["reference"]) == 10
    assert len(rows["image"]) == 5


def test_what_is_no_picture_is_named_with_its_reason_and_the_rest_goes_in(
    store, folder, tmp_path
):
    (folder / "notes.txt").write_text("buy milk")
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("not a picture")
    cut = (folder / "0" / "000.png").read_bytes()
    (folder / "cut.png").write_bytes(cut[: len(cut) // 2])
    (folder / ".hidden.png").write_bytes(cut)
    (tmp_path / "secret.png").write_bytes(cut)
    (folder / "outside.png").symlink_to(tmp_path / "secret.png")
    (folder / "link.png").symlink_to("0/000.png")
    os.mkfifo(folder / "pipe.png")
    (folder / os.fsdecode(b"caf\xe9.png")).write_bytes(cut)
    report = run_import(store, folder)
    assert len(report.added) == 6
    assert "link.png" in report.added
    found = reasons(report)
    assert found.keys() == {
        "notes.txt",
        "empty.png",
        "text.png",
        "cut.png",
        ".hidden.png",
        "outside.png",
        "pipe.png",
        r"caf\udce9.png",
    }
    assert "hidden" in found[".hidden.png"]
    assert "empty" in found["empty.png"]
    assert "damaged or cut" in found["cut.png"]
    assert "out of the folder" in found["outside.png"]
    assert "regular file" in found["pipe.png"]
    assert "UTF-8" in found[r"caf\udce9.png"]
    assert all(reason for reason in found.values())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named_with_its_reason(store, folder):
    (folder / "0" / "000.png").chmod(0)
    assert "Permission" in reasons(run_import(store, folder))["0/000.png"]


def test_pictures_that_show_nothing_go_in_too(store, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    blank = save(draw_scene().point(lambda _: 255), "PNG")
    (plain / "blank.png").write_bytes(blank)
    dot = save(draw_scene().resize((1, 1)), "PNG")
    (plain / "dot.png").write_bytes(dot)
    assert len(run_import(store, plain).added) == 2


def test_a_dry_run_says_what_would_happen_and_changes_nothing(store, folder):
    run_import(store, folder)
    before, blobs = table_rows(store), blob_files(store)
    (folder / "0" / "000.png").write_bytes(save(draw_scene(seed=77), "PNG"))
    (folder / "new.png").write_bytes(save(draw_scene(seed=78), "PNG"))
    (folder / "bad.png").write_bytes(b"bad")
    report = run_import(store, folder, dry_run=True)
    assert report.added == ["new.png"]
    assert report.replaced == ["0/000.png"]
    assert len(report.unchanged) == 4
    assert list(reasons(report)) == ["bad.png"]
    assert (table_rows(store), blob_files(store)) == (before, blobs)
    real = run_import(store, folder)
    assert asdict(real) == asdict(report)


def test_a_lost_blob_comes_back_with_the_same_import(store, folder):
    run_import(store, folder)
    digest = table_rows(store)["image"][0][0]
    Path(store.blobs.place(digest)).unlink()
    run_import(store, folder)
    assert store.blobs.read(digest)


def test_a_folder_without_pictures_leaves_no_brand(store, tmp_path):
    (tmp_path / "empty").mkdir()
    run_import(store, tmp_path / "empty")
    assert table_rows(store)["brand"] == []


def test_what_is_no_folder_is_refused(store, tmp_path):
    with pytest.raises(InvalidInput, match="is no folder"):
        run_import(store, tmp_path / "missing")


def test_the_number_of_threads_changes_nothing(tmp_path):
    folder = draw_folder(tmp_path / "photos", 40)
    states = []
    for threads in (1, 5):
        store = open_store(tmp_path / f"data{threads}")
        extractor = grid_extractor()
        import_folder(store, folder, brand="a", extractor=extractor, threads=threads)
        states.append((table_rows(store), blob_files(store)))
        store.close()
    assert states[0] == states[1]


def test_a_store_that_fails_stops_the_import_and_keeps_what_was_committed(
    store, folder
):
    run_import(store, folder)
    before = table_rows(store)
    data = save(draw_scene(seed=78), "PNG")
    (folder / "new.png").write_bytes(data)
    in_the_way = Path(store.blobs.place(sha256(data).hexdigest())).parent
    in_the_way.parent.mkdir(exist_ok=True)
    in_the_way.write_bytes(b"")
    with pytest.raises(StoreFault, match="cannot be written"):
        run_import(store, folder)
    assert table_rows(store) == before

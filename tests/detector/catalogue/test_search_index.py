import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.catalogue import search_index
from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.index_check import describe_snapshots, verify_index
from detector.catalogue.search_index import SearchIndex
from detector.store.store import Store, open_store
from detector.store.tables import ReferenceRow
from index.vector_index import Hit
from tests.catalogues import (
    GridEmbedder,
    draw_folder,
    grid_extractor,
    open_index,
    run_import,
    search_results,
    table_rows,
)
from tests.drawing import draw_scene, save


@pytest.fixture
def filled(store, folder):
    run_import(store, folder)
    open_index(store).save()
    return store


def make_index(store: Store, notes: list[str], *, anew: bool = False) -> SearchIndex:
    return SearchIndex(
        store, grid_extractor(), threads=2, on_note=notes.append, anew=anew
    )


def nearest(index: SearchIndex, picture: Image.Image) -> Hit:
    pixels = np.asarray(picture)
    ((_, embedder, vectors),) = index.channels
    ((hit,),) = vectors.search(embedder.embed([pixels]), 1)
    return hit


def name_of(store: Store, hit: Hit) -> object:
    (row,) = [row for row in table_rows(store)["reference"] if row[0] == hit.id]
    return row[2]


def test_every_reference_is_in_every_part(filled):
    index = open_index(filled)
    ids = {row[0] for row in table_rows(filled)["reference"]}
    assert [part.name for part in index.parts] == ["local", "copy"]
    assert all(part.index.ids == ids for part in index.parts)
    assert index.watermark == 5


@pytest.mark.parametrize(
    ("voting", "most", "votes"),
    [
        ("on", 0, True),
        ("off", 10_000, False),
        ("auto", 5, True),
        ("auto", 4, False),
    ],
)
def test_points_vote_as_the_setting_and_the_catalogues_size_say(
    filled, monkeypatch, voting, most, votes
):
    monkeypatch.setattr(search_index, "MOST_VOTED", most)
    extractor = replace(grid_extractor(), voting=voting)
    index = SearchIndex(filled, extractor, threads=1, on_note=print)
    index.refresh()
    assert [part.name for part in index.parts] == ["local", "copy"][not votes :]
    assert (index.local is not None) == votes
    assert len(index) == 5
    assert verify_index(filled, extractor, threads=1) == []


def test_votes_left_out_for_a_while_are_caught_up_with(filled, folder):
    off = replace(grid_extractor(), voting="off")
    (folder / "0" / "later.png").write_bytes(save(draw_scene(seed=77), "PNG"))
    run_import(filled, folder)
    without = SearchIndex(filled, off, threads=1, on_note=print)
    without.refresh()
    without.save()
    again = open_index(filled)
    assert again.local is not None
    assert len(again.local) == 6
    anew = make_index(filled, [], anew=True)
    anew.refresh()
    assert search_results(again) == search_results(anew)


def test_an_empty_catalogue_has_an_empty_index(store):
    index = open_index(store)
    assert index.watermark == 0
    assert [len(part.index) for part in index.parts] == [0, 0]
    assert verify_index(store, grid_extractor(), threads=1) == []


def test_a_loaded_index_finds_what_a_new_one_finds(filled):
    notes: list[str] = []
    loaded = make_index(filled, notes)
    assert loaded.refresh() == 0
    anew = make_index(filled, notes, anew=True)
    assert anew.refresh() == 5
    assert search_results(loaded) == search_results(anew)
    assert notes == []


def test_a_new_reference_is_found_after_a_refresh(filled, folder):
    index = open_index(filled)
    picture = draw_scene(seed=99)
    (folder / "new.png").write_bytes(save(picture, "PNG"))
    run_import(filled, folder)
    assert nearest(index, picture).score < 0.9999
    assert index.refresh() == 1
    assert name_of(filled, nearest(index, picture)) == "new.png"


def test_a_replaced_reference_is_found_by_its_new_picture_only(filled, folder):
    index = open_index(filled)
    old, new = draw_scene(120, 90, seed=1), draw_scene(seed=99)
    assert name_of(filled, nearest(index, old)) == "1/001.png"
    (folder / "1" / "001.png").write_bytes(save(new, "PNG"))
    run_import(filled, folder)
    index.refresh()
    assert name_of(filled, nearest(index, new)) == "1/001.png"
    assert nearest(index, old).score < 0.9999
    assert len(index.parts[1].index) == 5


def test_a_removed_reference_is_no_longer_found(filled):
    index = open_index(filled)
    gone = nearest(index, draw_scene(120, 90, seed=1)).id
    with filled.database.write() as session:
        session.delete(session.get_one(ReferenceRow, gone))
        ChangeLog(session).note(gone, ChangeKind.REMOVE)
    assert index.refresh() == 1
    assert all(gone not in part.index.ids for part in index.parts)


def test_a_refresh_with_nothing_new_leaves_everything(filled):
    index = open_index(filled)
    before = search_results(index)
    assert index.refresh() == 0
    assert search_results(index) == before


def damage_by_truncating(folder: Path) -> None:
    file = max(folder.rglob("*.npy"), key=lambda p: p.stat().st_size)
    file.write_bytes(file.read_bytes()[:-7])


def damage_by_flipping(folder: Path) -> None:
    file = max(folder.rglob("*.npy"), key=lambda p: p.stat().st_size)
    data = bytearray(file.read_bytes())
    data[-5] ^= 64
    file.write_bytes(data)


def damage_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{}")


def remove_a_file(folder: Path) -> None:
    max(folder.rglob("*.npy"), key=lambda p: p.stat().st_size).unlink()


@pytest.mark.parametrize("part", ["local", "copy"])
@pytest.mark.parametrize(
    "damage",
    [damage_by_truncating, damage_by_flipping, damage_the_manifest, remove_a_file],
)
def test_a_damaged_index_is_told_and_rebuilt(filled, damage, part):
    sound = search_results(open_index(filled))
    notes: list[str] = []
    (place,) = [p.place for p in make_index(filled, notes).parts if p.name == part]
    damage(make_index(filled, notes).folder / place)
    assert verify_index(filled, grid_extractor(), threads=1)
    index = make_index(filled, notes)
    assert len(notes) == 1
    assert part in notes[0]
    index.refresh()
    assert search_results(index) == sound
    index.save()
    assert verify_index(filled, grid_extractor(), threads=1) == []


def test_another_model_computes_its_own_vectors_and_index(filled):
    notes: list[str] = []
    other = grid_extractor(weights_hash="1" * 64)
    index = SearchIndex(filled, other, threads=2, on_note=notes.append)
    assert notes == []
    progress: list[tuple[int, int]] = []
    index.refresh(lambda done, total: progress.append((done, total)))
    assert progress[-1] == (5, 5)
    assert len(table_rows(filled)["embedding"]) == 10
    assert search_results(index) == search_results(open_index(filled))


def test_a_reference_whose_picture_is_lost_is_left_out_and_told(filled, folder):
    row = table_rows(filled)["reference"][0]
    Path(filled.blobs.place(row[3])).unlink()
    other = grid_extractor(weights_hash="1" * 64)
    notes: list[str] = []
    index = SearchIndex(filled, other, threads=2, on_note=notes.append)
    index.refresh()
    assert any("is missing" in note for note in notes)
    assert any("1 references cannot be found" in note for note in notes)
    assert row[0] not in index.parts[1].index.ids
    run_import(filled, folder)
    again = SearchIndex(filled, other, threads=2, on_note=notes.append)
    again.refresh()
    assert row[0] in again.parts[1].index.ids


def test_a_database_restored_from_a_backup_gets_a_new_index(filled, folder, tmp_path):
    backup = tmp_path / "backup.db"
    with (
        closing(sqlite3.connect(filled.database.name)) as source,
        closing(sqlite3.connect(backup)) as target,
    ):
        source.backup(target)
    (folder / "new.png").write_bytes(save(draw_scene(seed=99), "PNG"))
    run_import(filled, folder)
    open_index(filled).save()
    filled.close()
    for name in ("detector.db-wal", "detector.db-shm"):
        (filled.folder / name).unlink(missing_ok=True)
    backup.replace(filled.database.name)
    restored = open_store(filled.folder)
    notes: list[str] = []
    index = make_index(restored, notes)
    assert "restored from a backup" in notes[0]
    index.refresh()
    assert all(len(part.index) == 5 for part in index.parts)
    restored.close()


def test_the_index_of_another_database_is_not_taken(filled, tmp_path):
    filled.close()
    for path in filled.folder.glob("detector.db*"):
        path.unlink()
    store = open_store(filled.folder)
    run_import(store, draw_folder(tmp_path / "others", 5, seed=9))
    notes: list[str] = []
    index = make_index(store, notes)
    index.refresh()
    ids = {row[0] for row in table_rows(store)["reference"]}
    assert all(part.index.ids == ids for part in index.parts)
    index.save()
    assert [p.name for p in store.index_folder.iterdir()] == [index.folder.name]
    store.close()


def test_an_index_that_cannot_be_saved_is_told_and_still_searches(filled):
    notes: list[str] = []
    index = make_index(filled, notes)
    index.refresh()
    for path in sorted(index.folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    index.folder.rmdir()
    index.folder.write_bytes(b"in the way")
    index.save()
    assert "could not be saved" in notes[0]
    assert nearest(index, draw_scene(120, 90, seed=1)) is not None


def test_the_status_tells_how_far_behind_a_snapshot_is(filled, folder):
    (folder / "new.png").write_bytes(save(draw_scene(seed=99), "PNG"))
    run_import(filled, folder)
    status = describe_snapshots(filled)
    assert (status.num_references, status.last_change) == (6, 6)
    assert [(s.name, s.watermark, s.num_references) for s in status.snapshots] == [
        ("copy", 5, 5),
        ("local", 5, 5),
    ]
    assert verify_index(filled, grid_extractor(), threads=1) == []


def test_an_index_that_holds_wrong_vectors_does_not_pass(filled):
    index = open_index(filled)
    _, _, copies = index.channels[0]
    vectors = GridEmbedder().embed(
        [np.asarray(draw_scene(seed=s)) for s in range(50, 55)]
    )
    ids = sorted(copies.ids)
    copies.remove(ids)
    copies.add(ids, vectors)
    index.save()
    faults = verify_index(filled, grid_extractor(), threads=1)
    assert any("does not find it" in fault for fault in faults)

"""A search index in Milvus: processes share it, and one catalogue fills it.

All that needs a real server is in this file, the contract of indexes too, so that one
is started, and runs no longer than it is needed.
"""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest

from detector.catalogue.changes import ChangeKind, ChangeLog
from detector.catalogue.index_check import describe_snapshots, verify_index
from detector.catalogue.index_move import move_index
from detector.catalogue.search_index import SearchIndex
from detector.errors import InvalidInput, NotReady
from detector.store.store import Store
from detector.store.tables import ReferenceRow
from index.index_engine import open_index_engine
from index.vector_index import Origin
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
from tests.index.drawn_codes import draw_vectors
from tests.index.test_vector_index_contract import *  # noqa: F403
from tests.vector_engines import Indexes

FOLLOW = """
import sys
from dataclasses import replace
from pathlib import Path

from detector.catalogue import search_index
from detector.store.store import open_store
from tests.catalogues import grid_extractor

search_index.WINDOW = 3
store = open_store(Path(sys.argv[1]), index=sys.argv[2])
off = replace(grid_extractor(), voting="off")
index = search_index.SearchIndex(store, off, threads=1, on_note=print)
index.refresh(on_taken_in=lambda done, total: print(done, total, flush=True))
"""
"""A process that brings the index up to date, a few changes at a time."""


@pytest.fixture(scope="module")
def indexes_of_kind(milvus_url) -> Indexes:
    return Indexes(partial(open_index_engine, milvus_url))


@pytest.fixture
def on_lite(store: Store, tmp_path) -> Store:
    """Milvus that makes a collection in no time; it is one process's alone."""
    return replace(store, index_url=str(tmp_path / "vectors.db"))


@pytest.fixture
def on_server(store: Store, milvus_url) -> Store:
    return replace(store, index_url=milvus_url)


def add_picture(store: Store, folder, name: str, seed: int) -> None:
    (folder / name).write_bytes(save(draw_scene(seed=seed), "PNG"))
    run_import(store, folder)


def remove_one(store: Store) -> str:
    gone = str(table_rows(store)["reference"][0][0])
    with store.database.write() as session:
        session.delete(session.get_one(ReferenceRow, gone))
        ChangeLog(session).note(gone, ChangeKind.REMOVE)
    return gone


def move(store: Store, to: str | None):
    return move_index(
        store,
        grid_extractor(),
        to=to,
        threads=2,
        on_note=print,
        on_progress=lambda done, total: None,
    )


def test_it_finds_what_an_index_in_files_finds(store, on_lite, folder):
    run_import(store, folder)
    index = open_index(on_lite)
    assert search_results(index) == search_results(open_index(store))
    index.save()
    assert verify_index(on_lite, grid_extractor(), threads=1) == []


def test_what_one_process_takes_in_the_others_find(store, on_server, folder):
    run_import(store, folder)
    first, second = open_index(on_server), open_index(on_server)
    add_picture(store, folder, "new.png", seed=99)
    (folder / "1" / "001.png").write_bytes(save(draw_scene(seed=98), "PNG"))
    run_import(store, folder)
    gone = remove_one(store)
    assert first.refresh() == 3
    assert second.refresh() == 3
    assert second.watermark == first.watermark == 8
    assert gone not in second.parts[1].index.ids
    expected = search_results(open_index(store))
    assert search_results(second) == search_results(first) == expected


def test_a_process_that_is_killed_loses_nothing(on_server, tmp_path):
    run_import(on_server, draw_folder(tmp_path / "many", 40))
    off = replace(grid_extractor(), voting="off")
    process = subprocess.Popen(
        [sys.executable, "-c", FOLLOW, on_server.folder, on_server.index_url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    with process, process.stdout:
        for _ in range(4):
            done, total = map(int, process.stdout.readline().split())
        process.kill()
    assert 0 < done < total
    index = SearchIndex(on_server, off, threads=1, on_note=print)
    assert 0 < index.watermark < 40
    index.refresh()
    assert index.watermark == 40
    assert verify_index(on_server, off, threads=1) == []
    in_files = SearchIndex(
        replace(on_server, index_url=None), off, threads=1, on_note=print
    )
    in_files.refresh()
    assert search_results(index) == search_results(in_files)


def test_an_index_made_anew_takes_over_under_the_eyes_of_others(
    store, on_server, folder
):
    run_import(store, folder)
    serving = open_index(on_server)
    serving.save()
    [(_, _, copies)] = serving.channels
    wrong = draw_vectors(5, GridEmbedder.dim, 0)
    copies.put(sorted(copies.ids), wrong)
    anew = SearchIndex(on_server, grid_extractor(), threads=1, on_note=print, anew=True)
    anew.refresh()
    assert copies.search(wrong[:1], 1)[0][0].score == pytest.approx(1, abs=1e-3)
    anew.save()
    assert copies.search(wrong[:1], 1)[0][0].score < 0.9
    assert verify_index(on_server, grid_extractor(), threads=1) == []
    add_picture(store, folder, "new.png", seed=99)
    serving.refresh()
    anew.refresh()
    expected = search_results(open_index(store))
    assert search_results(serving) == search_results(anew) == expected
    [kept] = [s for s in describe_snapshots(on_server).snapshots if not s.num_bytes]
    assert (kept.name, kept.num_references, kept.watermark) == ("copy", 6, 6)


def test_another_model_gets_its_own_index_beside_the_other(store, on_lite, folder):
    run_import(store, folder)
    before = open_index(on_lite)
    notes: list[str] = []
    other = SearchIndex(
        on_lite, grid_extractor("1" * 64), threads=1, on_note=notes.append
    )
    other.refresh()
    assert notes == []
    assert len(other) == len(before) == 5


def test_a_catalogue_restored_from_a_backup_is_taken_in_anew(on_lite, folder):
    run_import(on_lite, folder)
    index = open_index(on_lite)
    part = index.parts[1]
    origin = Origin(part.model, part.weights_hash, watermark=99)
    part.index.save(index.folder / part.place, origin)
    notes: list[str] = []
    again = open_index(on_lite, notes)
    assert "restored from a backup" in notes[0]
    assert (again.watermark, len(again)) == (5, 5)


def test_moving_there_and_back_changes_no_answer(store, on_server, folder):
    run_import(store, folder)
    open_index(store).save()
    moved = move(store, on_server.index_url)
    assert (moved.references["copy"], moved.agreement, moved.faults) == (5, 1.0, ())
    add_picture(store, folder, "new.png", seed=99)
    assert len(open_index(on_server)) == 6
    remove_one(store)
    back = move(on_server, None)
    assert (back.references["copy"], back.agreement, back.faults) == (5, 1.0, ())
    assert search_results(open_index(store)) == search_results(open_index(on_server))


def test_a_move_to_where_it_is_is_refused(store):
    with pytest.raises(InvalidInput, match="there already"):
        move(store, None)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://secret:secret@127.0.0.1", "names no index that is known"),
        ("http://user:secret@127.0.0.1:1", r"http://127\.0\.0\.1:1 cannot be used"),
    ],
)
def test_a_server_that_is_not_there_is_told_without_its_password(store, url, message):
    with pytest.raises((InvalidInput, NotReady), match=message) as caught:
        open_index(replace(store, index_url=url))
    assert "secret" not in str(caught.value)
    assert "DETECTOR_INDEX_URL" in str(caught.value)


def test_a_wrong_password_is_told(store, milvus_url):
    with pytest.raises(NotReady, match="user and password") as caught:
        open_index(replace(store, index_url=milvus_url.replace("Milvus@", "secret@")))
    assert "secret" not in str(caught.value)

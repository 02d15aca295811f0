"""Imports that are killed, or that run at once, end where an undisturbed one ends."""

import shutil
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.store.store import open_store
from tests.catalogues import (
    blob_files,
    draw_folder,
    import_and_index,
    open_index,
    search_results,
    table_rows,
)
from tests.service_process import CONTEXT

State = tuple[dict[str, list[tuple[Any, ...]]], dict[str, str], list[object]]
NUM_KILLS = 20


def end_state(data_dir: Path) -> State:
    store = open_store(data_dir)
    try:
        notes: list[str] = []
        index = open_index(store, notes)
        assert notes == []
        return table_rows(store), blob_files(store), search_results(index)
    finally:
        store.close()


def run_child(connection: Connection, data_dir: Path, folder: Path) -> None:
    connection.send("started")
    import_and_index(data_dir, folder)
    connection.send("finished")


def start_child(data_dir: Path, folder: Path) -> tuple[BaseProcess, Connection]:
    here, there = CONTEXT.Pipe()
    child = CONTEXT.Process(target=run_child, args=(there, data_dir, folder))
    child.start()
    there.close()  # so that a child that fails is an error here, not a wait
    assert here.recv() == "started"
    return child, here


def has_finished(pipe: Connection) -> bool:
    try:
        return bool(pipe.recv() == "finished")
    except EOFError:
        return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return draw_folder(tmp_path_factory.mktemp("pictures"), 24)


@pytest.fixture(scope="module")
def undisturbed(folder, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("undisturbed")
    import_and_index(data_dir, folder)
    return end_state(data_dir)


def test_killed_at_any_moment_the_same_import_again_completes_it(
    folder, undisturbed, tmp_path
):
    child, pipe = start_child(tmp_path / "timed", folder)
    start = time.monotonic()
    assert pipe.recv() == "finished"
    duration = time.monotonic() - start
    child.join()

    rng = np.random.default_rng(0)
    num_halfway = 0
    for kill in range(NUM_KILLS):
        data_dir = tmp_path / str(kill)
        child, pipe = start_child(data_dir, folder)
        time.sleep(rng.uniform(0, duration))
        child.kill()
        child.join()
        num_halfway += not has_finished(pipe)
        import_and_index(data_dir, folder)
        assert end_state(data_dir) == undisturbed
        shutil.rmtree(data_dir)
    assert num_halfway >= NUM_KILLS // 4


def test_what_was_committed_before_a_kill_is_there_after_it(folder, tmp_path):
    child, _ = start_child(tmp_path, folder)
    store = open_store(tmp_path)
    committed: set[object] = set()
    while len(committed) < 16 and child.is_alive():
        committed = {row[0] for row in table_rows(store)["reference"]}
    child.kill()
    child.join()
    assert {row[0] for row in table_rows(store)["reference"]} >= committed
    for row in table_rows(store)["reference"]:
        assert store.blobs.read(str(row[3]))
    store.close()


def test_two_imports_at_once_end_where_one_does(folder, undisturbed, tmp_path):
    children = [start_child(tmp_path, folder) for _ in range(2)]
    for child, pipe in children:
        assert pipe.recv() == "finished"
        child.join()
        assert child.exitcode == 0
    rows, blobs, results = end_state(tmp_path)
    expected_rows, expected_blobs, expected_results = undisturbed
    # The order of changes is a matter of chance; each reference changed once.
    changes = sorted(row[1] for row in rows.pop("catalogue_change"))
    expected_changes = sorted(row[1] for row in expected_rows["catalogue_change"])
    assert changes == expected_changes
    assert rows == {k: v for k, v in expected_rows.items() if k != "catalogue_change"}
    assert blobs == expected_blobs
    assert results == expected_results

"""A save that is killed, fails or meets another leaves a whole index behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from index.faiss_index import FaissIndex
from index.snapshot import read_manifest
from tests.index.drawn_codes import draw_vectors
from tests.index.stored_indexes import (
    ORIGIN,
    Save,
    load,
    save_coded,
    save_codes,
    save_vectors,
    stored_files,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(
    params=[save_vectors, save_coded, save_codes],
    ids=["vectors", "coded vectors", "codes"],
)
def save(request) -> Save:
    chosen: Save = request.param
    return chosen


def test_a_save_leaves_nothing_of_earlier_and_abandoned_ones(save, tmp_path):
    kind = save(tmp_path)
    abandoned = tmp_path / "generation-00000000000000ff"
    abandoned.mkdir()
    (abandoned / "ids.json").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("not ours")
    kind = save(tmp_path)
    assert [p.name for p in tmp_path.glob("generation-*")] == [
        read_manifest(tmp_path).generation
    ]
    assert (tmp_path / "notes.txt").read_text() == "not ours"
    load(kind, tmp_path)


def test_a_damaged_index_can_be_saved_over(save, tmp_path):
    save(tmp_path)
    for path in stored_files(tmp_path):
        path.write_bytes(b"damaged")
    load(save(tmp_path), tmp_path)


def test_a_save_that_fails_leaves_the_old_index(save, tmp_path):
    kind = save(tmp_path)
    index, _ = load(kind, tmp_path)
    limit = f"ulimit -f 1; exec {sys.executable} -c '{FAILING_SAVE}' {tmp_path}"
    failed = subprocess.run(
        ["bash", "-c", limit], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "File too large" in failed.stderr
    again, watermark = load(kind, tmp_path)
    assert watermark == ORIGIN.watermark
    assert again.ids == index.ids
    assert len(list(tmp_path.glob("generation-*"))) == 1


FAILING_SAVE = """
import sys
from pathlib import Path
from index.faiss_index import FaissIndex
from index.vector_index import Origin
from tests.index.drawn_codes import draw_vectors
index = FaissIndex(64)
index.add([str(n) for n in range(100)], draw_vectors(100, 64, 0))
index.save(Path(sys.argv[1]), Origin("drawn", "ab" * 32, 99))
"""

SAVE_FOREVER = """
import sys
from pathlib import Path
from index.faiss_index import FaissIndex
from index.vector_index import Origin
from tests.index.drawn_codes import draw_vectors
folder, first = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for watermark in range(first, first + 100_000):
    index = FaissIndex(64)
    num = 50 + watermark % 100
    index.add([str(n) for n in range(num)], draw_vectors(num, 64, watermark))
    index.save(folder, Origin("drawn", "ab" * 32, watermark))
"""


def start_saving(folder: Path, first: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SAVE_FOREVER, str(folder), str(first)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout
    process.stdout.close()


def load_saved_forever(folder: Path) -> int:
    """Load, and check that content and watermark are of one save."""
    index, watermark = load(FaissIndex, folder)
    num = 50 + watermark % 100
    assert index.ids == {str(n) for n in range(num)}
    vectors = draw_vectors(num, 64, watermark)
    nearest = index.search(vectors, 1)
    assert [hits[0].id for hits in nearest] == [str(n) for n in range(num)]
    return watermark


def test_a_kill_in_the_middle_of_a_save_leaves_the_old_index_or_the_new(tmp_path):
    rng = np.random.default_rng(0)
    last = 0
    for _ in range(20):
        process = start_saving(tmp_path, last + 1)
        if last == 0:
            while not (tmp_path / "manifest.json").exists():
                time.sleep(0.01)
        time.sleep(float(rng.uniform(0.0, 0.1)))
        kill(process)
        watermark = load_saved_forever(tmp_path)
        assert watermark >= last
        last = watermark
    FaissIndex(8).save(tmp_path, ORIGIN)
    assert len(list(tmp_path.glob("generation-*"))) == 1


def test_readers_see_whole_indexes_while_two_processes_save(tmp_path):
    savers = [start_saving(tmp_path, 0), start_saving(tmp_path, 200_000)]
    try:
        while not (tmp_path / "manifest.json").exists():
            time.sleep(0.01)
        seen = {load_saved_forever(tmp_path) for _ in range(60)}
        until = time.monotonic() + 30
        while len({mark >= 200_000 for mark in seen}) < 2 and time.monotonic() < until:
            seen.add(load_saved_forever(tmp_path))
    finally:
        for saver in savers:
            kill(saver)
    assert {mark >= 200_000 for mark in seen} == {False, True}
    load_saved_forever(tmp_path)

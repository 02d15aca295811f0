"""What a FaissIndex promises once it is too large to compare every vector."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from index.faiss_index import FaissIndex
from index.row_blocks import widen
from index.snapshot import read_manifest
from index.vector_index import Origin, Vectors
from tests.index.drawn_codes import draw_vectors
from tests.index.small_sizes import SMALL, CodedIndex, sized
from tests.index.stored_indexes import ORIGIN, load

ROOT = Path(__file__).parents[2]


def names(count: int) -> list[str]:
    return [f"r{number:05d}" for number in range(count)]


def draw_clusters(num: int, dim: int, seed: int) -> Vectors:
    """Vectors around 200 centers, as pictures of like things are."""
    rng = np.random.default_rng(seed)
    centers = np.random.default_rng(99).standard_normal((200, dim))
    rows = centers[rng.integers(200, size=num)] + rng.standard_normal((num, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16).astype(np.float32)


def ids_found(index: FaissIndex, queries: Vectors, k: int) -> list[set[str]]:
    return [{hit.id for hit in hits} for hits in index.search(queries, k)]


@pytest.mark.parametrize("seed", range(3))
def test_of_the_nearest_98_in_100_are_found_with_their_exact_scores(seed):
    vectors = draw_clusters(12_000, 64, seed)
    exact = FaissIndex(64)
    # Searched with the default effort: 128 of 256 lists, 400 of 11,500 codes for ten.
    coded = FaissIndex(
        64, sizing=sized(flat_up_to=4_000, tail_rows=500, block_rows=3_000)
    )
    for start in range(0, len(vectors), 1_000):
        ids = names(len(vectors))[start : start + 1_000]
        exact.add(ids, vectors[start : start + 1_000])
        coded.add(ids, vectors[start : start + 1_000])
        coded.settle()
    assert coded.num_coded > 11_000
    assert exact.num_coded == 0
    queries = draw_clusters(200, 64, seed + 50)
    for k in (10, 50):
        num_found = 0
        for found, expected in zip(
            coded.search(queries, k), exact.search(queries, k), strict=True
        ):
            num_found += len({hit.id for hit in found} & {hit.id for hit in expected})
            scores = {hit.id: hit.score for hit in expected}
            assert all(hit.score == scores.get(hit.id, hit.score) for hit in found)
        assert num_found >= 0.98 * k * len(queries)


def test_every_half_is_widened_to_the_same_number():
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = every[np.isfinite(every)].reshape(-1, 62)
    widened = widen(halves)
    assert widened.dtype == np.float32
    assert widened.tobytes() == halves.astype(np.float32).tobytes()


def test_a_small_index_makes_no_codes_and_a_larger_one_keeps_the_newest_without():
    vectors = draw_vectors(300, 16, 0)
    index = CodedIndex(16)
    index.add(names(300)[:40], vectors[:40])
    assert index.num_coded == 0
    for row in range(40, 300):
        index.add([names(300)[row]], vectors[row : row + 1])
        assert len(index) - index.num_coded < max(
            SMALL.flat_up_to + 2, SMALL.tail_rows + SMALL.rows_at_once
        )
    assert index.num_coded > 270
    assert index.ids == set(names(300))
    assert ids_found(index, vectors, 1) == [{name} for name in names(300)]


def test_codes_are_learned_again_once_there_are_many_more_vectors():
    vectors = draw_vectors(2_000, 16, 0)
    index, exact = CodedIndex(16), FaissIndex(16)
    exact.add(names(2_000), vectors)
    for start in range(0, 2_000, 100):
        index.add(names(2_000)[start : start + 100], vectors[start : start + 100])
        assert index.num_lists <= SMALL.num_lists(start + 100)
    assert index.num_lists > SMALL.num_lists(100)
    found, expected = index.search(vectors, 1), exact.search(vectors, 1)
    assert found == expected


@pytest.mark.parametrize("num_kept", [0, 1, 30])
def test_what_little_is_left_after_removing_is_found(num_kept):
    vectors = draw_vectors(400, 16, 0)
    index = CodedIndex(16)
    index.add(names(400), vectors)
    assert index.remove(names(400)[num_kept:]) == 400 - num_kept
    assert len(index) == num_kept
    expected = [set(names(num_kept))] * 3
    assert ids_found(index, vectors[-3:], 30) == expected


def test_an_id_added_again_is_found_by_its_new_vector_alone():
    vectors = draw_vectors(700, 16, 0)
    index = CodedIndex(16)
    index.add(names(200), vectors[:200])
    for turn in range(3):
        again = names(200)[: 150 - turn]
        assert index.remove(again) == len(again)
        assert index.remove(again) == 0
        fresh = vectors[200 + 150 * turn :][: len(again)]
        index.add(again, fresh)
        with pytest.raises(ValueError, match="is in the index"):
            index.add(again[:1], fresh[:1])
        assert len(index) == len(index.ids) == 200
        for hits, name in zip(index.search(fresh, 200), again, strict=True):
            assert hits[0].id == name
            assert len({hit.id for hit in hits}) == 200


def test_what_is_put_takes_the_place_of_what_was_there():
    vectors = draw_vectors(500, 16, 0)
    index = CodedIndex(16)
    index.put(names(200), vectors[:200])
    index.put(names(300)[100:], vectors[300:])
    assert len(index) == 300
    held = np.concatenate([vectors[:100], vectors[300:]])
    assert ids_found(index, held, 1) == [{name} for name in names(300)]
    again = index.search(held, 9)
    index.put(names(300)[100:], vectors[300:])
    assert index.search(held, 9) == again


def num_rows_stored(index: FaissIndex, folder: Path) -> int:
    index.save(folder, ORIGIN)
    generation = folder / read_manifest(folder).generation
    return sum(len(np.load(path)) for path in generation.glob("halves-*"))


@pytest.mark.parametrize("seed", range(2))
def test_vectors_that_are_replaced_again_and_again_take_no_more_room(seed, tmp_path):
    rng = np.random.default_rng(seed)
    vectors = draw_vectors(2_400, 16, seed)
    index, exact = CodedIndex(16), FaissIndex(16)
    for start in range(0, 2_400, 60):
        ids = [names(300)[row] for row in rng.choice(300, 60, replace=False)]
        for each in (index, exact):
            each.put(ids, vectors[start : start + 60])
            each.remove(ids[::9])
    assert index.num_coded > 200
    assert index.ids == exact.ids
    assert index.search(vectors, 9) == exact.search(vectors, 9)
    assert num_rows_stored(index, tmp_path) < 3 * len(index)
    loaded, _ = load(CodedIndex, tmp_path)
    assert loaded.search(vectors, 9) == exact.search(vectors, 9)


def test_an_index_that_has_become_small_is_exact_again(tmp_path):
    vectors = draw_vectors(400, 16, 0)
    index = CodedIndex(16)
    index.add(names(400), vectors)
    index.remove(names(400)[:390])
    assert index.num_coded == 10
    index.add(["new"], vectors[:1])
    assert index.num_coded == 0
    assert index.ids == {"new", *names(400)[390:]}
    assert ids_found(index, vectors[390:], 1) == [{x} for x in names(400)[390:]]
    assert num_rows_stored(index, tmp_path) == 0


def test_ids_of_any_kind_are_kept(tmp_path):
    odd = ["", "\0", "a", "a\0", "a\0\0", ".", "a.", "ä", "\udc80", "x" * 300]
    ids = [*odd, *names(200)]
    vectors = draw_vectors(len(ids), 16, 0)
    index = CodedIndex(16)
    for start in range(0, len(ids), 70):
        index.add(ids[start : start + 70][::-1], vectors[start : start + 70][::-1])
    assert index.num_coded > 180
    index.save(tmp_path, ORIGIN)
    for each in (index, load(CodedIndex, tmp_path)[0]):
        assert each.ids == set(ids)
        assert ids_found(each, vectors, 1) == [{name} for name in ids]
        assert each.remove([*odd, "b", "a\0\0\0"]) == len(odd)
        assert each.ids == set(names(200))


def test_searches_while_vectors_are_coded_see_each_under_its_own_id():
    vectors = draw_vectors(3_000, 32, 0)
    ids = names(3_000)
    index = FaissIndex(32, sizing=SMALL)
    index.add(ids[:300], vectors[:300])
    faults: list[str] = []
    done = threading.Event()

    def search_until_done(seed: int) -> None:
        rng = np.random.default_rng(seed)
        while not done.is_set():
            row = int(rng.integers(300))
            [hits] = index.search(vectors[row : row + 1], 5)
            expected = [float(vectors[int(hit.id[1:])] @ vectors[row]) for hit in hits]
            if hits[0].id != ids[row] or not np.allclose(
                [hit.score for hit in hits], expected, atol=1e-5
            ):
                faults.append(f"{row}: {hits}")

    def change(start: int, end: int) -> None:
        for first in range(start, end, 50):
            index.add(ids[first : first + 50], vectors[first : first + 50])
            index.remove(set(ids[first : first + 50]) - set(ids[::3]))

    searchers = [
        threading.Thread(target=search_until_done, args=[seed]) for seed in range(2)
    ]
    changers = [
        threading.Thread(target=change, args=span)
        for span in ((300, 1_600), (1_600, 3_000))
    ]
    for thread in [*searchers, *changers]:
        thread.start()
    for thread in changers:
        thread.join()
    index.settle()
    done.set()
    for thread in searchers:
        thread.join()
    assert not faults
    assert index.ids == {*ids[:300], *ids[300::3]}
    assert index.num_coded > 1_000


def test_a_save_links_the_blocks_that_it_has_written_before(tmp_path):
    vectors = draw_vectors(200, 16, 0)
    index = CodedIndex(16)
    index.add(names(160), vectors[:160])
    index.save(tmp_path, ORIGIN)
    before = {p.name: p.stat().st_ino for p in tmp_path.glob("*/halves-*")}
    index, _ = load(CodedIndex, tmp_path)
    index.add(names(200)[160:], vectors[160:])
    index.save(tmp_path, ORIGIN)
    after = {p.name: p.stat().st_ino for p in tmp_path.glob("*/halves-*")}
    same = before.items() & after.items()
    assert len(same) == len(before) - 1
    assert len(after) > len(before)
    loaded, _ = load(CodedIndex, tmp_path)
    assert loaded.search(vectors, 9) == index.search(vectors, 9)


def test_a_block_that_was_cut_is_written_again(tmp_path):
    vectors = draw_vectors(150, 16, 0)
    index = CodedIndex(16)
    index.add(names(150), vectors)
    index.save(tmp_path, ORIGIN)
    for path in tmp_path.glob("*/halves-*"):
        path.write_bytes(b"cut")
    index.save(tmp_path, ORIGIN)
    loaded, _ = load(CodedIndex, tmp_path)
    assert loaded.search(vectors, 9) == index.search(vectors, 9)


SAVE_FOREVER = """
import sys
from pathlib import Path
from index.vector_index import Origin
from tests.index.drawn_codes import draw_vectors
from tests.index.small_sizes import CodedIndex
index, vectors = CodedIndex(64), draw_vectors(5_000, 64, 0)
for watermark in range(100, 5_000):
    start = len(index)
    index.add([str(n) for n in range(start, watermark)], vectors[start:watermark])
    index.save(Path(sys.argv[1]), Origin("drawn", "ab" * 32, watermark))
    print(watermark, flush=True)
"""


def test_a_kill_in_the_middle_of_a_save_leaves_the_old_index_or_the_new(tmp_path):
    rng = np.random.default_rng(0)
    vectors = draw_vectors(5_000, 64, 0)
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        process.stdout.readline()
        time.sleep(float(rng.uniform(0.0, 0.2)))
        process.send_signal(signal.SIGKILL)
        last = [100, *map(int, process.stdout.read().split())][-1]
        process.wait()
        process.stdout.close()
        index, watermark = load(CodedIndex, tmp_path)
        assert watermark in (last, last + 1)
        assert index.ids == {str(row) for row in range(watermark)}
        assert ids_found(index, vectors[:watermark], 1) == [
            {str(row)} for row in range(watermark)
        ]
    CodedIndex(8).save(tmp_path, Origin("drawn", "", 0))
    generation = read_manifest(tmp_path).generation
    assert [p.name for p in tmp_path.glob("generation-*")] == [generation]

"""Hashes within a distance, against counting every bit."""

import threading

import numpy as np
import pytest

from index.hash_index import HashIndex, Near


def draw_hashes(num: int, seed: int = 0) -> np.ndarray:
    """Hashes in heaps: copies of a few, with up to 40 bits changed."""
    rng = np.random.default_rng(seed)
    heaps = rng.integers(0, 256, (5, 32), np.uint8)
    bits = np.unpackbits(heaps[rng.integers(0, 5, num)], axis=1)
    for row in bits:
        row[rng.choice(256, int(rng.integers(0, 41)), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def by_counting(ids: np.ndarray, hashes: np.ndarray, query: np.ndarray, radius: int):
    distances = (np.unpackbits(hashes, axis=1) != np.unpackbits(query)).sum(axis=1)
    near = [
        Near(int(id), int(distance))
        for id, distance in zip(ids, distances, strict=True)
        if distance <= radius
    ]
    return sorted(near, key=lambda each: (each.distance, each.id))


@pytest.mark.parametrize("radius", [0, 1, 16, 31, 256])
def test_found_are_all_those_within_the_radius_the_nearest_first(radius):
    hashes, ids = draw_hashes(400), np.arange(400) * 3 + 5
    index = HashIndex()
    index.add(ids[:150], hashes[:150])
    index.add(ids[150:], hashes[150:])
    queries = np.concatenate([hashes[:20], draw_hashes(20, seed=1)])
    found = index.search_within(queries, radius, limit=1_000)
    assert found == [by_counting(ids, hashes, query, radius) for query in queries]
    few = index.search_within(queries, radius, limit=3)
    assert few == [each[:3] for each in found]


def test_removed_ones_are_not_found_and_may_not_come_back_below_others():
    hashes, ids = draw_hashes(200), np.arange(200)
    index = HashIndex()
    index.add(ids, hashes)
    gone = np.array([0, 17, 199, 1_000])
    assert index.remove(gone) == 3
    assert index.remove(gone) == 0
    kept = np.setdiff1d(ids, gone)
    assert np.array_equal(index.ids, kept)
    assert len(index) == 197
    found = index.search_within(hashes[:30], 40, limit=1_000)
    assert found == [by_counting(kept, hashes[kept], h, 40) for h in hashes[:30]]
    with pytest.raises(ValueError, match="above 199"):
        index.add(np.array([17]), hashes[17:18])


def test_an_empty_index_and_no_queries_find_nothing():
    index = HashIndex()
    assert index.search_within(draw_hashes(2), 30, limit=5) == [[], []]
    assert index.search_within(draw_hashes(0), 30, limit=5) == []
    index.add(np.zeros(0, np.int64), draw_hashes(0))
    assert len(index) == 0


@pytest.mark.parametrize(
    ("ids", "num", "message"),
    [([3, 3], 2, "ascending"), ([4, 2], 2, "ascending"), ([1], 2, "1 ids for 2")],
)
def test_ids_that_do_not_ascend_are_refused_and_nothing_is_added(ids, num, message):
    index = HashIndex()
    with pytest.raises(ValueError, match=message):
        index.add(np.array(ids), draw_hashes(num))
    assert len(index) == 0


def test_hashes_of_another_length_are_refused():
    with pytest.raises(ValueError, match="32"):
        HashIndex().search_within(np.zeros((1, 16), np.uint8), 3, limit=1)


def test_searches_run_while_hashes_come_and_go():
    hashes = draw_hashes(3_000)
    index = HashIndex()
    index.add(np.arange(100), hashes[:100])
    faults: list[list[Near]] = []

    def search() -> None:
        for _ in range(200):
            found = index.search_within(hashes[:1], 0, limit=1)[0]
            if found != [Near(0, 0)]:
                faults.append(found)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for start in range(100, 3_000, 100):
        index.add(np.arange(start, start + 100), hashes[start : start + 100])
        index.remove(np.arange(start - 50, start))
    for thread in threads:
        thread.join()
    assert not faults

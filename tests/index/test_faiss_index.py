"""What FaissIndex promises beyond the contract: safety between threads."""

import threading

import numpy as np
import pytest

from index.faiss_index import FaissIndex
from index.vector_index import Origin
from tests.index.drawn_codes import draw_vectors


@pytest.mark.parametrize("dim", [0, -3])
def test_a_dim_below_one_is_refused(dim):
    with pytest.raises(ValueError, match=f"not {dim}"):
        FaissIndex(dim)


def test_searches_during_changes_see_every_vector_under_its_own_id():
    vectors = draw_vectors(600, 32, 0)
    ids = [str(row) for row in range(600)]
    index = FaissIndex(32)
    index.add(ids[:300], vectors[:300])
    faults: list[str] = []
    done = threading.Event()

    def search_until_done(seed):
        rng = np.random.default_rng(seed)
        while not done.is_set():
            row = int(rng.integers(300))
            [hits] = index.search(vectors[row : row + 1], 5)
            expected = [float(vectors[int(hit.id)] @ vectors[row]) for hit in hits]
            if hits[0].id != ids[row] or not np.allclose(
                [hit.score for hit in hits], expected, atol=1e-5
            ):
                faults.append(f"{row}: {hits}")

    threads = [threading.Thread(target=search_until_done, args=[n]) for n in range(3)]
    for thread in threads:
        thread.start()
    rng = np.random.default_rng(9)
    for _ in range(150):
        rows = (300 + rng.choice(300, 40, replace=False)).tolist()
        index.add([ids[row] for row in rows], vectors[rows])
        assert index.remove([ids[row] for row in rows]) == 40
    done.set()
    for thread in threads:
        thread.join()
    assert not faults


def test_an_index_can_be_saved_while_it_changes(tmp_path):
    vectors = draw_vectors(200, 32, 0)
    index = FaissIndex(32)
    index.add(["first"], vectors[:1])
    done = threading.Event()

    def change_until_done():
        while not done.is_set():
            index.add([str(row) for row in range(1, 200)], vectors[1:])
            index.remove([str(row) for row in range(1, 200)])

    thread = threading.Thread(target=change_until_done)
    thread.start()
    for watermark in range(20):
        index.save(tmp_path, Origin("drawn", "", watermark))
        loaded, found = FaissIndex.load(tmp_path, model="drawn", weights_hash="")
        assert found == watermark
        assert len(loaded) in (1, 200)
        assert loaded.search(vectors[:1], 1)[0][0].id == "first"
    done.set()
    thread.join()

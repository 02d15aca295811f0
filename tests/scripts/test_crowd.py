"""The synthetic references that enlarge the benchmark's catalogue."""

from contextlib import closing

import numpy as np
import pytest

from detector.catalogue.folder_import import import_folder
from detector.catalogue.references import all_reference_ids
from detector.catalogue.stored_descriptions import StoredDescriptions
from detector.store.store import open_store
from index.faiss_index import FaissIndex
from scripts.benchmarks.crowd import (
    MARK,
    CrowdDescriptions,
    crowd_vectors,
    load_vectors,
    read_crowd,
    save_settled,
    spread,
)
from tests.catalogues import draw_folder, grid_extractor


def test_synthetic_references_show_another_real_one(tmp_path):
    with closing(open_store(tmp_path / "data")) as store:
        folder = draw_folder(tmp_path / "pictures", 3)
        import_folder(store, folder, brand="B", extractor=grid_extractor(), threads=1)
        with store.database.read() as session:
            names = all_reference_ids(session)
        real = StoredDescriptions(store).descriptions(names)
        crowd = CrowdDescriptions(store, names)
        for name in names:
            copies = [f"{name}{MARK}{number}" for number in range(1, 6)]
            found = crowd.descriptions([name, *copies, "gone"])
            assert [*found] == [name, *copies]
            assert found[name].to_bytes() == real[name].to_bytes()
            shown = [crowd.real_id(copy) for copy in copies]
            assert {*shown} == {*names} - {name}
            assert [found[c].to_bytes() for c in copies] == [
                real[other].to_bytes() for other in shown
            ]
            codes = crowd.codes([name, *copies, "gone"])
            assert {n: c.tobytes() for n, c in codes.items()} == {
                n: each.votes.tobytes() for n, each in found.items()
            }
    assert crowd.num_asked == 3 * 7


def test_vectors_of_a_crowd_lie_as_the_real_ones_do():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((300, 8)).astype(np.float32) * np.arange(1, 9) + 20
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")
    crowd = spread(vectors, 20, seed=1)
    assert np.array_equal(crowd[:300], vectors)
    assert np.linalg.norm(crowd, axis=1) == pytest.approx(1, abs=1e-5)
    synthetic = crowd[300:]
    assert len(np.unique(synthetic, axis=0)) == 19 * 300
    assert synthetic.mean(axis=0) == pytest.approx(vectors.mean(axis=0), abs=0.01)
    spreads = synthetic.std(axis=0), vectors.std(axis=0)
    assert spreads[0] == pytest.approx(spreads[1], rel=0.2)


def test_a_crowd_is_searched_and_the_real_references_are_found(tmp_path):
    rng = np.random.default_rng(0)
    names = ["a", "b", "c"]
    vectors = rng.standard_normal((3, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = FaissIndex(16)
    index.add(names, vectors)
    crowd_vectors(index, tmp_path / "vectors", 5, seed=0)
    crowd = load_vectors(tmp_path / "vectors")
    assert crowd.ids == {*names, *(f"{n}{MARK}{i}" for n in names for i in range(1, 5))}
    hits = crowd.search(vectors, 1)
    assert [hit.id for (hit,) in hits] == names
    assert [hit.score for (hit,) in hits] == pytest.approx([1, 1, 1])

    found, drawn = read_crowd(tmp_path / "vectors")
    assert {*found} == crowd.ids
    assert np.array_equal(drawn[:3], vectors)
    save_settled(tmp_path / "vectors", tmp_path / "settled")
    assert load_vectors(tmp_path / "settled").search(vectors, 1) == hits

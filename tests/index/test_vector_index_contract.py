"""What every VectorIndex does, whatever its engine.

On a Milvus server these tests run from `test_shared_index.py`.
"""

from collections.abc import Callable

import numpy as np
import pytest

from index.errors import ModelMismatch
from index.vector_index import Origin, VectorIndex
from tests.index.drawn_codes import draw_vectors
from tests.vector_engines import Indexes

DIM = 24
ORIGIN = Origin("drawn", "ab" * 32, 41)


@pytest.fixture
def engine(indexes: Indexes) -> Callable[[int], VectorIndex]:
    return indexes.new


def names(count: int) -> list[str]:
    return [f"r{number:04d}" for number in range(count)]


def rank_by_sorting(ids, vectors, query, k) -> list[str]:
    """Rank the slow way: every product in float64, a sort by score and then id."""
    scores = (vectors.astype(np.float64) @ query.astype(np.float64)).astype(np.float32)
    return [
        ids[row] for row in sorted(range(len(ids)), key=lambda r: (-scores[r], ids[r]))
    ][:k]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("num_queries", [1, 3, 40])
def test_search_ranks_as_a_sort_of_all_products_does(engine, seed, num_queries):
    ids, vectors = names(300), draw_vectors(300, DIM, seed)
    queries = draw_vectors(num_queries, DIM, seed + 100)
    index = engine(DIM)
    index.add(ids, vectors)
    for query, hits in zip(queries, index.search(queries, 7), strict=True):
        assert [hit.id for hit in hits] == rank_by_sorting(ids, vectors, query, 7)
        own = [float(vectors[ids.index(hit.id)] @ query) for hit in hits]
        assert [hit.score for hit in hits] == pytest.approx(own, abs=1e-6)


def test_a_new_index_is_empty_and_finds_nothing(engine):
    index = engine(DIM)
    assert (len(index), index.ids, index.dim) == (0, frozenset(), DIM)
    assert index.search(draw_vectors(2, DIM, 0), 5) == [[], []]


def test_no_queries_have_no_answers(engine):
    index = engine(DIM)
    index.add(["a"], draw_vectors(1, DIM, 0))
    assert index.search(np.empty((0, DIM), np.float32), 5) == []


def test_adding_nothing_changes_nothing(engine):
    index = engine(DIM)
    index.add([], np.empty((0, DIM), np.float32))
    assert len(index) == 0


def test_one_reference_is_found_by_itself(engine):
    vectors = draw_vectors(1, DIM, 0)
    index = engine(DIM)
    index.add(["only"], vectors)
    [[hit]] = index.search(vectors, 1)
    assert hit.id == "only"
    assert hit.score == pytest.approx(1, abs=1e-3)


def test_more_asked_for_than_there_are_gives_all_once(engine):
    index = engine(DIM)
    index.add(names(5), draw_vectors(5, DIM, 0))
    [hits] = index.search(draw_vectors(1, DIM, 1), 50)
    assert sorted(hit.id for hit in hits) == names(5)


@pytest.mark.parametrize("num_equal", [3, 30, 300])
def test_equal_vectors_are_ordered_by_id_wherever_they_lie(engine, num_equal):
    vectors = draw_vectors(400, DIM, 0)
    vectors[50 : 50 + num_equal] = vectors[50]
    order = np.random.default_rng(1).permutation(400)
    ids = [f"x{number:04d}" for number in order]
    index = engine(DIM)
    index.add(ids, vectors)
    equal = sorted(ids[50 : 50 + num_equal])
    for k in (1, 2, num_equal - 1, num_equal):
        [hits] = index.search(vectors[50:51], k)
        assert [hit.id for hit in hits] == equal[:k]
        assert len({hit.score for hit in hits}) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_insertion_does_not_matter(engine, seed):
    ids, vectors = names(120), draw_vectors(120, DIM, seed)
    vectors[60:] = vectors[:60]
    queries = vectors[::7]
    first, second = engine(DIM), engine(DIM)
    first.add(ids, vectors)
    order = np.random.default_rng(seed).permutation(120)
    for rows in np.split(order, [1, 2, 30, 31, 90]):
        second.add([ids[row] for row in rows], vectors[rows])
    assert first.search(queries, 9) == second.search(queries, 9)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_removed_is_as_if_never_added(engine, seed):
    ids, vectors = names(90), draw_vectors(90, DIM, seed)
    gone = set(np.random.default_rng(seed).choice(ids, 40, replace=False).tolist())
    kept = [row for row, name in enumerate(ids) if name not in gone]
    index, expected = engine(DIM), engine(DIM)
    index.add(ids, vectors)
    assert index.remove([*sorted(gone), "unknown", *sorted(gone)]) == 40
    expected.add([ids[row] for row in kept], vectors[kept])
    assert index.ids == expected.ids
    assert len(index) == 50
    assert index.search(vectors, 90) == expected.search(vectors, 90)


def test_removing_and_adding_again_changes_nothing(engine):
    ids, vectors = names(30), draw_vectors(30, DIM, 0)
    index = engine(DIM)
    index.add(ids, vectors)
    before = index.search(vectors, 30)
    index.remove(ids[:10])
    index.add(ids[:10], vectors[:10])
    assert index.search(vectors, 30) == before


def test_ids_are_found_as_long_as_they_are_there(engine):
    index = engine(DIM)
    index.add(names(60), draw_vectors(60, DIM, 0))
    index.remove(names(30))
    assert index.find([*names(60)[20:40], "unknown"]) == {*names(60)[30:40]}
    assert index.find([]) == frozenset()


def test_everything_can_be_removed(engine):
    vectors = draw_vectors(30, DIM, 0)
    index = engine(DIM)
    index.add(names(30), vectors)
    assert index.remove(index.ids) == 30
    assert index.search(vectors[:1], 3) == [[]]


def with_one(value: float):
    vectors = draw_vectors(2, DIM, 7)
    vectors[1, 3] = value
    return vectors


BAD_VECTORS = {
    "too short": draw_vectors(2, DIM - 1, 0),
    "one row": draw_vectors(2, DIM, 0)[0],
    "float64": draw_vectors(2, DIM, 0).astype(np.float64),
    "not normalized": 2 * draw_vectors(2, DIM, 0),
    "zero": np.zeros((2, DIM), np.float32),
    "nan": with_one(np.nan),
    "infinite": with_one(np.inf),
}


@pytest.mark.parametrize("vectors", BAD_VECTORS.values(), ids=BAD_VECTORS.keys())
def test_unusable_vectors_are_refused_and_change_nothing(engine, vectors):
    index = engine(DIM)
    with pytest.raises(ValueError, match="expected"):
        index.add(["a", "b"], vectors)
    with pytest.raises(ValueError, match="expected"):
        index.search(vectors, 1)
    assert len(index) == 0


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["new", "new"], "'new' is given twice"),
        (["new", "old"], "'old' is in the index"),
        (["new"], "one row per id"),
        ("ab", "sequence of ids"),
        (["new", 7], "each a str"),
    ],
)
def test_unusable_ids_are_refused_and_change_nothing(engine, ids, message):
    index = engine(DIM)
    index.add(["old"], draw_vectors(1, DIM, 0))
    with pytest.raises(ValueError, match=message):
        index.add(ids, draw_vectors(2, DIM, 1))
    assert index.ids == {"old"}
    index.add(["new"], draw_vectors(1, DIM, 1))
    assert index.ids == {"old", "new"}


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_refused(engine, k):
    with pytest.raises(ValueError, match="at least 1"):
        engine(DIM).search(draw_vectors(1, DIM, 0), k)


@pytest.mark.parametrize("seed", range(2))
def test_a_saved_index_answers_as_before(indexes, seed, tmp_path):
    vectors = draw_vectors(80, DIM, seed)
    index = indexes.new(DIM)
    index.add([*names(79), 'odd "näme"\n\udc80'], vectors)
    index.remove(names(5))
    expected = index.search(vectors, 80)
    indexes.save(index, tmp_path / "new" / "index", ORIGIN)
    loaded, watermark = indexes.load(
        tmp_path / "new" / "index",
        model=ORIGIN.model,
        weights_hash=ORIGIN.weights_hash,
    )
    assert watermark == ORIGIN.watermark
    assert loaded.ids == index.ids
    assert loaded.dim == DIM
    assert loaded.search(vectors, 80) == expected
    loaded.add(["r0000"], vectors[:1])
    assert loaded.search(vectors[:1], 1)[0][0].id == "r0000"


def test_an_empty_index_can_be_saved(indexes, tmp_path):
    indexes.save(indexes.new(DIM), tmp_path, ORIGIN)
    loaded, _ = indexes.load(
        tmp_path, model=ORIGIN.model, weights_hash=ORIGIN.weights_hash
    )
    loaded.add(["a"], draw_vectors(1, DIM, 0))
    assert len(loaded) == 1


@pytest.mark.parametrize(
    ("model", "weights_hash"), [("other", "ab" * 32), ("drawn", "cd" * 32)]
)
def test_another_model_is_refused(indexes, model, weights_hash, tmp_path):
    indexes.save(indexes.new(DIM), tmp_path, ORIGIN)
    with pytest.raises(ModelMismatch, match=r"detector index rebuild") as caught:
        indexes.load(tmp_path, model=model, weights_hash=weights_hash)
    assert "'drawn'" in str(caught.value)
    assert tmp_path.name in str(caught.value)


def test_a_missing_index_says_where_it_was_looked_for(indexes, tmp_path):
    with pytest.raises(FileNotFoundError, match="detector index rebuild") as caught:
        indexes.load(tmp_path / "none", model="drawn", weights_hash="")
    assert f"{tmp_path.name}/none" in str(caught.value)


def test_a_save_replaces_what_was_kept(indexes, tmp_path):
    first, second = draw_vectors(2, DIM, 0)[:, None]
    for vectors in (first, second):
        index = indexes.new(DIM)
        index.add(["a"], vectors)
        indexes.save(index, tmp_path, ORIGIN)
    loaded, _ = indexes.load(
        tmp_path, model=ORIGIN.model, weights_hash=ORIGIN.weights_hash
    )
    assert loaded.search(second, 2) == index.search(second, 2)
    assert loaded.search(second, 2)[0][0].score == pytest.approx(1, abs=1e-3)


def test_what_is_put_replaces_what_was_there(engine):
    ids, vectors = names(60), draw_vectors(60, DIM, 0)
    changed = draw_vectors(60, DIM, 1)
    index, expected = engine(DIM), engine(DIM)
    index.add(ids[:40], vectors[:40])
    for _ in range(2):
        index.put(ids[20:], changed[20:])
    expected.add(ids[:20], vectors[:20])
    expected.add(ids[20:], changed[20:])
    assert len(index) == 60
    assert index.search(changed, 60) == expected.search(changed, 60)


def test_unusable_rows_are_not_put(engine):
    index = engine(DIM)
    index.add(["old"], draw_vectors(1, DIM, 0))
    with pytest.raises(ValueError, match="given twice"):
        index.put(["old", "old"], draw_vectors(2, DIM, 1))
    with pytest.raises(ValueError, match="expected"):
        index.put(["old"], draw_vectors(1, DIM - 1, 1))
    [[hit]] = index.search(draw_vectors(1, DIM, 0), 1)
    assert hit.score == pytest.approx(1, abs=1e-3)

"""LocalIndex against a vote counted in a plain loop, and what else it promises."""

import gc
import threading
from collections import defaultdict
from itertools import groupby
from math import exp, sqrt

import numpy as np
import pytest

from index.centroids import CENTROIDS_FILE, Codes, assign_cells, read_centroids
from index.errors import CorruptIndex, ModelMismatch
from index.local_index import LocalIndex
from index.vector_index import Hit, Origin
from index.voting import Voting
from tests.index.drawn_codes import blur_codes, draw_codes

ORIGIN = Origin("orb 500 points at 384 px", "", 9)
ALL_CELLS = 1 << 20
EXACT = Voting(num_probes=ALL_CELLS)
NO_CODES = np.empty((0, 32), np.uint8)


def names(count: int) -> list[str]:
    return [f"r{number:03d}" for number in range(count)]


def drawn_index(
    counts: list[int], seed: int = 0, voting: Voting = EXACT
) -> tuple[LocalIndex, list[Codes]]:
    index = LocalIndex(voting)
    codes = draw_codes(counts, seed)
    index.add(names(len(counts)), codes)
    return index, codes


def vote_in_a_loop(
    references: dict[str, Codes], query: Codes, voting: Voting, k: int
) -> list[tuple[str, float]]:
    """Count votes as the docstrings of Voting and LocalIndex tell it."""
    scores: dict[str, float] = defaultdict(float)
    for point in query:
        distances = sorted(
            (int(np.bitwise_count(code ^ point).sum()), name)
            for name, codes in references.items()
            for code in codes
        )
        groups = [(d, list(g)) for d, g in groupby(distances, key=lambda pair: pair[0])]
        near: list[tuple[int, str]] = []
        num_taken = 0
        for distance, group in groups:
            if num_taken + len(group) > voting.neighbours and near:
                break
            num_taken += len(group)
            near += [(distance, name) for _, name in group]
        best: dict[str, float] = {}
        for distance, name in near:
            best.setdefault(name, exp(-distance / voting.scale))
        total = sum(best.values())
        for name, vote in best.items():
            scores[name] += vote * (vote / total) ** voting.sharing
    ranked = [(-score / sqrt(len(references[n])), n) for n, score in scores.items()]
    return [(name, -score) for score, name in sorted(ranked)[:k]]


@pytest.mark.parametrize("sharing", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("neighbours", [1, 4, 60])
@pytest.mark.parametrize("seed", range(3))
def test_votes_are_those_that_a_plain_loop_counts(seed, neighbours, sharing):
    voting = Voting(neighbours, 20.0, sharing, ALL_CELLS)
    counts = [30, 1, 0, 17, 25, 40]
    index, codes = drawn_index(counts, seed, voting)
    references = dict(zip(names(len(counts)), codes, strict=True))
    queries = draw_codes([25, 40], seed + 50)
    for query, hits in zip(queries, index.search(queries, 9), strict=True):
        expected = vote_in_a_loop(references, query, voting, 9)
        assert [hit.score for hit in hits] == pytest.approx([s for _, s in expected])
        assert [hit.id for hit in hits] == [name for name, _ in expected]


def test_with_few_cells_probed_a_copy_is_still_found_first():
    counts = [200] * 30
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 256, (n, 32), dtype=np.uint8) for n in counts]
    index = LocalIndex(Voting(num_probes=8))
    index.add(names(30), codes)
    copies = [blur_codes(code, 10, rng) for code in codes]
    found = index.search(copies, 1)
    assert [hits[0].id for hits in found] == names(30)


def test_a_new_index_is_empty_and_finds_nothing():
    index = LocalIndex()
    assert (len(index), index.num_codes, index.ids) == (0, 0, frozenset())
    assert index.search([*draw_codes([5], 0), NO_CODES], 3) == [[], []]
    assert index.search([], 3) == []


def test_one_reference_is_found_and_a_query_without_points_finds_nothing():
    index, codes = drawn_index([20])
    found, nothing = index.search([codes[0], NO_CODES], 50)
    assert [hit.id for hit in found] == ["r000"]
    assert nothing == []


def test_a_reference_without_points_is_kept_and_never_found():
    index, codes = drawn_index([0, 20, 0])
    assert index.ids == set(names(3))
    assert [hit.id for hit in index.search(codes, 9)[1]] == ["r001"]
    assert index.remove(["r000"]) == 1
    assert len(index) == 2


@pytest.mark.parametrize("num_copies", [2, 5, 6, 40])
def test_one_picture_under_many_ids_is_found_under_each_in_order_of_id(num_copies):
    [codes] = draw_codes([50], 3)
    index = LocalIndex(EXACT)
    index.add(names(num_copies)[::-1], [codes] * num_copies)
    [hits] = index.search([codes], 100)
    assert [hit.id for hit in hits] == names(num_copies)
    assert len({hit.score for hit in hits}) == 1
    assert index.search([codes], 1) == [hits[:1]]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_insertion_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    ids, codes = names(40), draw_codes(rng.integers(0, 60, 40).tolist(), seed)
    codes[20:] = codes[:20]
    first, second = LocalIndex(), LocalIndex()
    first.add(ids, codes)
    for row in rng.permutation(40).tolist():
        second.add([ids[row]], [codes[row]])
    queries = draw_codes([30] * 8, seed + 1)
    assert first.search(queries, 12) == second.search(queries, 12)


@pytest.mark.parametrize("gone", [["r003"], ["r001", "r003", "r000", "r006"]])
def test_what_is_removed_is_as_if_never_added(gone):
    counts = [20, 35, 0, 28, 31, 12, 9]
    index, codes = drawn_index(counts)
    assert index.remove([*gone, "unknown", *gone]) == len(gone)
    kept = [row for row, name in enumerate(names(7)) if name not in gone]
    expected = LocalIndex(EXACT)
    expected.add([names(7)[row] for row in kept], [codes[row] for row in kept])
    assert index.ids == expected.ids
    assert index.num_codes == expected.num_codes == sum(counts[row] for row in kept)
    assert index.search(codes, 9) == expected.search(codes, 9)


def test_removing_and_adding_again_changes_nothing():
    index, codes = drawn_index([20, 30, 40])
    before = index.search(codes, 9)
    index.remove(["r001"])
    assert "r001" not in {hit.id for hits in index.search(codes, 9) for hit in hits}
    index.add(["r001"], [codes[1]])
    assert index.search(codes, 9) == before


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((3, 31), np.uint8),
        np.zeros(32, np.uint8),
        np.zeros((3, 32), np.float32),
    ],
    ids=["31 bytes", "one code", "float32"],
)
def test_unusable_codes_are_refused_and_change_nothing(codes):
    index, good = drawn_index([10])
    with pytest.raises(ValueError, match=r"expected codes of shape \(p, 32\) uint8"):
        index.add(["a", "b"], [good[0], codes])
    with pytest.raises(ValueError, match=r"expected codes of shape \(p, 32\) uint8"):
        index.search([codes], 1)
    assert index.ids == {"r000"}
    assert index.num_codes == 10


def test_more_points_than_a_code_id_can_number_are_refused():
    with pytest.raises(ValueError, match="at most 65536 points"):
        LocalIndex().add(["a"], [np.zeros((65537, 32), np.uint8)])


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["new", "new"], "given twice"),
        (["new", "r000"], "'r000' is in the index"),
        (["new"], "one row per id"),
    ],
)
def test_unusable_ids_are_refused_and_change_nothing(ids, message):
    index, _ = drawn_index([10])
    with pytest.raises(ValueError, match=message):
        index.add(ids, draw_codes([3, 4], 1))
    assert index.ids == {"r000"}
    assert index.num_codes == 10


@pytest.mark.parametrize(
    "rule", [{"neighbours": 0}, {"num_probes": 0}, {"scale": 0.0}, {"sharing": -1.0}]
)
def test_an_impossible_voting_rule_is_refused(rule):
    with pytest.raises(ValueError, match="must be"):
        Voting(**rule)


def test_k_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        LocalIndex().search([NO_CODES], 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_saved_index_answers_as_before(seed, tmp_path):
    index, codes = drawn_index([20, 35, 0, 28, 31, 12, 9], seed)
    index.remove(["r001", "r002"])
    index.add(["late", "r002"], [codes[1], NO_CODES])
    index.save(tmp_path, ORIGIN)
    loaded, watermark = LocalIndex.load(
        tmp_path, model=ORIGIN.model, weights_hash="", voting=EXACT
    )
    assert watermark == ORIGIN.watermark
    assert loaded.ids == index.ids
    assert loaded.num_codes == index.num_codes
    assert loaded.search(codes, 9) == index.search(codes, 9)
    loaded.add(["later"], [codes[0]])
    loaded.remove(["late", "r000"])
    index.add(["later"], [codes[0]])
    index.remove(["late", "r000"])
    assert loaded.search(codes, 9) == index.search(codes, 9)


def test_an_empty_index_can_be_saved(tmp_path):
    LocalIndex().save(tmp_path, ORIGIN)
    loaded, _ = LocalIndex.load(tmp_path, model=ORIGIN.model, weights_hash="")
    assert len(loaded) == 0
    loaded.add(["a"], draw_codes([4], 0))
    assert loaded.num_codes == 4


def test_another_recipe_of_codes_is_refused(tmp_path):
    LocalIndex().save(tmp_path, ORIGIN)
    with pytest.raises(ModelMismatch, match="orb 500 points at 384 px"):
        LocalIndex.load(tmp_path, model="orb 1000 points at 512 px", weights_hash="")


def test_the_shipped_centroids_are_small_and_all_different():
    centroids, _ = read_centroids()
    assert CENTROIDS_FILE.stat().st_size <= 100_000
    assert len(np.unique(centroids, axis=0)) == len(centroids) >= 1024
    cells, distances = assign_cells(centroids, centroids)
    assert cells.tolist() == list(range(len(centroids)))
    assert not distances.any()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_damaged_centroids_are_refused_by_name(content, tmp_path):
    path = tmp_path / "centroids.npz"
    path.write_bytes(content)
    with pytest.raises(CorruptIndex, match="Install the project again") as caught:
        read_centroids(path)
    gc.collect()
    assert str(path) in str(caught.value)


def test_searches_during_changes_see_a_whole_reference_or_none():
    index, codes = drawn_index([40] * 20)
    fixed = LocalIndex(EXACT)
    fixed.add(names(20), codes)
    [extra] = draw_codes([40], 77)
    without = fixed.search([extra], 1)
    fixed.add(["extra"], [extra])
    allowed = [without, fixed.search([extra], 1)]
    faults: list[list[list[Hit]]] = []
    done = threading.Event()

    def search_until_done():
        while not done.is_set():
            if (hits := index.search([extra], 1)) not in allowed:
                faults.append(hits)

    threads = [threading.Thread(target=search_until_done) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(60):
        index.add(["extra"], [extra])
        index.remove(["extra"])
    done.set()
    for thread in threads:
        thread.join()
    assert not faults

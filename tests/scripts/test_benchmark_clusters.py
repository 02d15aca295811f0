"""The clustering benchmark: its truth, its judge, and a small run of all of it."""

import json
from itertools import combinations

import numpy as np
import pytest

from scripts import benchmark_clusters
from scripts.benchmarks.pairs import score_pairs
from scripts.benchmarks.planted import MOST_REPEATS, draw_design


def test_pairs_are_counted_as_comparing_each_with_each_would():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 6, 60).tolist()
    found = [f"{t % 4}{rng.integers(0, 2)}" for t in truth]
    pairs = list(combinations(range(60), 2))
    together = {p for p in pairs if truth[p[0]] == truth[p[1]]}
    put = {p for p in pairs if found[p[0]] == found[p[1]]}
    scores = score_pairs(truth, found)
    assert scores.precision == len(together & put) / len(put)
    assert scores.recall == len(together & put) / len(together)


def test_a_perfect_grouping_and_none_at_all_are_scored():
    perfect = score_pairs([1, 1, 2], ["a", "a", "b"])
    assert (perfect.precision, perfect.recall) == (1, 1)
    apart = score_pairs([1, 1, 2], ["a", "b", "c"])
    assert (apart.precision, apart.recall) == (1, 0)


@pytest.mark.parametrize("number", [0, 2])
def test_a_design_has_four_groups_and_is_drawn_again_the_same(number):
    planted = draw_design(number, 3)
    assert planted == draw_design(number, 3)
    groups = [each.group for each in planted]
    # Design 2 is a watch: two views and the pasted one.
    wanted = {4 * number + n for n in range(3 if number == 2 else 4)}
    assert set(groups) == wanted
    assert max(map(groups.count, wanted)) <= MOST_REPEATS


def test_a_small_run_finds_the_groups_and_reuses_what_it_looked_at(tmp_path, capsys):
    looks, out = tmp_path / "looks.npy", tmp_path / "figures.json"
    arguments = ["--pictures", "60", "--workers", "1", "--seed", "1"]
    arguments += ["--looks", str(looks), "--out", str(out)]
    assert benchmark_clusters.main(arguments) == 0
    figures = json.loads(out.read_text())
    assert figures["run"]["pictures"] == 60
    assert figures["run"]["groups"] > 4
    assert figures["clusters"]["precision"] >= 0.98
    assert figures["clusters"]["recall"] >= 0.98
    assert figures["twins"]["wrong"] == 0
    assert figures["twins"]["found_of_repeats"] > 0.5
    assert "precision 1" in capsys.readouterr().out
    written_at = looks.stat().st_mtime_ns
    assert benchmark_clusters.main(arguments) == 0
    assert looks.stat().st_mtime_ns == written_at
    assert json.loads(out.read_text())["clusters"] == figures["clusters"]


@pytest.mark.parametrize("option", ["--pictures", "--workers"])
def test_less_than_one_is_refused(option, capsys):
    with pytest.raises(SystemExit, match="2"):
        benchmark_clusters.main([option, "0"])
    assert "at least 1" in capsys.readouterr().err

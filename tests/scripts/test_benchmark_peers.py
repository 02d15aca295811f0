"""How peers' programs are asked, how they answer, and what is made of it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scripts.benchmarks.part import Figure
from scripts.benchmarks.peer_programs.graph import EFFORTS, measure_graph, recall_of
from scripts.benchmarks.peer_programs.protocol import (
    Answer,
    Task,
    Vectors,
    random_vectors,
    read_answer,
    run,
    versions_of,
)
from scripts.benchmarks.peers import run_program
from scripts.benchmarks.timing import Timing

K = 10


@pytest.fixture
def task(tmp_path: Path) -> Task:
    vectors = random_vectors(300, 16, seed=1)
    queries = random_vectors(20, 16, seed=2)
    exact = np.argsort(-queries @ vectors.T, axis=1)[:, :K]
    files = {name: tmp_path / f"{name}.npy" for name in ("vectors", "queries", "exact")}
    np.save(files["vectors"], vectors)
    np.save(files["queries"], queries.reshape(5, 4, 16))
    np.save(files["exact"], exact)
    return Task(
        folder=str(tmp_path),
        files=["a.jpg", "b.jpg"],
        references=300,
        k=K,
        threads=1,
        seed=7,
        recall=0.98,
        **{name: str(path) for name, path in files.items()},
    )


def test_what_a_program_answers_is_read_as_it_was(tmp_path, task, monkeypatch):
    answer = Answer(
        versions_of("numpy"),
        [Timing("scan", "name", "picture", 2, 0.5, 0.25, [0.2, 0.3])],
        [Figure("recall", 0.5, "of 1")],
        ["A note."],
    )
    asked, answered = tmp_path / "task.json", tmp_path / "answer.json"
    task.write(asked)
    seen = []

    def measure(found: Task) -> Answer:
        seen.append(found)
        return answer

    monkeypatch.setattr(sys, "argv", ["program", str(asked), str(answered)])
    run(measure)
    assert seen == [task]
    assert read_answer(answered) == answer


@pytest.mark.parametrize("python", [Path("no-such-python"), Path(sys.executable)])
def test_a_program_that_does_not_run_is_named_with_the_reason(tmp_path, task, python):
    found = run_program(python, "no_such_program", task, tmp_path / "work")
    assert isinstance(found, str)
    assert found.startswith("no_such_program: not measured: ")
    assert "no-such-python" in found or "No module named" in found


def test_a_graph_is_searched_with_the_least_effort_that_finds_enough(task):
    vectors = np.load(task.vectors)
    enough = EFFORTS[2]

    def search(queries, effort):
        rows = np.argsort(-queries @ vectors.T, axis=1)[:, :K]
        return rows if effort >= enough else rows[:, ::-1] + K

    built: list[Vectors] = []
    answer = measure_graph(task, "numpy", build=built.append, search=search)
    assert np.array_equal(built[0], vectors)
    searched, build = answer.timings
    assert (searched.num, searched.unit, build.num) == (5, "picture", 300)
    assert answer.figures[0].value == 1
    assert f"at effort {enough}" in answer.figures[0].name


def test_a_graph_that_never_finds_enough_is_searched_with_the_most_effort(task):
    answer = measure_graph(
        replace(task, recall=0.5),
        "numpy",
        build=len,
        search=lambda queries, effort: np.full((len(queries), K), -1),
    )
    assert answer.figures[0].value == 0
    assert f"at effort {EFFORTS[-1]}" in answer.figures[0].name


def test_recall_is_the_share_of_true_neighbours_whatever_their_order():
    exact = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    assert recall_of(exact[:, ::-1], exact) == 1
    assert recall_of(np.array([[4, 9, 9, 9], [0, 8, 6, 9]]), exact) == 3 / 8

"""What the programs with a graph of neighbours have in common."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from scripts.benchmarks.part import Figure
from scripts.benchmarks.peer_programs.protocol import (
    Answer,
    Task,
    Vectors,
    versions_of,
)
from scripts.benchmarks.timing import Timing, measure

EFFORTS = (16, 32, 64, 128, 256, 512, 1024)
LINKS, BUILD_EFFORT = 16, 200

Rows = NDArray[np.integer]


def measure_graph(
    task: Task,
    name: str,
    *,
    build: Callable[[Vectors], object],
    search: Callable[[Vectors, int], Rows],
) -> Answer:
    """Build a graph, and search it with the least effort that reaches the recall.

    Args:
        task: with vectors.
        name: of the package.
        build: puts all vectors into the graph.
        search: returns the rows of `task.k` neighbours, with an effort.
    """
    vectors = np.load(task.vectors)
    queries = np.load(task.queries)
    exact = np.load(task.exact)
    cpu_start, start = time.process_time(), time.perf_counter()
    build(vectors)
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    title = f"{name}, {len(vectors):,} vectors"
    built = Timing("build", f"{title}: build", "vector", len(vectors), wall_s, cpu_s)
    for effort in EFFORTS:
        found = np.concatenate([search(each, effort) for each in queries])
        recall = recall_of(found, exact)
        if recall >= task.recall:
            break
    timing = measure("search", "", partial(_search, search, effort), queries)
    searched = replace(timing, name=f"{title}: {queries.shape[1]} vectors a picture")
    return Answer(
        versions_of(name),
        [searched, built],
        [Figure(f"{title}: recall@{task.k} at effort {effort}", recall, "of 1")],
        [
            f"{name}: {LINKS} links, {BUILD_EFFORT} candidates while it is built, "
            f"{effort} while it is searched, the least of {EFFORTS[0]} to "
            f"{EFFORTS[-1]} with a recall of {task.recall:g}."
        ],
    )


def recall_of(found: Rows, exact: Rows) -> float:
    """Say which share of the exact neighbours was found; both (queries, k)."""
    shared = [
        len(np.intersect1d(row, truth)) for row, truth in zip(found, exact, strict=True)
    ]
    return sum(shared) / exact.size


def _search(search: Callable[[Vectors, int], Rows], effort: int, each: Vectors) -> Rows:
    return search(each, effort)

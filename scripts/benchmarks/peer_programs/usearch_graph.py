"""usearch on our vectors."""

import numpy as np
from usearch.index import Index, MetricKind, ScalarKind

from scripts.benchmarks.peer_programs.graph import (
    BUILD_EFFORT,
    LINKS,
    Rows,
    measure_graph,
)
from scripts.benchmarks.peer_programs.protocol import Answer, Task, Vectors, run


def measure_all(task: Task) -> Answer:
    """Build and search."""
    graph = Index(
        ndim=np.load(task.vectors, mmap_mode="r").shape[1],
        metric=MetricKind.IP,
        dtype=ScalarKind.F32,
        connectivity=LINKS,
        expansion_add=BUILD_EFFORT,
    )

    def build(vectors: Vectors) -> None:
        graph.add(np.arange(len(vectors)), vectors, threads=task.threads)

    def search(queries: Vectors, effort: int) -> Rows:
        graph.expansion_search = max(effort, task.k)
        found = graph.search(queries, task.k, threads=task.threads)
        return np.asarray(found.keys).astype(np.int64)

    return measure_graph(task, "usearch", build=build, search=search)


if __name__ == "__main__":
    run(measure_all)

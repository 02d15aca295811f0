"""hnswlib on our vectors."""

import hnswlib
import numpy as np

from scripts.benchmarks.peer_programs.graph import (
    BUILD_EFFORT,
    LINKS,
    Rows,
    measure_graph,
)
from scripts.benchmarks.peer_programs.protocol import Answer, Task, Vectors, run


def measure_all(task: Task) -> Answer:
    """Build and search."""
    dim = np.load(task.vectors, mmap_mode="r").shape[1]
    graph = hnswlib.Index(space="ip", dim=dim)

    def build(vectors: Vectors) -> None:
        graph.init_index(
            max_elements=len(vectors),
            ef_construction=BUILD_EFFORT,
            M=LINKS,
            random_seed=task.seed,
        )
        graph.add_items(vectors, num_threads=task.threads)

    def search(queries: Vectors, effort: int) -> Rows:
        graph.set_ef(max(effort, task.k))
        rows, _ = graph.knn_query(queries, k=task.k, num_threads=task.threads)
        return np.asarray(rows)

    return measure_graph(task, "hnswlib", build=build, search=search)


if __name__ == "__main__":
    run(measure_all)

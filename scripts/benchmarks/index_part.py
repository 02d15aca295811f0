"""The vector index by itself, at sizes that no catalogue can be drawn for."""

from pathlib import Path

import numpy as np

from scripts.benchmarks.bench import Bench
from scripts.benchmarks.crowd import read_crowd
from scripts.benchmarks.index_sizes import run
from scripts.benchmarks.part import Figure, Part

ROWS = (1_000_000, 100_000)
QUICK_ROWS = ROWS[1:]
UNITS = {
    "single_p50_ms": "ms",
    "single_p99_ms": "ms",
    "queries_per_s": "queries a second",
    "recall_at_10": "of 1",
    "query_cpu_ms": "ms",
    "add_p50_ms": "ms",
    "resident_gb": "GB",
    "restart_s": "s",
    "build_cpu_s": "s",
}
"""Figures of `index_sizes` that are reported → their units."""


def measure_index(bench: Bench) -> Part:
    """Fill an index, save it, and search and change it in a new process."""
    figures = []
    embeddings = _write_embeddings(bench)
    for num_rows in QUICK_ROWS if bench.plan.is_quick else ROWS:
        bench.tell(f"Filling an index with {num_rows:,} vectors")
        folder = bench.folder / f"index-{num_rows}"
        folder.mkdir()
        found = run(folder, embeddings, num_rows, is_flat=False)
        figures += [
            Figure(f"{num_rows:,} vectors: {name}", found[name], unit)
            for name, unit in UNITS.items()
        ]
    return Part(
        "index",
        figures=figures,
        notes=[
            "Vectors drawn like those of the references and of regions of the scanned "
            "pictures; queries in batches from two threads, and one by one. "
            "`python -m scripts.benchmarks.index_sizes` measures other sizes, and "
            "with vectors of photos."
        ],
    )


def _write_embeddings(bench: Bench) -> Path:
    """Write down the vectors that are at hand: of references, and of regions."""
    channel = bench.crowd_channels[0]
    _, vectors = read_crowd(bench.drawn_folder / channel.kind)
    regions = bench.mixed.vectors(channel.embedder)
    path = bench.folder / "embeddings.npy"
    np.save(path, np.concatenate([vectors[: len(bench.index)], *regions]))
    return path

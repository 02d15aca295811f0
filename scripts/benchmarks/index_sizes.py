"""Measure the vector index at several sizes: recall, speed, memory, changes, restart.

    python -m scripts.benchmarks.index_sizes [--rows N ...] [--embeddings FILE]
        [--folder DIR] [--out FILE] [--flat]

Vectors are drawn in parts and added as a catalogue would add them, so that ten million
never lie in memory at once. What is exact is computed on the way. Then a new process
loads what was saved, and is measured; two threads search where several do.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from index.faiss_index import FaissIndex
from index.flat_vectors import FlatVectors
from index.ranking import merge_hits
from index.sizing import DEFAULT, Sizing
from index.vector_index import Hit, Origin, Vectors
from scripts.benchmarks.index_vectors import Clusters, LikeReal, open_source
from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min

K, MOST = 10, 50
"""Neighbours asked for, and those that the matcher asks for each region."""
DIM = 256
NUM_QUERIES = 1_000
BATCH = 64
NUM_THREADS = 2
NUM_CHANGES = 200
QUERY_SEED = 1_000_003
CHANGE_SEED = 1_000_033
ROWS_AT_ONCE = 50_000
ORIGIN = Origin("benchmark", "", 1)
FLAT = Sizing(flat_up_to=1 << 40)
QUERIES_FILE = "queries.npz"
_ROOT = Path(__file__).parents[2]

Figures = dict[str, float]
Item = TypeVar("Item")


def build(
    folder: Path, source: LikeReal | Clusters, num_rows: int, sizing: Sizing
) -> Figures:
    """Fill an index, save it, and write queries and their exact neighbours beside it.

    Drawing and exact search count neither as building nor as anything else.
    """
    index = FaissIndex(DIM, sizing=sizing)
    queries = source.draw(NUM_QUERIES, seed=QUERY_SEED)
    nearest: list[list[Hit]] = [[] for _ in queries]
    seconds, cpu = 0.0, 0.0
    for start in range(0, num_rows, ROWS_AT_ONCE):
        num = min(ROWS_AT_ONCE, num_rows - start)
        vectors = source.draw(num, seed=start)
        names = _names(start, num)
        more = FlatVectors([*names], vectors).search(queries, MOST)
        nearest = [merge_hits(*both, MOST) for both in zip(nearest, more, strict=True)]
        began, cpu_began = time.perf_counter(), time.process_time()
        index.add(names, vectors)
        seconds += time.perf_counter() - began
        cpu += time.process_time() - cpu_began
        if start % (20 * ROWS_AT_ONCE) == 0:
            print(f"{start + num:,} rows, {seconds:.0f} s", file=sys.stderr, flush=True)
    began, cpu_began = time.perf_counter(), time.process_time()
    index.settle()
    seconds += time.perf_counter() - began
    cpu += time.process_time() - cpu_began
    began = time.perf_counter()
    index.save(folder, ORIGIN)
    truth = [[hit.id for hit in hits] for hits in nearest]
    np.savez(folder / QUERIES_FILE, queries=queries, truth=truth)
    return {
        "build_s": seconds,
        "build_cpu_s": cpu,
        "save_s": time.perf_counter() - began,
        "disk_bytes_per_row": _disk_bytes(folder) / num_rows,
        "build_peak_gb": _memory("VmHWM"),
    }


def measure(folder: Path, source: LikeReal | Clusters, sizing: Sizing) -> Figures:
    """Load a saved index into this process, and measure it."""
    with np.load(folder / QUERIES_FILE) as stored:
        queries, truth = stored["queries"], stored["truth"].tolist()
    before = _memory("VmRSS")
    began, cpu_began = time.perf_counter(), time.process_time()
    index, _ = FaissIndex.load(
        folder, model=ORIGIN.model, weights_hash="", sizing=sizing
    )
    index.search(queries[:1], K)
    figures: Figures = {
        "restart_s": time.perf_counter() - began,
        "restart_cpu_s": time.process_time() - cpu_began,
    }

    for k in (K, MOST):
        cpu_began = time.process_time()
        batches = np.split(queries, range(BATCH, len(queries), BATCH))
        found = [hits for batch in batches for hits in index.search(batch, k)]
        cpu_ms = 1e3 * (time.process_time() - cpu_began) / len(queries)
        figures[f"query_of_{k}_cpu_ms"] = cpu_ms
        overlaps = [
            len({*names[:k]} & {hit.id for hit in hits}) / k
            for names, hits in zip(truth, found, strict=True)
        ]
        figures[f"recall_at_{k}"] = float(np.mean(overlaps))
    figures["num_coded"] = index.num_coded
    figures |= _search_in_threads(index, queries)
    figures |= _time(
        "single", lambda q: index.search(q, K), np.split(queries, len(queries))
    )
    figures["resident_gb"] = _memory("VmRSS")
    figures["resident_anonymous_gb"] = _memory("RssAnon")
    figures["resident_bytes_per_row"] = (
        (figures["resident_gb"] - before) * 1e9 / len(index)
    )

    vectors = source.draw(NUM_CHANGES, seed=CHANGE_SEED)

    def add(row: int) -> None:
        index.put([f"new{row}"], vectors[row : row + 1])
        [hits] = index.search(vectors[row : row + 1], 1)
        assert hits[0].id == f"new{row}"

    def remove(row: int) -> None:
        index.remove([_name(row)])

    figures |= _time("add", add, range(NUM_CHANGES))
    figures |= _time("remove", remove, range(NUM_CHANGES))
    began = time.perf_counter()
    index.save(folder, ORIGIN)
    figures["save_again_s"] = time.perf_counter() - began
    figures["peak_gb"] = _memory("VmHWM")
    return figures


def _search_in_threads(index: FaissIndex, queries: Vectors) -> Figures:
    """Search batches in several threads at once.

    The CPU time tells more than the clock where others use the machine, too.
    """
    batches = np.split(queries, range(BATCH, len(queries), BATCH))

    def search() -> None:
        for batch in batches:
            index.search(batch, K)

    threads = [threading.Thread(target=search) for _ in range(NUM_THREADS)]
    num = NUM_THREADS * len(queries)
    began, cpu_began = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "queries_per_s": num / (time.perf_counter() - began),
        "query_cpu_ms": 1e3 * (time.process_time() - cpu_began) / num,
    }


def _time(name: str, work: Callable[[Item], object], items: Sequence[Item]) -> Figures:
    """Time one item after the other: median, 99th percentile, and CPU time of each."""
    seconds = []
    cpu_began = time.process_time()
    for item in items:
        began = time.perf_counter()
        work(item)
        seconds.append(time.perf_counter() - began)
    cpu_ms = 1e3 * (time.process_time() - cpu_began) / len(seconds)
    p50, p99 = (1e3 * np.quantile(seconds, [0.5, 0.99])).tolist()
    return {f"{name}_p50_ms": p50, f"{name}_p99_ms": p99, f"{name}_cpu_ms": cpu_ms}


def _name(row: int) -> str:
    """Name a row as the catalogue names a reference: 28 characters."""
    return f"ref_{row:024x}"


def _names(start: int, num: int) -> list[str]:
    return [_name(row) for row in range(start, start + num)]


def _memory(field: str) -> float:
    """Read one size of this process in GB; NaN where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    sizes = dict(line.split(":", 1) for line in lines)
    return int(sizes[field].split()[0]) * 1024 / 1e9


def _disk_bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*.*") if p.is_file())


def run(
    folder: Path, embeddings: Path | None, num_rows: int, *, is_flat: bool
) -> Figures:
    """Build in one process and measure in another, which has only what was saved."""
    figures: Figures = {"num_rows": num_rows}
    for step in ("build", "measure"):
        options = ["--step", step, "--rows", str(num_rows)]
        options += ["--folder", str(folder.absolute())]
        options += ["--flat"] if is_flat else []
        options += ["--embeddings", str(embeddings.absolute())] if embeddings else []
        command = [sys.executable, "-m", "scripts.benchmarks.index_sizes", *options]
        figures |= json.loads(subprocess.check_output(command, cwd=_ROOT))
    return figures


def print_table(results: Sequence[Figures]) -> None:
    """Print a line for each figure, and a column for each size."""
    for name in results[0]:
        values = [f"{result[name]:>14,.4g}" for result in results]
        print(f"{name:26}", *values)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure the vector index.")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--embeddings", type=Path, help=".npy of real vectors, (n, d)")
    parser.add_argument("--folder", type=Path, help="for the index; 0.6 GB a million")
    parser.add_argument("--out", type=Path, help="write JSON there")
    parser.add_argument("--flat", action="store_true", help="compare with each vector")
    parser.add_argument("--step", choices=["build", "measure"], help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.step:
        source = open_source(asked.embeddings, DIM)
        sizing = FLAT if asked.flat else DEFAULT
        if asked.step == "build":
            figures = build(asked.folder, source, asked.rows[0], sizing)
        else:
            figures = measure(asked.folder, source, sizing)
        print(json.dumps(figures))
        return
    load = load_1_min()
    results = []
    for num_rows in asked.rows:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            results.append(
                run(Path(folder), asked.embeddings, num_rows, is_flat=asked.flat)
            )
    print_table(results)
    if asked.out:
        report = {
            "machine": describe_machine(),
            "versions": dict(library_versions()),
            "load_1_min": [load, load_1_min()],
            "vectors": "like real ones" if asked.embeddings else "clusters",
            "kind": "flat" if asked.flat else "by size",
            "results": results,
        }
        asked.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

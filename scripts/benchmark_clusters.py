"""Measure how well, and how fast, pictures are put into clusters.

    python -m scripts.benchmark_clusters [--pictures N] [--looks FILE] [--out FILE]

Draws groups of pictures that are one, recompressed and resized, among look-alikes;
looks at each file as a scan does, and places them in random order, in batches and
transactions like a scan's, in a database of its own. Then all pairs of pictures are
compared with the truth, and a sample with what comparing with every picture takes.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from detector.listings.pictures.alike import TWIN_BITS, change
from detector.listings.pictures.look import unpack_all
from detector.store.database import Database
from index.hash_index import HashIndex
from scripts.benchmarks.looks import Records, make_looks
from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min
from scripts.benchmarks.pairs import score_pairs
from scripts.benchmarks.placing import BATCH, place_all

SAMPLE = 100


def _time_searches(records: Records, *, seed: int) -> dict[str, float]:
    """Time our search on a sample, and comparing it with every picture, in ms each."""
    rng = np.random.default_rng([seed, 10])
    picks = rng.choice(len(records), min(SAMPLE, len(records)), replace=False)
    index = HashIndex()
    index.add(np.arange(len(records)), np.ascontiguousarray(records["hash"]))
    whole = np.concatenate(
        [
            unpack_all([row.tobytes() for row in records["vectors"][i : i + 4096]])[0][
                :, 0
            ]
            for i in range(0, len(records), 4096)
        ]
    )
    few = records["thumbnail"][rng.integers(0, len(records), 50)]
    began = time.perf_counter()
    for place in picks:
        index.search_within(records["hash"][place][None], TWIN_BITS, limit=64)
    searched = time.perf_counter()
    for place in picks:
        (whole @ whole[place]).argmax()
    embedded = time.perf_counter()
    for place in picks[:10]:
        for other in few:
            change(records["thumbnail"][place], other)
    compared = time.perf_counter()
    pairs = len(picks[:10]) * len(few)
    return {
        "search_ms": 1e3 * (searched - began) / len(picks),
        "all_embeddings_ms": 1e3 * (embedded - searched) / len(picks),
        "all_thumbnails_ms": 1e3 * (compared - embedded) / pairs * len(records),
    }


def run_benchmark(records: Records, folder: Path, *, seed: int) -> dict[str, Any]:
    """Place pictures in a database in an empty folder, and judge the outcome."""
    start, load = time.monotonic(), load_1_min()
    with closing(Database(folder / "clusters.db")) as database:
        placed = place_all(records, database, seed=seed, on_progress=_tell_placed)
    scores = score_pairs(placed.groups, placed.clusters)
    is_right = [
        placed.groups[twin] == group
        for twin, group in zip(placed.twins, placed.groups, strict=True)
        if twin >= 0
    ]
    num, num_groups = len(records), len(set(placed.groups))
    tenth = max(1, len(placed.place_s) // 10)
    ms_each = 1e3 / BATCH
    searches = _time_searches(records, seed=seed)
    return {
        "machine": {**describe_machine(), "load_1_min_before": load},
        "versions": dict(library_versions()),
        "run": {
            "pictures": num,
            "groups": num_groups,
            "clusters": len(set(placed.clusters)),
            "seed": seed,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - start),
        },
        "clusters": {
            "precision": scores.precision,
            "recall": scores.recall,
            "true_pairs": scores.true,
        },
        "twins": {
            "found_of_repeats": len(is_right) / max(1, num - num_groups),
            "wrong": is_right.count(False),
        },
        "times": {
            "place_s": sum(placed.place_s),
            "place_ms_first_tenth": ms_each * float(np.median(placed.place_s[:tenth])),
            "place_ms_last_tenth": ms_each * float(np.median(placed.place_s[-tenth:])),
            "twin_ms_last_tenth": ms_each * float(np.median(placed.twin_s[-tenth:])),
            **searches,
            "times_as_fast_as_all_embeddings": searches["all_embeddings_ms"]
            / searches["search_ms"],
        },
    }


def _tell_placed(done: int, total: int) -> None:
    print(f"Placed {done:,} of {total:,} pictures", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmark_clusters",
        description="Measure how well, and how fast, pictures are put into clusters.",
    )
    for name, default, what in (
        ("pictures", 100_000, "how many to draw"),
        ("seed", 7, "decides what is drawn"),
        ("workers", 2, "processes that draw"),
    ):
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            metavar="N",
            help=f"{what} (default: %(default)s)",
        )
    parser.add_argument(
        "--looks",
        type=Path,
        metavar="FILE",
        help="keep what was worked out of the pictures here, as .npy, or take it from "
        "here if the file is there",
    )
    parser.add_argument("--out", type=Path, help="write all figures here, as JSON")
    options = parser.parse_args(arguments)
    if min(options.pictures, options.workers) < 1:
        parser.error("--pictures and --workers: expected at least 1")
    if options.looks is not None and options.looks.exists():
        records: Records = np.load(options.looks, mmap_mode="r")[: options.pictures]
    else:
        records = make_looks(
            options.pictures, seed=options.seed, workers=options.workers
        )
        if options.looks is not None:
            np.save(options.looks, records)
    with tempfile.TemporaryDirectory(prefix="detector-clusters-") as folder:
        figures = run_benchmark(records, Path(folder), seed=options.seed)
    for title, facts in figures.items():
        print(f"{title}: " + " · ".join(f"{k} {_shown(v)}" for k, v in facts.items()))
    if options.out is not None:
        text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
        options.out.write_text(text, encoding="utf-8")
    return 0


def _shown(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())

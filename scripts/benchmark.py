"""Measure how fast pictures are scanned, part by part, beside what others would take.

    python -m scripts.benchmark [--quick] [--parts NAME,...] [--peers PYTHON]
        [--out FILE] [--docs CHECKOUT]
    python -m scripts.benchmark --from FILE --docs CHECKOUT

Draws a catalogue and listing photos of one megapixel, imports the catalogue into a
temporary data directory, and measures one part after the other: the steps of a scan,
whole scans on the path of `detector scan --no-save` in that catalogue and in one made
larger by synthetic references, the service, memory, other packages. Nothing is written
into the checkout but by `--docs`.

Times are taken one picture at a time. The process is bound to no core, and libraries
run with the threads that they have in production.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from detector.errors import DetectorError
from detector.settings import load_settings
from models.errors import ModelError
from scripts.benchmarks.bench import Bench, set_up
from scripts.benchmarks.index_part import measure_index
from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min
from scripts.benchmarks.part import Part
from scripts.benchmarks.peers import measure_peers
from scripts.benchmarks.plan import DEFAULT, QUICK, Plan
from scripts.benchmarks.report import as_text
from scripts.benchmarks.rows import PartRow, Run
from scripts.benchmarks.scan_part import measure_scan
from scripts.benchmarks.service_part import measure_http, measure_memory
from scripts.benchmarks.step_parts import (
    measure_decode,
    measure_embed,
    measure_import,
    measure_search,
    measure_verify,
)
from scripts.benchmarks.worker_part import measure_workers
from scripts.benchmarks.written import write_docs

PEERS, INDEX, WORKERS, GPU = "peers", "index", "workers", "GPU"


def _measure_gpu(bench: Bench) -> Part:
    # It needs torch, whose import alone takes seconds.
    from scripts.benchmarks.gpu import measure_gpu

    return measure_gpu(bench)


PARTS: Mapping[str, Callable[[Bench], Part]] = {
    "scan": measure_scan,
    "decode": measure_decode,
    "embed": measure_embed,
    "search": measure_search,
    "verify": measure_verify,
    INDEX: measure_index,
    "import": measure_import,
    WORKERS: measure_workers,
    "HTTP": measure_http,
    "memory": measure_memory,
    GPU: _measure_gpu,
}
"""In the order in which they are measured; `peers` comes after the first."""


def run_benchmark(
    plan: Plan, folder: Path, *, parts: Sequence[str], peers: Path | None = None
) -> Run:
    """Measure in an empty folder.

    A part that fails is a note in the report, and does not keep others from being
    measured.

    Args:
        plan: how much.
        folder: to work in.
        parts: names of those to be measured.
        peers: Python of the environment that other packages are installed in.

    Raises:
        DetectorError: a setting, or the folder, cannot be used.
        ModelError: a model cannot be loaded.
    """
    start, load = time.monotonic(), load_1_min()
    settings = load_settings()
    rows = []
    with set_up(plan, folder, settings, _tell) as bench:
        for name, measure in _in_order(peers):
            if name in parts:
                rows.append(_measure(name, measure, bench))
        references, larger = len(bench.index), bench.num_crowd
    return {
        "machine": {
            **describe_machine(),
            "load_1_min_before": load,
            "load_1_min_after": load_1_min(),
        },
        "versions": dict(library_versions()),
        "settings": {
            "model": settings.model,
            "semantic_model": settings.semantic_model or "none",
            "voting": settings.voting,
            "threads": settings.num_threads,
        },
        "run": {
            **asdict(plan),
            "references": references,
            "larger_catalogue": larger,
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "took_s": round(time.monotonic() - start),
        },
        "parts": rows,
    }


def _in_order(peers: Path | None) -> list[tuple[str, Callable[[Bench], Part]]]:
    measure = (
        _leave_out_peers if peers is None else partial(measure_peers, python=peers)
    )
    first, *others = PARTS.items()
    return [first, (PEERS, measure), *others]


def _leave_out_peers(_: Bench) -> Part:
    return Part(PEERS, notes=["Not measured: `make benchmark` without QUICK=1 does."])


def _measure(name: str, measure: Callable[[Bench], Part], bench: Bench) -> PartRow:
    _tell(f"Measuring: {name}")
    start = time.monotonic()
    try:
        part = measure(bench)
    except (
        DetectorError,
        ModelError,
        OSError,
        RuntimeError,
        subprocess.SubprocessError,
    ) as error:
        part = Part(name, notes=[f"Not measured: {error}"])
        _tell(f"{name}: {error}")
    return part.as_row(took_s=time.monotonic() - start)


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _part_names(text: str) -> list[str]:
    names = [*PARTS, PEERS]
    chosen = text.split(",")
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no part is called {unknown[0]!r}; there are {', '.join(names)}"
        )
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmark",
        description="Measure how many pictures a second are scanned, part by part.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer pictures: some minutes instead of most of an hour",
    )
    for name, what in (
        ("references", "pictures in the catalogue"),
        ("copies", "edited copies of them to scan"),
        ("innocent", "other pictures to scan"),
        ("crowd", "times as many references in the larger catalogue"),
        ("requests", "pictures sent to the service"),
    ):
        usual = f"{getattr(DEFAULT, name)}, quick {getattr(QUICK, name)}"
        parser.add_argument(
            f"--{name}",
            type=_at_least_one,
            metavar="N",
            help=f"{what} (default: {usual})",
        )
    parser.add_argument(
        "--seed",
        type=int,
        default=DEFAULT.seed,
        help="decides what is drawn (default: %(default)s)",
    )
    parser.add_argument(
        "--parts",
        type=_part_names,
        default=[*PARTS, PEERS],
        metavar="NAME,...",
        help=f"of {', '.join([*PARTS, PEERS])} (default: all)",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="PYTHON",
        help="also time what one would use instead, with the Python of an environment "
        "that has it (default: none; `make benchmark` makes one)",
    )
    parser.add_argument("--out", type=Path, help="write all figures here, as JSON")
    parser.add_argument(
        "--docs",
        type=Path,
        metavar="CHECKOUT",
        help="write the figures into docs/ and README.md of this checkout, with plots",
    )
    parser.add_argument(
        "--from",
        type=Path,
        dest="source",
        metavar="FILE",
        help="measure nothing; take what an earlier run wrote with --out",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    base = QUICK if options.quick else DEFAULT
    plan = replace(
        base,
        references=options.references or base.references,
        copies=options.copies or base.copies,
        innocent=options.innocent or base.innocent,
        crowd=options.crowd or base.crowd,
        requests=options.requests or base.requests,
        seed=options.seed,
    )
    try:
        if options.source is not None:
            run: Run = json.loads(options.source.read_text(encoding="utf-8"))
        else:
            with tempfile.TemporaryDirectory(prefix="detector-benchmark-") as folder:
                run = run_benchmark(
                    plan, Path(folder), parts=options.parts, peers=options.peers
                )
        print(as_text(run))
        if options.out is not None:
            text = json.dumps(run, indent=2, ensure_ascii=False)
            options.out.write_text(text + "\n", encoding="utf-8")
        if options.docs is not None:
            write_docs(run, options.docs)
    except (DetectorError, ModelError, OSError, ValueError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure how fast pictures are scanned, and which step takes how much of it.

    python -m scripts.benchmark [--quick] [--out FILE]

Draws a catalogue and listing photos of one megapixel, imports the catalogue into a
temporary data directory, and times each step by itself, then whole scans on the path
of `detector scan --no-save`: of edited copies, of innocent pictures, and of one copy
among ten, in one thread and in one per core; then with points voting and with the
embedding as the only gate, here and in a catalogue made larger by synthetic references.
With `--peers`, what one would use instead is timed on the same pictures.

Times are taken one picture at a time. The process is bound to no core, and libraries
run with the threads that they have in production. The shares of a scan are taken in
one pass: see `StepSampler`.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from detector.catalogue.features import Extractor
from detector.catalogue.folder_import import import_folder
from detector.catalogue.search_index import SearchIndex
from detector.cli.engine import load_extractor
from detector.cli.scanner import open_scanner
from detector.errors import DetectorError
from detector.settings import load_settings
from detector.store.store import Store, open_store
from models.errors import ModelError
from scripts.benchmarks import peers
from scripts.benchmarks.gate import Gate, GateSize
from scripts.benchmarks.loading import time_loading
from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min
from scripts.benchmarks.parts import Parts
from scripts.benchmarks.pictures import Pictures, draw_pictures
from scripts.benchmarks.report import Ratio, Report
from scripts.benchmarks.scans import LIMIT, WholeScan, scan_whole
from scripts.benchmarks.timing import Timing


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        references: pictures in the catalogue.
        copies: edited copies of them to scan.
        innocent: other pictures to scan.
        crowd: how many times as many references the larger catalogue has.
        crowd_queries: copies, and as many innocent pictures, to scan in it.
        seed: of everything that is drawn.
        peer: open_clip model to compare the embedder with; None leaves out everything
            that one would use instead.
    """

    references: int
    copies: int
    innocent: int
    crowd: int
    crowd_queries: int
    seed: int = 7
    peer: str | None = None


DEFAULT = Plan(1000, 42, 54, crowd=100, crowd_queries=14, peer="ViT-B-32")
QUICK = Plan(200, 14, 9, crowd=25, crowd_queries=9)


def run_benchmark(plan: Plan, folder: Path) -> Report:
    """Measure everything in an empty folder.

    Raises:
        DetectorError: a setting, or the folder, cannot be used.
        ModelError: a model cannot be loaded.
    """
    start, load = time.monotonic(), load_1_min()
    settings = load_settings()
    threads = settings.num_threads
    extractor = load_extractor(settings)
    _tell(f"Drawing {plan.references:,} references, and queries")
    pictures = draw_pictures(
        folder / "pictures",
        num_references=plan.references,
        num_copies=plan.copies,
        num_innocent=plan.innocent,
        seed=plan.seed,
        workers=threads,
    )
    with closing(open_store(folder / "data")) as store:
        _tell("Importing the references")
        timings = [_import(store, extractor, pictures.references, threads)]
        index = SearchIndex(store, extractor, threads=threads, on_note=_tell)
        index.refresh()
        index.save()
        _tell("Timing the steps of a scan")
        mixed, copies, innocent = (
            Parts(store, extractor, index, files)
            for files in (pictures.mixed, pictures.copies, pictures.innocent)
        )
        decode, embed = [*mixed.decode()], [*mixed.embed()]
        search = [*mixed.search()]
        timings += [*decode, *mixed.describe(), *embed, *search]
        timings.append(time_loading(settings.model))
        timings += [*copies.verify("a copy"), *innocent.verify("an innocent picture")]
        scans = list(_scan(store, extractor, pictures, threads))
        gate = _measure_gate(store, extractor, index, pictures, plan, folder / "crowd")
        ratios: list[Ratio] = []
        if plan.peer is not None:
            _tell("Timing what one would use instead")
            clip = peers.embed_with_clip(
                mixed.images, folder, model=plan.peer, seed=plan.seed
            )
            hashes = peers.hash_with_pdq(mixed.files, mixed.images)
            if not hashes:
                _tell("PDQ is left out: to time it, `pip install pdqhash`.")
            pairs = [
                (decode[0], peers.decode_fully(mixed.files)),
                *((embed[0], other) for other in (clip, *hashes)),
                *zip(search, peers.search(mixed), strict=True),
            ]
            ratios = [Ratio(ours, other) for ours, other in pairs]
            timings += [other for _, other in pairs]
    files = [*pictures.references.iterdir(), *pictures.mixed]
    sizes = [path.stat().st_size for path in files]
    return Report(
        conditions={
            "machine": {
                **describe_machine(),
                "load_1_min_before": load,
                "load_1_min_after": load_1_min(),
            },
            "versions": library_versions(),
            "settings": {
                "model": settings.model,
                "semantic_model": settings.semantic_model or "none",
                "threads": threads,
            },
            "run": {
                **{name: value or "none" for name, value in asdict(plan).items()},
                "mean_kb": round(sum(sizes) / len(sizes) / 1e3),
                "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "took_s": round(time.monotonic() - start),
            },
        },
        timings=timings,
        scans=scans,
        ratios=ratios,
        gate=gate,
    )


def _import(store: Store, extractor: Extractor, folder: Path, threads: int) -> Timing:
    cpu_start, start = time.process_time(), time.perf_counter()
    report = import_folder(
        store, folder, brand="Benchmark", extractor=extractor, threads=threads
    )
    wall_s = time.perf_counter() - start
    cpu_s = time.process_time() - cpu_start
    name = f"references, {threads} threads"
    return Timing("import", name, "picture", len(report.added), wall_s, cpu_s)


def _scan(
    store: Store, extractor: Extractor, pictures: Pictures, threads: int
) -> Iterator[WholeScan]:
    """Scan each set of pictures in one thread, then in all; the mixed one first."""
    for each in dict.fromkeys((1, threads)):
        _tell(f"Scanning, threads: {each}")
        for name, files in (
            ("one copy in ten", pictures.mixed),
            ("copies", pictures.copies),
            ("innocent", pictures.innocent),
        ):
            scanner, _ = open_scanner(store, extractor, threads=each, limit=LIMIT)
            yield scan_whole(scanner, name, files, spare=pictures.spare, threads=each)


def _measure_gate(
    store: Store,
    extractor: Extractor,
    index: SearchIndex,
    pictures: Pictures,
    plan: Plan,
    folder: Path,
) -> list[GateSize]:
    """Compare both gates at two sizes; there is nothing to compare without votes."""
    if index.local is None:
        return []
    gate = Gate(store, extractor, index, index.local, pictures)
    _tell(f"Comparing the gates among {len(index):,} references")
    sizes = [gate.measure(min(plan.copies, plan.innocent))]
    _tell(f"Comparing the gates among {plan.crowd * len(index):,} references")
    num = min(plan.copies, plan.innocent, plan.crowd_queries)
    sizes.append(gate.measure_crowd(folder, plan.crowd, num, seed=plan.seed))
    return sizes


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmark",
        description="Measure how many pictures a second are scanned, step by step.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer pictures and no peers: two minutes instead of ten",
    )
    for name, what in (
        ("references", "pictures in the catalogue"),
        ("copies", "edited copies of them to scan"),
        ("innocent", "other pictures to scan"),
        ("crowd", "times as many references in the larger catalogue"),
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
        "--peers",
        action=argparse.BooleanOptionalAction,
        help="also time what one would use instead (default: unless --quick)",
    )
    parser.add_argument("--out", type=Path, help="write all figures here, as JSON")
    options = parser.parse_args(arguments)
    base = QUICK if options.quick else DEFAULT
    has_peers = base.peer is not None if options.peers is None else options.peers
    plan = replace(
        base,
        references=options.references or base.references,
        copies=options.copies or base.copies,
        innocent=options.innocent or base.innocent,
        crowd=options.crowd or base.crowd,
        seed=options.seed,
        peer=DEFAULT.peer if has_peers else None,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="detector-benchmark-") as folder:
            report = run_benchmark(plan, Path(folder))
        print(report.as_text())
        if options.out is not None:
            text = json.dumps(report.as_json(), indent=2, ensure_ascii=False)
            options.out.write_text(text + "\n", encoding="utf-8")
    except (DetectorError, ModelError, OSError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

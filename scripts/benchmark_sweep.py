"""Measure how long new references are held against stored pictures, and who notices.

    python -m scripts.benchmark_sweep [--database URL] [--quick] [--out FILE]

Fills an empty database with synthetic pictures (a listing for each) and then with new
references, of which some pictures show a copy in one region. A worker sweeps them as
the service does, once by itself and once beside threads that extract features of
pictures, which is what scans are busy with. The same search is done for a sample of the
pictures one by one.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from detector.catalogue.changes import last_change
from detector.catalogue.features import Extractor
from detector.errors import DetectorError
from detector.images import ImageLimits
from detector.listings.intake.scan_queue import SCAN_KIND
from detector.listings.pictures.look import unpack_vectors
from detector.listings.sweeps.sweep import read_references
from detector.listings.sweeps.sweep_job import SweepJob
from detector.listings.sweeps.sweep_list import KIND, OPEN_STATES, add_sweep
from detector.matching.threads import use_one_thread_a_call
from detector.store.database import Database
from detector.store.job_list import list_jobs
from detector.store.listing_tables import PictureRow, SweepRow
from detector.store.worker import Worker
from index.faiss_index import FaissIndex
from models.embedder import Embedder
from models.errors import ModelError
from models.registry import load_embedder
from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min
from scripts.benchmarks.stored_pictures import fill

MAX_LOOKS = 1_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to measure.

    Attributes:
        pictures: stored ones.
        references: new ones.
        planted: pictures that show a copy of a reference.
        alone_s: seconds that the others are timed before the sweep, and after it.
        seed: of everything that is drawn.
    """

    pictures: int = 100_000
    references: int = 1_000
    planted: int = 200
    alone_s: int = 15
    seed: int = 7


QUICK = Plan(5_000, 200, 20, alone_s=5)


@dataclass(slots=True)
class Figures:
    """What a sweep took.

    Attributes:
        wall_s: from asking for it until its end.
        cpu_s: of this process meanwhile.
        grown_mb: most memory of this process during it, above that before.
        found_planted: planted copies that are looked at again.
        num_found: pictures above the gate.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    grown_mb: float = 0.0
    found_planted: int = 0
    num_found: int = 0


@dataclass(slots=True)
class Busy:
    """Threads that extract features of a picture, again and again."""

    extractor: Extractor
    data: bytes
    num_done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def working(self, threads: int) -> Iterator[None]:
        """Work meanwhile."""
        stopping = threading.Event()
        workers = [
            threading.Thread(target=self._work, args=(stopping,))
            for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            stopping.set()
            for worker in workers:
                worker.join()

    def _work(self, stopping: threading.Event) -> None:
        while not stopping.is_set():
            self.extractor.extract(self.data)
            with self._lock:
                self.num_done += 1


def sweep(database: Database, embedder: Embedder, planted: frozenset[str]) -> Figures:
    """Ask for a sweep, and wait until a worker has done it."""
    earlier = _looks(database).keys()
    memory, figures = _memory_mb(), Figures()
    worker = Worker(
        database,
        {KIND: SweepJob(database, embedder).run},
        lease_s=30,
        threads=1,
        on_note=_tell,
    )
    start, cpu_start = time.perf_counter(), time.process_time()
    with database.write() as session:
        sweep_id = add_sweep(
            session,
            from_seq=0,
            to_seq=last_change(session),
            brand_id=None,
            days=30,
            max_looks=MAX_LOOKS,
            created_by=None,
        ).id
    worker.start()
    while True:
        time.sleep(0.1)
        figures.grown_mb = max(figures.grown_mb, _memory_mb() - memory)
        with database.read() as session:
            row = session.get_one(SweepRow, sweep_id)
        if row.state not in OPEN_STATES:
            break
    figures.wall_s = time.perf_counter() - start
    figures.cpu_s = time.process_time() - cpu_start
    worker.stop(10)
    figures.num_found = row.num_found
    looks = _looks(database)
    again = [looks[id] for id in looks.keys() - earlier]
    figures.found_planted = len(planted & set[str]().union(*again))
    return figures


def search_one_by_one(
    database: Database, embedder: Embedder, sample: Sequence[str]
) -> float:
    """Search an index of the references for each picture; seconds a picture."""
    index = FaissIndex(embedder.dim)
    with database.read() as session:
        found = read_references(
            session,
            embedder,
            from_seq=0,
            to_seq=last_change(session),
            brand_id=None,
        )
    index.add([str(n) for n in range(len(found))], found.vectors)
    start = time.perf_counter()
    for digest in sample:
        with database.read() as session:
            packed = session.get_one(PictureRow, digest).vectors
        vectors, offsets = unpack_vectors(packed or b"")
        hits = index.search(vectors, 1)
        max(h[0].score - float(o) for h, o in zip(hits, offsets, strict=True))
    return (time.perf_counter() - start) / len(sample)


def run_benchmark(plan: Plan, database: Database) -> dict[str, object]:
    """Measure everything in an empty database."""
    use_one_thread_a_call()
    load = load_1_min()
    embedder = load_embedder("compact", device="cpu", threads=1)
    start = time.perf_counter()
    filled = fill(
        database,
        embedder,
        num_pictures=plan.pictures,
        num_references=plan.references,
        num_planted=plan.planted,
        seed=plan.seed,
        tell=_tell,
    )
    _tell(f"Filled in {time.perf_counter() - start:.0f} s; sweeping")
    alone = sweep(database, embedder, filled.planted)
    _tell(f"{alone}; searching a sample one by one")
    each_s = search_one_by_one(database, embedder, filled.sample)
    _tell("Sweeping beside others")
    threads = os.cpu_count() or 1
    extractor = Extractor({"copy": embedder}, ImageLimits())
    busy = Busy(extractor, _draw_picture(plan.seed))
    with busy.working(threads):
        before = _pace(busy, plan.alone_s)
        num_done = busy.num_done
        beside = sweep(database, embedder, filled.planted)
        during = (busy.num_done - num_done) / beside.wall_s
        after = _pace(busy, plan.alone_s)
    usual = (before + after) / 2
    return {
        "machine": describe_machine(),
        "versions": library_versions(),
        "load_1_min": [load, load_1_min()],
        "database": "SQLite" if database.is_sqlite else "PostgreSQL",
        "plan": asdict(plan),
        "vectors_mb": round(filled.num_bytes / 1e6),
        "sweep": asdict(alone),
        "one_by_one_s": each_s * plan.pictures,
        "times_as_fast": each_s * plan.pictures / alone.wall_s,
        "beside_others": asdict(beside),
        "others": {
            "threads": threads,
            "per_s_without": [before, after],
            "per_s_during": during,
            "slowdown": 1 - during / usual,
        },
    }


def _pace(busy: Busy, seconds: float) -> float:
    num_done, start = busy.num_done, time.perf_counter()
    time.sleep(seconds)
    return (busy.num_done - num_done) / (time.perf_counter() - start)


def _looks(database: Database) -> dict[str, set[str]]:
    """List the pictures that are to be looked at again, by job."""
    found: dict[str, set[str]] = {}
    cursor = None
    with database.read() as session:
        while True:
            rows, cursor = list_jobs(session, limit=500, cursor=cursor, kind=SCAN_KIND)
            for row in rows:
                again = row.payload["again"]
                found[row.id] = set(again) if isinstance(again, list) else set()
            if cursor is None:
                return found


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _draw_picture(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 256, (60, 60, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(small).resize((1000, 1000), Image.Resampling.BICUBIC).save(
        file, "JPEG", quality=90
    )
    return file.getvalue()


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.benchmark_sweep",
        description="Measure how long new references are held against pictures.",
    )
    parser.add_argument(
        "--database", help="URL of an empty PostgreSQL (default: SQLite in a new file)"
    )
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK}")
    for name, usual in asdict(Plan()).items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=int, metavar="N", help=f"(default: {usual})")
    parser.add_argument("--out", type=Path, help="write the figures here, too")
    options = parser.parse_args(arguments)
    plan = QUICK if options.quick else Plan()
    given = {name: getattr(options, name) for name in asdict(plan)}
    plan = replace(plan, **{n: v for n, v in given.items() if v is not None})
    try:
        with tempfile.TemporaryDirectory(prefix="detector-sweep-") as folder:
            place = options.database or Path(folder) / "a.db"
            with closing(Database(place)) as database:
                report = run_benchmark(plan, database)
    except (DetectorError, ModelError, OSError) as error:
        print(f"benchmark_sweep: {error}", file=sys.stderr)
        return 1
    text = json.dumps(report, indent=2, ensure_ascii=False)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

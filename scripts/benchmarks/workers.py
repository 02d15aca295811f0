"""How fast several processes of `detector worker` scan listings on one PostgreSQL.

    python -m scripts.benchmarks.workers --quick

Listings with one picture each wait, all pictures different; then processes are let
loose on them. Whether two of them did the same picture is looked up at the end.
"""

import argparse
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import psycopg
from PIL import Image

from detector.catalogue.folder_import import import_folder
from detector.cli.engine import load_extractor
from detector.listings.intake.event import EventKind, GivenImage, ListingEvent
from detector.listings.intake.take import take_events
from detector.settings import load_settings
from detector.store.store import Store, open_store
from detector.store.table import utc_now
from scripts.benchmarks.machine import (
    cpu_s,
    describe_machine,
    library_versions,
    load_1_min,
)
from scripts.benchmarks.pictures import draw_pictures
from scripts.benchmarks.postgres import temporary_postgres

VOTING = "off"
"""As in a catalogue of more than 10,000 references: the less a picture takes, the more
the processes have to do with each other."""
BATCH = 32
"""Listings that a process claims at once: two threads, 16 each."""
WARM_UP = 4
"""Pictures that all of them have looked at before."""
POLL_S = 0.05
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Crew:
    """Processes that work side by side.

    Attributes:
        processes: how many.
        threads: of each that look at pictures.
    """

    processes: int
    threads: int

    def __str__(self) -> str:
        each = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.processes} of {each}"


@dataclass(frozen=True, slots=True)
class CrewTiming:
    """How fast a crew was.

    Attributes:
        crew: who.
        pictures: that were scanned, each once.
        wall_s: from when they came to when the last was scanned.
        cpu_s: of the processes meanwhile; PostgreSQL's own is not in it.
    """

    crew: Crew
    pictures: int
    wall_s: float
    cpu_s: float

    @property
    def per_second(self) -> float:
        """Pictures a second."""
        return self.pictures / self.wall_s

    @property
    def cpu_ms(self) -> float:
        """CPU time for a picture."""
        return 1e3 * self.cpu_s / self.pictures


FULL = (Crew(1, 1), Crew(2, 1), Crew(4, 1), Crew(1, 2), Crew(2, 2), Crew(4, 2))
QUICK = (Crew(1, 1), Crew(2, 1), Crew(4, 1))


def measure_crews(
    folder: Path,
    references: Sequence[Path],
    originals: Sequence[bytes],
    *,
    crews: Sequence[Crew],
    pictures: int,
    side_px: int,
    seed: int = 7,
) -> list[CrewTiming]:
    """Let each crew scan as many new pictures.

    Args:
        folder: to work in; `data` and `few` in it must not be there.
        references: a brand's pictures; a few will do.
        originals: pictures that those of the listings are cut from.
        crews: who.
        pictures: that each crew scans.
        side_px: most that they have on a side.
        seed: of how they are cut.

    Raises:
        RuntimeError: a process ended, or a picture was scanned twice or not at all.
    """
    settings = load_settings().model_copy(update={"voting": VOTING})
    few = folder / "few"
    few.mkdir()
    for path in references:
        shutil.copy(path, few)
    with ExitStack() as stack:
        url = stack.enter_context(temporary_postgres())
        store = stack.enter_context(closing(open_store(folder / "data", url)))
        extractor = load_extractor(settings)
        threads = settings.num_threads
        import_folder(store, few, brand="Acme", extractor=extractor, threads=threads)
        cut = cut_parts(originals, side_px, np.random.default_rng([seed, 3]))
        return [
            _measure(store, url, crew, list(itertools.islice(cut, WARM_UP + pictures)))
            for crew in crews
        ]


def _measure(
    store: Store, url: str, crew: Crew, pictures: Sequence[bytes]
) -> CrewTiming:
    with ExitStack() as stack:
        workers = [
            stack.enter_context(_worker(store.folder, url, crew.threads))
            for _ in range(crew.processes)
        ]
        # So many that every thread gets some: each process opens its engine.
        first = [*pictures[:WARM_UP]] * (crew.processes * BATCH // WARM_UP)
        _offer(store, f"{crew}, first", first)
        _wait(url, workers)
        used_s, start = sum(cpu_s(worker.pid) for worker in workers), time.time()
        _offer(store, str(crew), pictures[WARM_UP:])
        _wait(url, workers)
        used_s = sum(cpu_s(worker.pid) for worker in workers) - used_s
    wanted = sorted(sha256(data).hexdigest() for data in pictures[WARM_UP:])
    with psycopg.connect(url) as connection:
        ((end,),) = connection.execute("SELECT max(scanned_at) FROM listing").fetchall()
        query = "SELECT sha256 FROM scan_image WHERE sha256 = ANY(%s)"
        scanned = sorted(row[0] for row in connection.execute(query, [wanted]))
    if scanned != wanted:
        raise RuntimeError(f"{len(wanted)} pictures, but {len(scanned)} were scanned")
    return CrewTiming(crew, len(wanted), end.timestamp() - start, used_s)


@contextmanager
def _worker(data: Path, url: str, threads: int) -> Iterator[subprocess.Popen[str]]:
    """Run a worker, from when it is ready, until the block ends."""
    settings = (
        f"DETECTOR_DATA_DIR={data}",
        f"DETECTOR_DATABASE_URL={url}",
        f"DETECTOR_VOTING={VOTING}",
    )
    options = ("worker", "--kinds", "scans", "--threads", str(threads))
    process = subprocess.Popen(
        ["env", *settings, sys.executable, "-m", "detector.cli", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        if not re.match("Working on", line):
            raise RuntimeError(f"a worker did not start: {line}")
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def _offer(store: Store, name: str, pictures: Sequence[bytes]) -> None:
    """List pictures, each by itself, all at once."""
    now = utc_now()
    events = [
        ListingEvent(
            marketplace="benchmark",
            listing_id=f"{name}, {number}",
            version=1,
            event_id=None,
            type=EventKind.CREATED,
            occurred_at=now,
            seller_id=None,
            details={},
            images=(GivenImage(0, data=data),),
        )
        for number, data in enumerate(pictures)
    ]
    take_events(store, events, max_queued=len(events))


def _wait(url: str, workers: Sequence[subprocess.Popen[str]]) -> None:
    """Wait until nothing is left to be scanned."""
    query = "SELECT EXISTS (SELECT FROM listing WHERE state = 'queued')"
    deadline = time.monotonic() + PATIENCE_S
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(query).fetchall() != [(False,)]:
            if any(worker.poll() is not None for worker in workers):
                raise RuntimeError("a worker has ended")
            if time.monotonic() > deadline:
                raise RuntimeError(f"not all was scanned within {PATIENCE_S:.0f} s")
            time.sleep(POLL_S)


def cut_parts(
    originals: Sequence[bytes], side_px: int, rng: np.random.Generator
) -> Iterator[bytes]:
    """Cut any number of different pictures from some."""
    while True:
        with Image.open(
            io.BytesIO(originals[int(rng.integers(len(originals)))])
        ) as image:
            w, h = (int(side * rng.uniform(0.5, 0.9)) for side in image.size)
            x = int(rng.integers(image.width - w + 1))
            y = int(rng.integers(image.height - h + 1))
            part = image.convert("RGB").crop((x, y, x + w, y + h))
        part.thumbnail((side_px, side_px))
        file = io.BytesIO()
        part.save(file, "JPEG", quality=90)
        yield file.getvalue()


def table(timings: Sequence[CrewTiming]) -> str:
    """Show crews as a table in Markdown, the ratio to the first one with it."""
    lines = ["| processes | threads of each | pictures/s | to one | CPU ms a picture |"]
    lines.append("| --- | --- | --- | --- | --- |")
    alone = {t.crew.threads: t for t in timings if t.crew.processes == 1}
    for each in timings:
        ratio = each.per_second / alone[each.crew.threads].per_second
        lines.append(
            f"| {each.crew.processes} | {each.crew.threads} | {each.per_second:.2f} "
            f"| {ratio:.2f} | {each.cpu_ms:.0f} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small, for half a minute")
    parser.add_argument("--out", type=Path, help="file for the figures, as JSON")
    options = parser.parse_args()
    num_references, num_pictures, side_px, crews = (
        (20, 192, 160, QUICK) if options.quick else (200, 320, 1200, FULL)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        drawn = draw_pictures(
            folder / "pictures",
            num_references=num_references,
            num_copies=4,
            num_innocent=12,
            seed=7,
            workers=os.cpu_count() or 1,
        )
        originals = [path.read_bytes() for path in drawn.mixed]
        load = load_1_min()
        timings = measure_crews(
            folder,
            sorted(drawn.references.iterdir()),
            originals,
            crews=crews,
            pictures=num_pictures,
            side_px=side_px,
        )
    print(table(timings))
    if options.out is not None:
        figures = {
            "machine": describe_machine() | {"load_1_min": load},
            "versions": dict(library_versions()),
            "crews": [
                asdict(t) | {"per_second": t.per_second, "cpu_ms": t.cpu_ms}
                for t in timings
            ],
        }
        options.out.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

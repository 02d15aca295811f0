"""Load the service with listings, against a scan of the same pictures.

    python -m scripts.load_listings --data demo/data --listings demo/listings

Starts `detector serve` on copies of the data directory and measures, on the same
pictures, in turns: the pictures a second of `detector scan --no-save`, from its first
line to its last, and of an ingest: each picture posted once as a listing of its own,
from the first listing that is scanned to the last, while somebody reads listings, flags
and events. Then the same bytes come again in other listings, and then recompressed.
`--soak N` sends N pictures instead, most of them repeats, and watches the service's
memory.
"""

import argparse
import io
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from scripts.benchmarks.machine import describe_machine, library_versions, load_1_min
from scripts.benchmarks.market import BATCH, MOST_WAITING, READS_PER_S, Market, Reader
from scripts.load_service import SMALL_PX, scan_rate, serving, small_copies

MARKETPLACE = "load"
QUALITY = 82
"""Of pictures that are recompressed."""
NEW, RECOMPRESSED = 0.04, 0.12
"""Shares of a soak's pictures; the others are the same bytes again."""
PER_LISTING = 10
"""Pictures of a listing in a soak."""


def recompressed(pictures: Sequence[bytes]) -> list[bytes]:
    """Save pictures again, as an upload to another site does."""
    again = []
    for data in pictures:
        with Image.open(io.BytesIO(data)) as image:
            file = io.BytesIO()
            image.convert("RGB").save(file, "JPEG", quality=QUALITY)
            again.append(file.getvalue())
    return again


def stream(originals: Sequence[bytes], num: int) -> Iterator[bytes]:
    """Make pictures as a marketplace gets them: a few are new, most were seen.

    New ones are parts of the originals, so that any number can be had.
    """
    rng = np.random.default_rng(0)
    seen: list[bytes] = []
    for _ in range(num):
        kind = rng.random()
        if not seen or kind < NEW:
            data = _part(originals[int(rng.integers(len(originals)))], rng)
            seen.append(data)
        elif kind < NEW + RECOMPRESSED:
            (data,) = recompressed([seen[int(rng.integers(len(seen)))]])
        else:
            data = seen[int(rng.integers(len(seen)))]
        yield data


def _part(original: bytes, rng: np.random.Generator) -> bytes:
    with Image.open(io.BytesIO(original)) as image:
        width, height = image.size
        w, h = (int(side * rng.uniform(0.5, 0.9)) for side in (width, height))
        x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        part = image.convert("RGB").crop((x, y, x + w, y + h))
    file = io.BytesIO()
    part.resize((SMALL_PX, SMALL_PX)).save(file, "JPEG", quality=90)
    return file.getvalue()


def soak(market: Market, originals: Sequence[bytes], num: int) -> dict[str, object]:
    """Send many pictures; read the memory after each hundredth part of them."""
    pictures = stream(originals, num)
    memory: list[float] = []
    ids: list[str] = []
    num_listings = -(-num // PER_LISTING)
    started_at = time.perf_counter()
    for start in range(0, num_listings, BATCH):
        if len(ids) >= MOST_WAITING:
            market.wait_for(ids[len(ids) - MOST_WAITING])
        listings = {
            f"soak-{n}": list(itertools.islice(pictures, PER_LISTING))
            for n in range(start, min(start + BATCH, num_listings))
        }
        ids += market.send(listings)
        if len(ids) * 100 >= len(memory) * num_listings:
            memory.append(market.server.memory_mb())
    market.wait_for(ids[-1])
    memory.append(market.server.memory_mb())
    fifth = len(memory) // 5
    return {
        "pictures": num,
        "new": NEW,
        "recompressed": RECOMPRESSED,
        "per_second": round(num / (time.perf_counter() - started_at), 1),
        "memory_mb": [round(each) for each in memory],
        "memory_mb_second_fifth": round(float(np.median(memory[fifth : 2 * fifth]))),
        "memory_mb_last_fifth": round(float(np.median(memory[-fifth:]))),
    }


def compare(data: Path, files: Sequence[Path], rounds: int) -> dict[str, object]:
    """Measure scan and ingest in turns, each ingest on a store of its own."""
    pictures = [file.read_bytes() for file in files]
    scans, ingests, same, again = [], [], [], []
    scan_cpu_s, ingest_cpu_s = [], []
    latencies: list[float] = []
    for number in range(rounds):
        cpu_s = children_cpu_s()
        scans.append(scan_rate(data, files))
        scan_cpu_s.append(children_cpu_s() - cpu_s)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "data"
            shutil.copytree(data, copy)
            with serving(copy, marketplace=MARKETPLACE) as server:
                market = Market(server)
                reader = Reader(market)
                cpu_s = server.cpu_s()
                with reader.reading():
                    ingests.append(market.ingest(pictures, "first"))
                ingest_cpu_s.append(server.cpu_s() - cpu_s)
                latencies += reader.latencies_s
                same.append(market.ingest(pictures, "same"))
                again.append(market.ingest(recompressed(pictures), "again"))
        note(f"round {number + 1}: scan {scans[-1]:.2f}/s, ingest {ingests[-1]:.2f}/s")
    scans.append(scan_rate(data, files))
    rate = float(np.median(ingests))
    p50, p99 = np.quantile(latencies, [0.5, 0.99])
    return {
        "pictures": len(files),
        "scan_per_second": [round(each, 2) for each in scans],
        "ingest_per_second": [round(each, 2) for each in ingests],
        "ingest_to_scan": round(rate / float(np.median(scans)), 3),
        "cpu_s_per_picture": {
            "scan_and_its_start": round(float(np.median(scan_cpu_s)) / len(files), 3),
            "ingest_and_reads": round(float(np.median(ingest_cpu_s)) / len(files), 3),
        },
        "reads_meanwhile": {
            "per_second": READS_PER_S,
            "count": len(latencies),
            "p50_ms": round(1e3 * float(p50), 1),
            "p99_ms": round(1e3 * float(p99), 1),
        },
        "same_bytes_to_first": round(float(np.median(same)) / rate, 1),
        "recompressed_to_first": round(float(np.median(again)) / rate, 1),
    }


def children_cpu_s() -> float:
    """Say how much processor time the processes have used that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def note(text: str) -> None:
    """Say how far it is."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="data directory")
    parser.add_argument("--listings", type=Path, required=True, help="pictures to send")
    parser.add_argument("--rounds", type=int, default=3, help="of both, in turns")
    parser.add_argument("--pictures", type=int, help="of each round; all by default")
    parser.add_argument("--soak", type=int, metavar="N", help="watch the memory")
    options = parser.parse_args()
    files = sorted(p for p in options.listings.iterdir() if p.is_file())
    files = files[: options.pictures]
    figures: dict[str, object] = {
        "machine": describe_machine() | {"load_1_min": load_1_min()},
        "versions": dict(library_versions()),
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        shutil.copytree(options.data, data)
        if options.soak:
            with serving(data, marketplace=MARKETPLACE) as server:
                figures["soak"] = soak(
                    Market(server), small_copies(files), options.soak
                )
        else:
            figures |= compare(data, files, options.rounds)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

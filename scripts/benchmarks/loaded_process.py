"""Load everything, scan a picture, and tell the process's memory as JSON.

    python -m scripts.benchmarks.loaded_process DATA PICTURE [CROWD]

CROWD is a folder with the indexes of a larger catalogue, by kind of the model.
"""

import gc
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from detector.cli.engine import load_extractor
from detector.cli.scanner import open_scanner
from detector.listings.scan import find_files, run_scan
from detector.settings import load_settings
from detector.store.store import open_store
from scripts.benchmarks.crowd_scan import crowd_scanner, load_channels
from scripts.benchmarks.scans import LIMIT

_FIELDS = {"VmRSS": "resident", "VmHWM": "peak"}


def measure(data: Path, picture: Path, crowd: Path | None) -> Mapping[str, int]:
    """Load and scan; returns the bytes that are resident, and that were at most."""
    extractor = load_extractor(load_settings())
    with closing(open_store(data)) as store:
        if crowd is None:
            scanner, _ = open_scanner(store, extractor, threads=1, limit=LIMIT)
        else:
            channels = load_channels(extractor, crowd)
            scanner, _ = crowd_scanner(store, extractor, channels)
        run_scan(scanner, find_files([str(picture)]), [], threads=1)
        gc.collect()
        return read_sizes(Path("/proc/self/status").read_text(encoding="ascii"))


def read_sizes(status: str) -> dict[str, int]:
    """Read the sizes in bytes from what `/proc/<pid>/status` says in KiB."""
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return {name: 1024 * int(fields[key].split()[0]) for key, name in _FIELDS.items()}


def main(arguments: Sequence[str]) -> None:
    """Run from the command line."""
    data, picture, *crowd = map(Path, arguments)
    print(json.dumps(measure(data, picture, crowd[0] if crowd else None)))


if __name__ == "__main__":
    main(sys.argv[1:])

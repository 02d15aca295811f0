"""Whole scans, as `detector scan --no-save` does them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.listings.scan import (
    ScanCounts,
    ScannedImage,
    Scanner,
    find_files,
    run_scan,
)
from scripts.benchmarks.sampling import StepSampler
from scripts.benchmarks.timing import Timing

LIMIT = 10
"""Matches of one picture, as many as `detector scan` keeps."""


class _Strict:
    """Takes results; a picture that could not be scanned spoils the figures."""

    def add(self, scanned: ScannedImage) -> None:
        """Look at nothing but the error."""
        if scanned.error is not None:
            raise RuntimeError(f"{scanned.image} could not be scanned: {scanned.error}")

    def finish(self) -> None:
        """Nothing was kept back."""


@dataclass(frozen=True, slots=True)
class WholeScan:
    """How long a scan took, from the first file to the last result.

    Attributes:
        timing: of all pictures; several may be under way at once.
        counts: of the verdicts.
    """

    timing: Timing
    counts: ScanCounts


def scan_whole(
    scanner: Scanner,
    pictures: str,
    files: Sequence[Path],
    *,
    spare: Sequence[Path],
    threads: int,
    references: int,
) -> WholeScan:
    """Scan files as the command does, nothing saved, and time it.

    Args:
        scanner: a new one, so that only the spare pictures have warmed anything up:
            what is read of the references, and kept, is read anew.
        pictures: what the files are.
        files: to scan.
        spare: scanned before, not timed.
        threads: pictures worked on at once.
        references: in the catalogue.
    """
    run_scan(scanner, find_files([str(path) for path in spare]), [], threads=threads)
    found = find_files([str(path) for path in files])
    cpu_start, start = time.process_time(), time.perf_counter()
    counts = run_scan(scanner, found, [_Strict()], threads=threads)
    wall_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    name = (
        f"{pictures}, {references:,} references, "
        f"{threads} {'thread' if threads == 1 else 'threads'}"
    )
    timing = Timing("scan", name, "picture", len(found), wall_s, cpu_s)
    return WholeScan(timing, counts)


def shares_of_steps(scanner: Scanner, files: Sequence[Path]) -> dict[str, float]:
    """Scan files in one thread, and watch what it spends its time on.

    It is no scan to be timed: the watching takes time, too.

    Returns:
        Of the time, by step; they add up to 1.
    """
    with StepSampler() as sampler:
        run_scan(scanner, find_files([str(path) for path in files]), [], threads=1)
    total = sum(sampler.seconds.values())
    return {step: seconds / total for step, seconds in sampler.seconds.items()}

"""Whole scans, as `detector scan --no-save` does them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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


@dataclass(slots=True)
class _Arrivals:
    """Takes results and notes when each came."""

    times: list[float] = field(default_factory=list)

    def add(self, scanned: ScannedImage) -> None:
        """Note the time; a picture that could not be scanned spoils the figures."""
        if scanned.error is not None:
            raise RuntimeError(f"{scanned.image} could not be scanned: {scanned.error}")
        self.times.append(time.perf_counter())

    def finish(self) -> None:
        """Nothing had to wait."""


@dataclass(frozen=True, slots=True)
class WholeScan:
    """How long a scan took, from the first file to the last result.

    Attributes:
        pictures: which ones: copies, innocent or mixed.
        threads: pictures worked on at once.
        timing: with one thread, a picture's latency is the time from the result
            before it to its own.
        counts: of the verdicts.
        seconds: of all threads together, by step; see `StepSampler`.
    """

    pictures: str
    threads: int
    timing: Timing
    counts: ScanCounts
    seconds: Mapping[str, float]

    @property
    def shares(self) -> dict[str, float]:
        """Of the scan's time, by step; they add up to 1."""
        total = sum(self.seconds.values())
        return {step: seconds / total for step, seconds in self.seconds.items()}

    @property
    def share_of_the_rest(self) -> float:
        """Of the scan's time: what is neither decoding nor embedding."""
        return 1.0 - self.shares["decode"] - self.shares["embed"]

    def as_json(self) -> dict[str, object]:
        """Name every figure, with its unit."""
        return {
            **self.timing.as_json(),
            "pictures": self.pictures,
            "threads": self.threads,
            "match": self.counts.match,
            "review": self.counts.review,
            "no_match": self.counts.no_match,
            "shares": self.shares,
            "share_not_decode_or_embed": self.share_of_the_rest,
        }


def scan_whole(
    scanner: Scanner,
    pictures: str,
    files: Sequence[Path],
    *,
    spare: Sequence[Path],
    threads: int,
) -> WholeScan:
    """Scan files as the command does, nothing saved, and time it.

    Args:
        scanner: a new one, so that only the spare pictures have warmed anything up:
            what is read of the references, and kept, is read anew.
        pictures: what the files are.
        files: to scan.
        spare: scanned before, not timed.
        threads: pictures worked on at once.
    """
    run_scan(scanner, find_files([str(path) for path in spare]), [], threads=threads)
    found = find_files([str(path) for path in files])
    arrivals = _Arrivals()
    with StepSampler() as sampler:
        cpu_start, start = time.process_time(), time.perf_counter()
        counts = run_scan(scanner, found, [arrivals], threads=threads)
        cpu_s = time.process_time() - cpu_start
    wall_s = arrivals.times[-1] - start
    waits = np.diff([start, *arrivals.times]).tolist() if threads == 1 else ()
    name = f"{pictures}, {threads} {'thread' if threads == 1 else 'threads'}"
    return WholeScan(
        pictures,
        threads,
        Timing("scan", name, "picture", len(found), wall_s, cpu_s, waits),
        counts,
        sampler.seconds,
    )

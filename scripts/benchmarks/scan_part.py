"""Whole scans in both catalogues, and what they cost beyond decoding and embedding."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from detector.catalogue.features import Extractor
from detector.cli.scanner import open_scanner
from detector.images import read_image_bytes
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.part import Figure, Goal, Part
from scripts.benchmarks.scans import (
    LIMIT,
    WholeScan,
    scan_whole,
    shares_of_steps,
)
from scripts.benchmarks.timing import Timing, joined

MIXED = "one copy in ten"
BEYOND = Goal(1.15, is_least=False)


def measure_scan(bench: Bench) -> Part:
    """Scan in the larger catalogue, then in the drawn one, in one thread and in all."""
    bench.tell(f"Scanning among {bench.num_crowd:,} references")
    larger, alone = _scan_larger(bench)
    ratios = [
        scan.timing.cpu_ms / part.cpu_ms
        for scan, part in zip(larger, alone, strict=True)
    ]
    beyond = Figure(
        f"whole scan among {bench.num_crowd:,} references, against decode and embed "
        "alone, by CPU time, median",
        float(np.median(ratios)),
        "times as long",
        BEYOND,
    )
    scans = [*_scan(bench)]
    counts = [
        f"{scan.timing.name}: {scan.counts.summary()}" for scan in (larger[0], *scans)
    ]
    return Part(
        "scan",
        [
            joined([scan.timing for scan in larger]),
            joined(alone),
            *(scan.timing for scan in scans),
        ],
        [beyond, *_shares(bench)],
        [
            f"Of the {bench.num_crowd:,} references "
            f"{bench.num_crowd - len(bench.index):,} are synthetic: vectors spread "
            "like the real ones, each verified as a real reference that it was not "
            "made from. Nothing votes among them; among fewer than 10,000 points do, "
            "unless the settings say otherwise.",
            *counts,
        ],
    )


def scan_larger(bench: Bench) -> WholeScan:
    """Scan the mixed pictures in the larger catalogue, in one thread."""
    scanner, _ = bench.crowd_scanner()
    return scan_whole(
        scanner,
        MIXED,
        bench.pictures.mixed,
        spare=bench.pictures.spare,
        threads=1,
        references=bench.num_crowd,
    )


def decode_and_embed(extractor: Extractor, files: Sequence[Path]) -> Timing:
    """Do what no scan can leave out, one picture after the other."""
    seconds = []
    cpu_start = time.process_time()
    for path in files:
        start = time.perf_counter()
        image = extractor.decode(read_image_bytes(path, limits=extractor.limits))
        for embedder in extractor.embedders.values():
            embedder.embed_regions([image.pixels])
        seconds.append(time.perf_counter() - start)
    cpu_s = time.process_time() - cpu_start
    name = "decode and embed alone, 1 thread"
    return Timing("scan", name, "picture", len(files), sum(seconds), cpu_s, seconds)


def _scan_larger(bench: Bench) -> tuple[list[WholeScan], list[Timing]]:
    """Scan some times, and each time do beside it what cannot be left out."""
    scans, alone = [], []
    decode_and_embed(bench.extractor, bench.pictures.spare)
    for _ in range(bench.plan.rounds):
        alone.append(decode_and_embed(bench.extractor, bench.pictures.mixed))
        scans.append(scan_larger(bench))
    return scans, alone


def _scan(bench: Bench) -> Iterator[WholeScan]:
    """Scan each set of pictures in one thread, then in all; the mixed one first."""
    for each in dict.fromkeys((1, bench.threads)):
        bench.tell(f"Scanning among {len(bench.index):,} references, threads: {each}")
        for name, files in (
            (MIXED, bench.pictures.mixed),
            ("copies", bench.pictures.copies),
            ("innocent", bench.pictures.innocent),
        ):
            scanner, _ = open_scanner(
                bench.store, bench.extractor, threads=each, limit=LIMIT
            )
            yield scan_whole(
                scanner,
                name,
                files,
                spare=bench.pictures.spare,
                threads=each,
                references=len(bench.index),
            )


def _shares(bench: Bench) -> Iterator[Figure]:
    """Say what a scan of the mixed pictures spends its time on, in both catalogues."""
    drawn, _ = open_scanner(bench.store, bench.extractor, threads=1, limit=LIMIT)
    larger, descriptions = bench.crowd_scanner()
    for references, scanner in ((bench.num_crowd, larger), (len(bench.index), drawn)):
        shares = shares_of_steps(scanner, bench.pictures.mixed)
        for step, share in shares.items():
            name = f"{step}, share of a scan among {references:,}"
            yield Figure(name, 100 * share, "%")
    examined = descriptions.num_asked / len(bench.pictures.mixed)
    name = f"examined for a picture among {bench.num_crowd:,}"
    yield Figure(name, examined, "references")

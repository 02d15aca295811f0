"""The steps of a scan by themselves: decode, embed, search, verify; and the import."""

from functools import partial

from detector.matching.retrieve import EMBEDDED
from scripts.benchmarks.bench import Bench
from scripts.benchmarks.brute_force import (
    decode_fully,
    nearest_vectors,
    search_codes,
)
from scripts.benchmarks.crowd import read_crowd
from scripts.benchmarks.loading import time_loading
from scripts.benchmarks.part import Part, times_as_fast
from scripts.benchmarks.steps import Steps
from scripts.benchmarks.timing import Timing, measure


def measure_decode(bench: Bench) -> Part:
    """Bytes to pixels, against decoding every pixel."""
    ours = [*bench.mixed.decode()]
    whole = decode_fully(bench.mixed.files)
    return Part("decode", [*ours, whole], [times_as_fast(ours[0], whole)])


def measure_embed(bench: Bench) -> Part:
    """Pixels to vectors, and how long the model takes to load."""
    loading = time_loading(bench.settings.model)
    return Part("embed", [*bench.mixed.embed(), loading])


def measure_search(bench: Bench) -> Part:
    """Codes and vectors to candidates, against comparing with everything."""
    timings = [*bench.mixed.search()]
    figures = []
    if bench.index.local is not None:
        every = search_codes(bench.mixed)
        figures.append(times_as_fast(timings[0], every))
        timings.append(every)
    for channel in bench.crowd_channels:
        _, vectors = read_crowd(bench.drawn_folder / channel.kind)
        queries = bench.mixed.vectors(channel.embedder)
        ours = measure(
            "search",
            f"{len(channel.embedder.regions)} vectors among {len(channel.index):,}",
            partial(channel.index.search, k=EMBEDDED),
            queries,
        )
        every = measure(
            "search",
            f"numpy: all of {len(vectors):,} vectors",
            partial(nearest_vectors, vectors=vectors, k=EMBEDDED),
            queries,
        )
        figures.append(times_as_fast(ours, every))
        timings = [ours, every, *timings]
    return Part("search", timings, figures)


def measure_verify(bench: Bench) -> Part:
    """A picture's local features, and its best candidate looked at closely."""
    timings: list[Timing] = []
    for whose, files in (
        ("a copy", bench.pictures.copies),
        ("an innocent picture", bench.pictures.innocent),
    ):
        steps = Steps(bench.store, bench.extractor, bench.index, files)
        timings += steps.verify(whose)
    return Part("verify", [*timings, *bench.mixed.describe()])


def measure_import(bench: Bench) -> Part:
    """Files to references with all that is stored of them."""
    return Part("import", [bench.importing])

"""What is worked out of drawn pictures, in one array that a file can hold."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from itertools import count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.features import Extractor
from detector.images import ImageLimits
from detector.listings.pictures.look import (
    Look,
    look_at,
    pack_vectors,
    unpack_vectors,
)
from models.perceptual_hash import NUM_BYTES, THUMBNAIL_PX
from models.registry import load_embedder
from scripts.benchmarks.planted import draw_design

MODEL = "compact"
_AT_ONCE = 8
Records = NDArray[np.void]


@lru_cache(maxsize=1)
def _extractor() -> Extractor:
    return Extractor({"copy": load_embedder(MODEL, device="cpu")}, ImageLimits())


def _look_at_design(task: tuple[int, int]) -> list[tuple[int, Look]]:
    number, seed = task
    return [
        (planted.group, look_at(planted.data, _extractor())[0])
        for planted in draw_design(number, seed)
    ]


def make_looks(num: int, *, seed: int, workers: int) -> Records:
    """Draw pictures and look at them, side by side; no two have the same bytes."""
    embedder = _extractor().embedders["copy"]
    num_bytes = 4 + 2 * len(embedder.regions) * (embedder.dim + 1)
    record = np.dtype(
        [
            ("group", np.int32),
            ("sha256", "S64"),
            ("size", np.int32, 2),
            ("is_hashed", np.bool_),
            ("hash", np.uint8, NUM_BYTES),
            ("thumbnail", np.uint8, (THUMBNAIL_PX, THUMBNAIL_PX, 3)),
            ("vectors", np.uint8, num_bytes),
        ]
    )
    records, known = np.zeros(num, record), set[str]()
    for group, look in _looks(seed, workers):
        if look.sha256 in known:
            continue
        records[len(known)] = (
            group,
            look.sha256,
            (look.width, look.height),
            look.perceptual_hash is not None,
            np.frombuffer(look.perceptual_hash or bytes(NUM_BYTES), np.uint8),
            look.thumbnail,
            np.frombuffer(pack_vectors(look), np.uint8),
        )
        known.add(look.sha256)
        if len(known) == num:
            break
    return records


def _looks(seed: int, workers: int) -> Iterator[tuple[int, Look]]:
    """Look at one design after the other, without end."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        tasks = ((number, seed) for number in count())
        while True:
            for looks in pool.map(_look_at_design, islice(tasks, _AT_ONCE * workers)):
                yield from looks


def as_look(record: Any) -> Look:
    """Read a record; what no clustering asks for is made up."""
    vectors, offsets = unpack_vectors(record["vectors"].tobytes())
    width, height = record["size"].tolist()
    return Look(
        sha256=record["sha256"].decode(),
        format="jpeg",
        width=width,
        height=height,
        num_bytes=0,
        perceptual_hash=record["hash"].tobytes() if record["is_hashed"] else None,
        thumbnail=record["thumbnail"],
        vectors=vectors,
        offsets=offsets,
    )

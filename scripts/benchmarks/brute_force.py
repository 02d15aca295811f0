"""The obvious ways to do the same, on the same pictures: a floor under the figures."""

import io
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.catalogue.features import stored_votes
from detector.catalogue.references import all_reference_ids, picture_hashes
from detector.matching.describe import WORKING_PX
from detector.store.store import Store
from scripts.benchmarks.steps import Steps
from scripts.benchmarks.timing import Timing, measure

NUM_NEAREST = 6
NUM_BRUTE_FORCE = 5
NUM_SAMPLED = 32
"""Pictures, and points of each, that are compared with every code; time is scaled."""
_CODES_AT_ONCE = 1 << 16

Codes = NDArray[np.uint8]
Vectors = NDArray[np.float32]


def decode_fully(files: Sequence[bytes]) -> Timing:
    """Decode every pixel with Pillow, then reduce."""

    def work(data: bytes) -> Image.Image:
        with Image.open(io.BytesIO(data)) as image:
            whole = image.convert("RGB")
        whole.thumbnail((WORKING_PX, WORKING_PX), Image.Resampling.HAMMING)
        return whole

    return measure("decode", f"Pillow: in full, then to {WORKING_PX} px", work, files)


def nearest_codes(points: Codes, codes: Codes, k: int) -> NDArray[np.int64]:
    """Find the distances to each point's k nearest codes by comparing with all.

    Args:
        points: (p, 32) packed bits.
        codes: (c, 32), at least k.
        k: how many.

    Returns:
        (p, k) Hamming distances, the smallest first.
    """
    wide = codes.view(np.uint64)
    found = []
    for point in points.view(np.uint64):
        parts = [
            np.bitwise_count(wide[start : start + _CODES_AT_ONCE] ^ point).sum(
                axis=1, dtype=np.int64
            )
            for start in range(0, len(wide), _CODES_AT_ONCE)
        ]
        found.append(np.sort(np.partition(np.concatenate(parts), k - 1)[:k]))
    return np.array(found)


def nearest_vectors(queries: Vectors, vectors: Vectors, k: int) -> NDArray[np.intp]:
    """Find the rows of the k vectors nearest to each query, by inner product."""
    scores = queries @ vectors.T
    k = min(k, len(vectors))
    rows = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, rows, axis=1), axis=1)
    return np.take_along_axis(rows, order, axis=1)


def search_codes(steps: Steps) -> Timing:
    """Compare some points of some pictures with every code in the catalogue."""
    codes = read_codes(steps.store)
    rng = np.random.default_rng(0)
    together = [np.concatenate(both) for both in steps.codes()[:NUM_BRUTE_FORCE]]
    together = [points for points in together if len(points)]
    sampled = [
        points[np.sort(rng.permutation(len(points))[:NUM_SAMPLED])]
        for points in together
    ]
    timing = measure(
        "search",
        f"numpy: every code, scaled up from {NUM_SAMPLED} points",
        lambda points: nearest_codes(points, codes, min(NUM_NEAREST, len(codes))),
        sampled,
    )
    scales = [
        len(points) / len(part) for points, part in zip(together, sampled, strict=True)
    ]
    scaled = [s * scale for s, scale in zip(timing.latencies_s, scales, strict=True)]
    return replace(
        timing,
        wall_s=sum(scaled),
        cpu_s=timing.cpu_s * sum(scaled) / timing.wall_s,
        latencies_s=scaled,
    )


def read_codes(store: Store) -> Codes:
    """Read the codes of all references."""
    with store.database.read() as session:
        digests = picture_hashes(session, all_reference_ids(session))
        return np.concatenate(list(stored_votes(session, [*digests.values()]).values()))

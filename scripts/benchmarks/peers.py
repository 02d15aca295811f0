"""What one would use instead, on the same pictures: the floor under every figure."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from detector.catalogue.features import stored_vectors, stored_votes
from detector.catalogue.references import all_reference_ids, picture_hashes
from detector.images import DecodedImage
from detector.matching.describe import WORKING_PX
from detector.matching.retrieve import EMBEDDED
from detector.store.store import Store
from models.embedder import Embedder
from models.registry import load_embedder
from scripts.benchmarks.parts import Parts
from scripts.benchmarks.timing import Timing, measure

CLIP = "ViT-B-32"
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


def hash_with_pdq(
    files: Sequence[bytes], images: Sequence[DecodedImage]
) -> list[Timing]:
    """Hash decoded pictures with PDQ: as we decode them, and every pixel of them.

    Nothing is timed where `pdqhash` is not installed. The project does not ask for it:
    it has no wheels for Linux, and would need a compiler there.
    """
    if find_spec("pdqhash") is None:
        return []
    compute = import_module("pdqhash").compute
    whole = []
    for data in files:
        with Image.open(io.BytesIO(data)) as image:
            whole.append(np.asarray(image.convert("RGB")))
    reduced = [image.pixels for image in images]
    return [
        measure("embed", f"PDQ of the picture at {WORKING_PX} px", compute, reduced),
        measure("embed", "PDQ of every pixel", compute, whole),
    ]


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


def search(parts: Parts) -> Iterator[Timing]:
    """Compare with everything in the catalogue: a timing for each of `Parts.search`."""
    if parts.index.local is not None:
        yield _search_codes(parts)
    for _, embedder, _ in parts.index.channels:
        vectors = read_vectors(parts.store, embedder)
        yield measure(
            "search",
            "numpy: every vector",
            partial(nearest_vectors, vectors=vectors, k=EMBEDDED),
            parts.vectors(embedder),
        )


def _search_codes(parts: Parts) -> Timing:
    codes = read_codes(parts.store)
    rng = np.random.default_rng(0)
    together = [np.concatenate(both) for both in parts.codes()[:NUM_BRUTE_FORCE]]
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


def embed_with_clip(
    images: Sequence[DecodedImage], folder: Path, *, model: str, seed: int
) -> Timing:
    """Embed with an open_clip model in torch; its weights are random, its speed not."""
    from models.untrained import write_untrained_clip

    checkpoint = folder / "untrained.pt"
    write_untrained_clip(model, checkpoint, seed=seed)
    embedder = load_embedder(f"open_clip:{model}/{checkpoint}", device="cpu")
    checkpoint.unlink()
    return measure(
        "embed",
        f"open_clip {model} in torch, whole picture",
        lambda image: embedder.embed([image.pixels]),
        images,
    )


def read_codes(store: Store) -> Codes:
    """Read the codes of all references."""
    with store.database.read() as session:
        digests = picture_hashes(session, all_reference_ids(session))
        return np.concatenate(list(stored_votes(session, [*digests.values()]).values()))


def read_vectors(store: Store, embedder: Embedder) -> Vectors:
    """Read the vectors of all references."""
    with store.database.read() as session:
        digests = picture_hashes(session, all_reference_ids(session))
        known = stored_vectors(session, embedder, [*digests.values()])
    return np.stack(list(known.values()))

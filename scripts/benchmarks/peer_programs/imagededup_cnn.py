"""imagededup's CNN method, by its public functions where they can do it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from imagededup.handlers.search.retrieval import cosine_similarity_chunk
from imagededup.methods import CNN
from torchvision import models

from scripts.benchmarks.peer_programs.protocol import (
    Answer,
    Task,
    Vectors,
    random_vectors,
    run,
    versions_of,
)
from scripts.benchmarks.timing import NUM_WARM_UP, Timing, measure

NAME = "imagededup CNN"
DIM = 576
LOT = 16
THRESHOLD = 0.9  # of `CNN.find_duplicates`
NUM_TRIED = 12_000
"""Encodings that `find_duplicates` compares here: just enough that it works in chunks,
as it does with more. It keeps the scores of all pairs, twice."""


def measure_all(task: Task) -> Answer:
    """Encode, search and scan."""
    torch.set_num_threads(task.threads)
    folder = Path(task.folder)
    _write_weights(folder / "torch", seed=task.seed)
    cnn = CNN(verbose=False)
    spare, files = task.files[:NUM_WARM_UP], task.files[NUM_WARM_UP:]
    everything = _link(files, folder / "everything")
    lots = [
        _link(files[start : start + LOT], folder / f"lot-{start}")
        for start in range(0, len(files), LOT)
    ]
    for file in spare:
        cnn.encode_image(image_file=file)
    stored = random_vectors(task.references, DIM, seed=task.seed)

    # New encodings take the first places, so that nothing is copied for a picture.
    together = np.vstack([np.zeros((len(files), DIM), np.float32), stored])

    def scan_one(file: str) -> None:
        together[len(files) - 1] = cnn.encode_image(image_file=file)[0]
        _compare(together[len(files) - 1 :], 1)

    def scan(*folders: Path) -> None:
        for each in folders:
            encodings = [*cnn.encode_images(image_dir=each).values()]
            first = len(files) - len(encodings)
            together[first : len(files)] = encodings
            _compare(together[first:], len(encodings))

    num, among = len(files), f"{task.references:,} references"
    encoded = _once(
        "embed",
        f"{NAME}: encode_images",
        num,
        lambda: cnn.encode_images(image_dir=everything),
    )
    return Answer(
        versions_of("imagededup", "torch"),
        [
            _by_all_pairs(cnn, encoded, stored, among),
            measure("scan", f"{NAME}, one by one, {among}", scan_one, files),
            _once("scan", f"{NAME}, {LOT} at once, {among}", num, lambda: scan(*lots)),
            _once(
                "scan", f"{NAME}, {num} at once, {among}", num, lambda: scan(everything)
            ),
            encoded,
        ],
        notes=[
            "imagededup compares all pictures with one another: `find_duplicates` is "
            "its only call for encodings, and new pictures cannot be looked up among "
            f"stored ones. It is timed with {NUM_TRIED:,} encodings and scaled up by "
            "the number of pairs, as it would keep "
            f"{2 * task.references**2 / 1e9:,.0f} GB of scores, twice. The rows "
            "without it are what it could do: only the new pictures' rows are worked "
            "out, with the function inside it that compares.",
            "imagededup's network has random weights, which take the same time.",
        ],
    )


def _link(files: Sequence[str], folder: Path) -> Path:
    """Make a folder of these files: only folders are encoded many at a time."""
    folder.mkdir()
    for file in files:
        (folder / Path(file).name).symlink_to(file)
    return folder


def _write_weights(home: Path, *, seed: int) -> None:
    """Put random weights where torchvision would put those that it downloads."""
    torch.manual_seed(seed)
    torch.hub.set_dir(str(home))
    url = models.MobileNet_V3_Small_Weights.IMAGENET1K_V1.url
    path = home / "checkpoints" / url.rpartition("/")[2]
    path.parent.mkdir(parents=True)
    torch.save(models.mobilenet_v3_small(weights=None).state_dict(), path)


def _compare(encodings: Vectors, num: int) -> None:
    """Find what resembles the first `num` encodings, as `find_duplicates` does."""
    for row in cosine_similarity_chunk((encodings, (0, num))):
        np.flatnonzero(row >= THRESHOLD)


def _by_all_pairs(cnn: CNN, encoded: Timing, stored: Vectors, among: str) -> Timing:
    """Add to the encoding what `find_duplicates` takes for all references."""
    encodings = {str(i): row for i, row in enumerate(stored[:NUM_TRIED])}
    tried = _once("search", "", 1, lambda: (
        cnn.find_duplicates(encoding_map=encodings, num_sim_workers=0)
    ))  # fmt: skip
    times = ((len(stored) + encoded.num) / len(encodings)) ** 2
    return replace(
        encoded,
        step="scan",
        name=f"{NAME}, find_duplicates (scaled up), {encoded.num} new among {among}",
        wall_s=encoded.wall_s + times * tried.wall_s,
        cpu_s=encoded.cpu_s + times * tried.cpu_s,
    )


def _once(step: str, name: str, num: int, work: Callable[[], object]) -> Timing:
    cpu_start, start = time.process_time(), time.perf_counter()
    work()
    wall_s = time.perf_counter() - start
    return Timing(step, name, "picture", num, wall_s, time.process_time() - cpu_start)


if __name__ == "__main__":
    run(measure_all)

"""open_clip and FAISS as clip-retrieval puts them together."""

from collections.abc import Iterator, Sequence

import faiss
import open_clip
import torch
from PIL import Image

from scripts.benchmarks.peer_programs.protocol import (
    Answer,
    Task,
    Vectors,
    random_vectors,
    run,
    versions_of,
)
from scripts.benchmarks.timing import NUM_WARM_UP, Timing, measure

MODEL = "ViT-B-32"
NAME = f"open_clip {MODEL} + FAISS"
BATCH = 16


def measure_all(task: Task) -> Answer:
    """Scan picture by picture, and in batches."""
    torch.set_num_threads(task.threads)
    faiss.omp_set_num_threads(task.threads)
    torch.manual_seed(task.seed)
    network, _, prepare = open_clip.create_model_and_transforms(MODEL)
    network.eval()
    dim: int = network.visual.output_dim
    index = faiss.IndexFlatIP(dim)
    index.add(random_vectors(task.references, dim, seed=task.seed))

    def embed(files: Sequence[str]) -> Vectors:
        pictures = []
        for file in files:
            with Image.open(file) as image:
                pictures.append(prepare(image))
        with torch.inference_mode():
            vectors = network.encode_image(torch.stack(pictures), normalize=True)
        found: Vectors = vectors.numpy()
        return found

    def scan(files: Sequence[str]) -> None:
        index.search(embed(files), task.k)

    scan(task.files[:NUM_WARM_UP])
    files = task.files[NUM_WARM_UP:]
    among = f"{task.references:,} references"
    batches = measure("scan", "", scan, [*_batches(files)])
    in_batches = Timing(
        "scan",
        f"{NAME}, batches of {BATCH}, {among}",
        "picture",
        len(files),
        batches.wall_s,
        batches.cpu_s,
    )
    singly = [[file] for file in files]
    return Answer(
        versions_of("open_clip_torch", "faiss-cpu", "torch"),
        [in_batches, measure("scan", f"{NAME}, one by one, {among}", scan, singly)],
        notes=[
            "open_clip: its own preprocessing of files that Pillow opens, float32 on "
            "the CPU, an exact FAISS index of random vectors. Its network has random "
            "weights, which take the same time."
        ],
    )


def _batches(files: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(files), BATCH):
        yield files[start : start + BATCH]


if __name__ == "__main__":
    run(measure_all)

"""PDQ hashes in a FAISS binary index."""

import faiss
import numpy as np
import pdqhash
from PIL import Image

from scripts.benchmarks.peer_programs.protocol import Answer, Task, run, versions_of
from scripts.benchmarks.timing import NUM_WARM_UP, measure

NAME = "PDQ + FAISS"
BITS = 256


def measure_all(task: Task) -> Answer:
    """Hash every pixel of each picture, and compare with all hashes."""
    faiss.omp_set_num_threads(task.threads)
    rng = np.random.default_rng(task.seed)
    index = faiss.IndexBinaryFlat(BITS)
    index.add(rng.integers(0, 256, (task.references, BITS // 8), np.uint8))

    def scan(file: str) -> None:
        with Image.open(file) as image:
            bits, _ = pdqhash.compute(np.asarray(image.convert("RGB")))
        index.search(np.packbits(bits)[None], task.k)

    files = task.files[NUM_WARM_UP:]
    name = f"{NAME}, {task.references:,} references"
    return Answer(
        versions_of("pdqhash", "faiss-cpu"),
        [measure("scan", name, scan, files)],
        notes=[
            "PDQ is no embedding: it finds a picture that was resized or recompressed, "
            "and few that were cropped or put into another."
        ],
    )


if __name__ == "__main__":
    run(measure_all)

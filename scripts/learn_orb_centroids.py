"""Learn the cells of the local index from photos: `index/orb_centroids.npz`.

    python -m scripts.learn_orb_centroids --data train.tar.xz

Clusters ORB codes by k-majority: each code goes to the nearest centroid by Hamming
distance, and each bit of a centroid becomes what most of its codes have. The same
photos give the same file. Learning again makes every stored local index unreadable
(`detector index rebuild` mends that), so it is not done lightly.
"""

import argparse
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track

from index.centroids import CENTROIDS_FILE, Codes, assign_cells
from models.local_features import REFERENCE_PASSES, orb_features

POINTS_PER_PHOTO = 50
IMAGE_SUFFIXES = {".avif", ".jpg", ".jpeg", ".png", ".webp"}


def main() -> None:
    """Read the arguments, learn, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder or .tar file")
    parser.add_argument("--out", type=Path, default=CENTROIDS_FILE)
    parser.add_argument("--num-cells", type=int, default=2048)
    parser.add_argument("--num-codes", type=int, default=200_000, help="codes to learn")
    parser.add_argument("--num-rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    codes = collect_codes(arguments.data, rng)
    if len(codes) > arguments.num_codes:
        codes = codes[rng.choice(len(codes), arguments.num_codes, replace=False)]
    centroids = learn_centroids(
        codes, arguments.num_cells, num_rounds=arguments.num_rounds, rng=rng
    )
    np.savez(arguments.out, centroids=centroids)
    print(f"{arguments.out}: {len(centroids)} centroids of {len(codes)} codes")


def collect_codes(data: Path, rng: np.random.Generator) -> Codes:
    """Take some points of every photo; return their different codes, sorted."""
    chosen = []
    for photo in track(read_photos(data), description="ORB codes", total=None):
        codes = orb_features(photo, REFERENCE_PASSES).descriptors
        num = min(len(codes), POINTS_PER_PHOTO)
        chosen.append(codes[rng.choice(len(codes), num, replace=False)])
    return np.unique(np.concatenate(chosen), axis=0)


def read_photos(data: Path) -> Iterator[NDArray[np.uint8]]:
    """Decode the photos of a folder or a tar file, one after the other."""
    if data.is_dir():
        for path in sorted(data.rglob("*")):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                yield decode(path.read_bytes())
        return
    with tarfile.open(data) as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file and Path(member.name).suffix.lower() in IMAGE_SUFFIXES:
                yield decode(file.read())


def decode(content: bytes) -> NDArray[np.uint8]:
    """Decode a picture to RGB."""
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"))


def learn_centroids(
    codes: Codes, num_cells: int, *, num_rounds: int, rng: np.random.Generator
) -> Codes:
    """Cluster binary codes.

    Args:
        codes: (n, 32), all different.
        num_cells: clusters; at most n.
        num_rounds: at most so many; ends early when nothing moves.
        rng: picks the first centroids.

    Returns:
        (num_cells, 32) centroids.
    """
    if num_cells > len(codes):
        raise ValueError(f"{num_cells} cells need as many codes, not {len(codes)}")
    bits = np.unpackbits(codes, axis=1)
    centroids = codes[np.sort(rng.choice(len(codes), num_cells, replace=False))]
    for _ in range(num_rounds):
        cells, distances = assign_cells(codes, centroids)
        sizes = np.bincount(cells, minlength=num_cells)
        is_used = sizes > 0
        starts = np.cumsum(sizes) - sizes
        by_cell = bits[np.argsort(cells, kind="stable")]
        ones = np.add.reduceat(by_cell, starts[is_used], axis=0, dtype=np.int64)
        moved = np.unpackbits(centroids, axis=1)
        moved[is_used] = 2 * ones > sizes[is_used, None]
        # An empty cell starts again at one of the codes worst served.
        farthest = np.argsort(-distances, kind="stable")
        moved[~is_used] = bits[farthest[: int((~is_used).sum())]]
        packed = np.packbits(moved, axis=1)
        if np.array_equal(packed, centroids):
            break
        centroids = packed
    return centroids


if __name__ == "__main__":
    main()

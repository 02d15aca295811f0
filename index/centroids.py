"""The fixed cells that binary codes are sorted into.

Learned once from photos by `scripts/learn_orb_centroids.py`, shipped with the project.
"""

import hashlib
import zipfile
from functools import cache
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import CorruptIndex

Codes = NDArray[np.uint8]
"""(p, 32) uint8: 256 bits for each of a picture's points."""

CODE_BYTES = 32
CENTROIDS_FILE = Path(__file__).with_name("orb_centroids.npz")


@cache
def read_centroids(path: Path = CENTROIDS_FILE) -> tuple[Codes, str]:
    """Read the cells' centroids, (c, 32), and the SHA-256 (hex) that names them."""
    try:
        # numpy leaves a file that it opened itself open when the archive is damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            centroids: Codes = archive["centroids"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CorruptIndex(
            f"{path}: expected centroids, found none ({error})."
            " Install the project again."
        ) from error
    return centroids, hashlib.sha256(centroids.tobytes()).hexdigest()


def assign_cells(
    codes: Codes, centroids: Codes
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Find the nearest centroid of each code, and its Hamming distance: (p,) each."""
    quantizer = faiss.IndexBinaryFlat(8 * CODE_BYTES)
    quantizer.add(centroids)
    distances, cells = quantizer.search(codes, 1)
    return cells[:, 0], distances[:, 0]

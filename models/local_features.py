"""Keypoints and descriptors of a picture, for voting and for verification."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """Keypoints of one picture and a descriptor for each; all arrays are aligned.

    Attributes:
        keypoints: (p, 2) float32, x then y, in pixels of the picture they were
            taken from; pixel centres are on integers.
        sizes: (p,) float32, diameter of the described patch in the same pixels.
        angles: (p,) float32, degrees, clockwise.
        descriptors: (p, w) uint8: w = 32 packed bits (ORB) or 128 values (SIFT).
    """

    keypoints: NDArray[np.float32]
    sizes: NDArray[np.float32]
    angles: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def __post_init__(self) -> None:
        num = len(self.keypoints)
        lengths = {len(self.sizes), len(self.angles), len(self.descriptors)}
        if lengths != {num}:
            raise ValueError(f"{num} keypoints but other arrays of {lengths} rows")

    def __len__(self) -> int:
        return len(self.keypoints)

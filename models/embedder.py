"""The Embedder protocol: what every model that turns pictures into vectors offers."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration

RGB = NDArray[np.uint8]
"""One picture: (height, width, 3), sRGB, uint8."""

Vectors = NDArray[np.float32]
"""(n, d) float32, one row per picture, each of length 1."""


class Region(NamedTuple):
    """A rectangle in shares of a picture's width and height, each in 0..1."""

    left: float
    top: float
    right: float
    bottom: float


WHOLE = Region(0.0, 0.0, 1.0, 1.0)


def require_rgb(image: RGB) -> None:
    """Refuse an array that is no picture.

    Raises:
        ValueError: it says which shape and dtype was found.
    """
    if (
        image.ndim != 3
        or image.shape[2] != 3
        or image.dtype != np.uint8
        or not image.size
    ):
        raise ValueError(
            f"expected (height, width, 3) uint8, not empty; got {image.shape} "
            f"{image.dtype}"
        )


class Embedder(Protocol):
    """Turns pictures into vectors whose inner product says how alike they look.

    Attributes:
        name: the registry name that loads this embedder again.
        weights_hash: SHA-256 (hex) of the weights; vectors of two hashes never mix.
        dim: length of a vector.
        input_px: side of the square that a picture is resized to.
        regions: what `embed_regions` looks at; the first is always `WHOLE`.
        calibration: how its inner products are to be read; None where nothing was
            measured.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def weights_hash(self) -> str: ...  # noqa: D102
    @property
    def dim(self) -> int: ...  # noqa: D102
    @property
    def input_px(self) -> int: ...  # noqa: D102
    @property
    def regions(self) -> tuple[Region, ...]: ...  # noqa: D102
    @property
    def calibration(self) -> Calibration | None: ...  # noqa: D102

    def embed(self, images: Sequence[RGB]) -> Vectors:
        """Embed whole pictures.

        Args:
            images: n pictures, each (h, w, 3) uint8 RGB, sizes may differ.

        Returns:
            (n, dim) float32, L2-normalized; (0, dim) for no pictures.
        """
        ...

    def embed_regions(self, images: Sequence[RGB]) -> NDArray[np.float32]:
        """Embed every region of `regions` of each picture.

        A copy that fills only a part of a picture (a collage, a screenshot, a frame)
        resembles its reference only there.

        Returns:
            (n, len(regions), dim) float32, L2-normalized; `[:, 0]` equals `embed`.
        """
        ...

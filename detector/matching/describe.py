"""What is kept of a reference, and what is worked out of a query."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.local_features import (
    QUERY_PASSES,
    REFERENCE_PASSES,
    LocalFeatures,
    mirror_sift,
    orb_features,
    sift_features,
)

RGB = NDArray[np.uint8]

WORKING_PX = 512
"""Long side that references and queries are decoded to, by the same path."""

COMPARED_PX = 288
"""Long side of the small picture whose pixels are compared."""

RECIPE = "orb800-sift500-v1"
"""Names how a description is made; changes whenever descriptions would."""

_FIELDS = ("keypoints", "sizes", "angles", "descriptors")


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that matching needs of a reference, without its file.

    Attributes:
        width, height: of the original picture, in pixels.
        small: (h, w, 3) uint8 RGB, long side at most `COMPARED_PX`.
        orb: points for voting; keypoints in pixels of the original.
        sift: points for verification, likewise.
    """

    width: int
    height: int
    small: RGB
    orb: LocalFeatures
    sift: LocalFeatures

    @property
    def votes(self) -> NDArray[np.uint8]:
        """(p, 32) uint8: the codes that a local index takes."""
        return self.orb.descriptors

    def to_bytes(self) -> bytes:
        """Pack as safetensors; the same pixels give the same bytes."""
        arrays = {
            f"{kind}.{field}": np.ascontiguousarray(getattr(features, field))
            for kind, features in (("orb", self.orb), ("sift", self.sift))
            for field in _FIELDS
        }
        encoded = cv2.imencode(
            ".jpg",
            cv2.cvtColor(self.small, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, 95],
        )[1]
        arrays["small"] = encoded.reshape(-1)
        arrays["original"] = np.array([self.width, self.height], dtype=np.int64)
        return save(arrays)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Unpack what `to_bytes` packed.

        Raises:
            ValueError: the bytes are damaged or no description.
        """
        try:
            arrays = load(data)
            small = cv2.imdecode(arrays["small"], cv2.IMREAD_COLOR)
            width, height = arrays["original"].tolist()
            orb, sift = (
                LocalFeatures(*(arrays[f"{kind}.{field}"] for field in _FIELDS))
                for kind in ("orb", "sift")
            )
        except (SafetensorError, KeyError, cv2.error) as error:
            raise ValueError(f"damaged description: {error}") from error
        if small is None:
            raise ValueError("damaged description: its picture cannot be decoded")
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
        return cls(width, height, rgb, orb, sift)


def describe(pixels: RGB, width: int, height: int) -> Description:
    """Describe a reference picture.

    Args:
        pixels: (h, w, 3) uint8 RGB, long side at most `WORKING_PX`.
        width: of the original picture, in pixels; keypoints are given in these.
        height: likewise.
    """
    ratio = width / pixels.shape[1]
    return Description(
        width=width,
        height=height,
        small=shrink(pixels),
        orb=_rescale(orb_features(pixels, REFERENCE_PASSES), ratio),
        sift=_rescale(sift_features(pixels), ratio),
    )


class Query:
    """A picture under suspicion; what is costly is worked out when first asked for."""

    def __init__(self, pixels: RGB, width: int, height: int) -> None:
        self.pixels = pixels
        self.width = width
        self.height = height
        self._ratio = width / pixels.shape[1]

    @cached_property
    def small(self) -> RGB:
        """(h, w, 3) uint8 RGB, long side at most `COMPARED_PX`."""
        return shrink(self.pixels)

    @cached_property
    def mirrored_small(self) -> RGB:
        """`small`, flipped left to right."""
        return np.ascontiguousarray(self.small[:, ::-1])

    @cached_property
    def orb(self) -> LocalFeatures:
        """Codes of the picture as it is, keypoints in original pixels."""
        return _rescale(orb_features(self.pixels, QUERY_PASSES), self._ratio)

    @cached_property
    def mirrored_orb(self) -> LocalFeatures:
        """Codes of the flipped picture, keypoints in the flipped picture's pixels."""
        flipped = np.ascontiguousarray(self.pixels[:, ::-1])
        return _rescale(orb_features(flipped, QUERY_PASSES), self._ratio)

    @cached_property
    def sift(self) -> LocalFeatures:
        """SIFT of the picture as it is, keypoints in original pixels."""
        return _rescale(sift_features(self.pixels), self._ratio)

    @cached_property
    def mirrored_sift(self) -> LocalFeatures:
        """SIFT of the flipped picture, keypoints in the flipped picture's pixels."""
        return mirror_sift(self.sift, self.width)


def shrink(pixels: RGB) -> RGB:
    """Reduce a picture to the size at which pixels are compared; never enlarge it."""
    height, width = pixels.shape[:2]
    scale = COMPARED_PX / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def _rescale(features: LocalFeatures, ratio: float) -> LocalFeatures:
    """Express keypoints in pixels of a picture `ratio` times as large."""
    factor = np.float32(ratio)
    return LocalFeatures(
        keypoints=(features.keypoints + np.float32(0.5)) * factor - np.float32(0.5),
        sizes=features.sizes * factor,
        angles=features.angles,
        descriptors=features.descriptors,
    )

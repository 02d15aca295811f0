"""What is kept of a reference, and what is worked out of a query."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.embedder import Embedder
from models.local_features import (
    GLANCE_PASS,
    QUERY_PASSES,
    REFERENCE_PASSES,
    LocalFeatures,
    mirror_sift,
    orb_both_ways,
    orb_features,
    sift_features,
)

RGB = NDArray[np.uint8]

WORKING_PX = 512
"""Long side that references and queries are decoded to, by the same path."""

COMPARED_PX = 288
"""Long side of the small picture whose pixels are compared."""

RECIPE = "orb800-sift500-v2"
"""Names how a description is made; changes whenever descriptions would."""

_FIELDS = ("keypoints", "sizes", "angles", "descriptors")
_CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class Description:
    """Everything that matching needs of a reference, without its file.

    Attributes:
        width, height: of the original picture, in pixels.
        jpeg: a small picture, long side at most `COMPARED_PX`, as a file: most
            candidates never need their pixels.
        orb: points for voting; keypoints in pixels of the original.
        sift: points for verification, likewise.
    """

    width: int
    height: int
    jpeg: bytes
    orb: LocalFeatures
    sift: LocalFeatures

    @property
    def votes(self) -> NDArray[np.uint8]:
        """(p, 32) uint8: the codes that a local index takes."""
        return self.orb.descriptors

    @property
    def small(self) -> RGB:
        """Decode the small picture: (h, w, 3) uint8 RGB."""
        picture = cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise ValueError("damaged description: its picture cannot be decoded")
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def to_bytes(self) -> bytes:
        """Pack as safetensors and a checksum; the same pixels give the same bytes."""
        arrays = {
            f"{kind}.{field}": np.ascontiguousarray(getattr(features, field))
            for kind, features in (("orb", self.orb), ("sift", self.sift))
            for field in _FIELDS
        }
        arrays["jpeg"] = np.frombuffer(self.jpeg, dtype=np.uint8)
        arrays["original"] = np.array([self.width, self.height], dtype=np.int64)
        packed = save(arrays)
        return packed + zlib.crc32(packed).to_bytes(_CHECKSUM_BYTES)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Unpack what `to_bytes` packed.

        Raises:
            ValueError: the bytes are damaged or no description.
        """
        packed, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
        if zlib.crc32(packed).to_bytes(_CHECKSUM_BYTES) != checksum:
            raise ValueError("damaged description: its checksum differs")
        try:
            arrays = load(packed)
            width, height = arrays["original"].tolist()
            orb, sift = (
                LocalFeatures(*(arrays[f"{kind}.{field}"] for field in _FIELDS))
                for kind in ("orb", "sift")
            )
            jpeg = arrays["jpeg"].tobytes()
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"damaged description: {error}") from error
        return cls(width, height, jpeg, orb, sift)


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
        jpeg=_encode(shrink(pixels)),
        orb=_rescale(orb_features(pixels, REFERENCE_PASSES), ratio),
        sift=_rescale(sift_features(pixels), ratio),
    )


class Query:
    """A picture under suspicion; what is costly is worked out when first asked for.

    Args:
        pixels: (h, w, 3) uint8 RGB, long side at most `WORKING_PX`.
        width: of the original picture, in pixels.
        height: likewise.
        vectors: what embedders said of its regions, by their weights' hash, each
            (regions, dim); what is missing here is worked out.
    """

    def __init__(
        self,
        pixels: RGB,
        width: int,
        height: int,
        vectors: Mapping[str, NDArray[np.float32]] | None = None,
    ) -> None:
        self.pixels = pixels
        self.width = width
        self.height = height
        self._ratio = width / pixels.shape[1]
        self.vectors = dict(vectors or {})

    @cached_property
    def small(self) -> RGB:
        """(h, w, 3) uint8 RGB, long side at most `COMPARED_PX`."""
        return shrink(self.pixels)

    @cached_property
    def mirrored_small(self) -> RGB:
        """`small`, flipped left to right."""
        return np.ascontiguousarray(self.small[:, ::-1])

    @cached_property
    def glance(self) -> tuple[LocalFeatures, LocalFeatures]:
        """A few codes of the picture as it is, and flipped: see `orb_both_ways`."""
        upright, mirrored = orb_both_ways(self.pixels, GLANCE_PASS)
        return _rescale(upright, self._ratio), _rescale(mirrored, self._ratio)

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


def embed_queries(queries: Sequence[Query], embedder: Embedder) -> NDArray[np.float32]:
    """Embed what is not known of the queries, together, and keep it with them.

    Returns:
        (n, regions, dim) float32, L2-normalized.
    """
    key = embedder.weights_hash
    new = [query for query in queries if key not in query.vectors]
    embedded = embedder.embed_regions([query.pixels for query in new])
    for query, vectors in zip(new, embedded, strict=True):
        query.vectors[key] = vectors
    return np.stack([query.vectors[key] for query in queries])


def shrink(pixels: RGB) -> RGB:
    """Reduce a picture to the size at which pixels are compared; never enlarge it."""
    height, width = pixels.shape[:2]
    scale = COMPARED_PX / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False)


def _encode(image: RGB) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    return cv2.imencode(".jpg", bgr, quality)[1].tobytes()


def _rescale(features: LocalFeatures, ratio: float) -> LocalFeatures:
    """Express keypoints in pixels of a picture `ratio` times as large."""
    factor = np.float32(ratio)
    return LocalFeatures(
        keypoints=(features.keypoints + np.float32(0.5)) * factor - np.float32(0.5),
        sizes=features.sizes * factor,
        angles=features.angles,
        descriptors=features.descriptors,
    )

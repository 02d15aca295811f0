"""What is worked out of a listing picture, and what of that is kept."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from detector.catalogue.features import Extractor
from detector.images import DecodedImage
from models.embedder import RGB
from models.perceptual_hash import MIN_DETAIL, perceptual_hash, thumbnail

_HEADER = struct.Struct("<HH")
_HALF = np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a look at a picture shows.

    Attributes:
        sha256: of the file's bytes.
        format: jpeg, png, webp, avif, gif, bmp or tiff.
        width: of the upright picture, in pixels.
        height: likewise.
        num_bytes: of the file.
        perceptual_hash: 32 bytes; None of a picture on which nothing is to be seen.
        thumbnail: (32, 32, 3) uint8 RGB.
        vectors: (regions, dim) float32, L2-normalized, of the copy embedder.
        offsets: (regions,) float32: what normalization takes off their scores.
    """

    sha256: str
    format: str
    width: int
    height: int
    num_bytes: int
    perceptual_hash: bytes | None
    thumbnail: RGB
    vectors: NDArray[np.float32]
    offsets: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A picture that was decoded and is yet to be embedded; see `Look`."""

    sha256: str
    num_bytes: int
    image: DecodedImage
    perceptual_hash: bytes | None
    thumbnail: RGB


def look_at(data: bytes, extractor: Extractor) -> tuple[Look, DecodedImage]:
    """Look at a picture file; also return the picture, for whoever looks closer.

    Raises:
        UnreadableImage: no picture, or a damaged one.
        ImageTooLarge: over the limits.
    """
    opened = open_picture(data, extractor)
    return look_at_all([opened], extractor)[0], opened.image


def open_picture(data: bytes, extractor: Extractor) -> Opened:
    """Decode a picture file, and take its hashes; raises as `look_at` does."""
    image = extractor.decode(data)
    hashed = perceptual_hash(image.pixels)
    return Opened(
        sha256=sha256(data).hexdigest(),
        num_bytes=len(data),
        image=image,
        perceptual_hash=hashed.bits.tobytes() if hashed.detail >= MIN_DETAIL else None,
        thumbnail=thumbnail(image.pixels),
    )


def look_at_all(opened: Sequence[Opened], extractor: Extractor) -> list[Look]:
    """Embed pictures together, which is where an accelerator gains."""
    embedder = extractor.embedders["copy"]
    embedded = embedder.embed_regions([each.image.pixels for each in opened])
    looks = []
    for each, vectors in zip(opened, embedded, strict=True):
        offsets = np.zeros(len(vectors), np.float32)
        if embedder.calibration is not None:
            offsets = embedder.calibration.offsets(vectors)
        looks.append(
            Look(
                sha256=each.sha256,
                format=each.image.format,
                width=each.image.width,
                height=each.image.height,
                num_bytes=each.num_bytes,
                perceptual_hash=each.perceptual_hash,
                thumbnail=each.thumbnail,
                vectors=vectors,
                offsets=offsets,
            )
        )
    return looks


def pack_vectors(look: Look) -> bytes:
    """Pack vectors and offsets in half precision.

    Two little-endian uint16, the number of regions and a vector's length; then for each
    region its vector and its offset, as little-endian float16.
    """
    rows = np.column_stack([look.vectors, look.offsets]).astype(_HALF)
    return _HEADER.pack(*look.vectors.shape) + rows.tobytes()


def unpack_vectors(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unpack what `pack_vectors` packed: (regions, dim) vectors, (regions,) offsets.

    Raises:
        ValueError: the bytes are damaged, or something else.
    """
    vectors, offsets = unpack_all([data])
    return vectors[0], offsets[0]


def unpack_all(
    packed: Sequence[bytes],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unpack those of many pictures of one embedder at once.

    Returns:
        (n, regions, dim) vectors and (n, regions) offsets, float32.

    Raises:
        ValueError: some bytes are damaged, or of another embedder than the first.
    """
    if not packed:
        return np.zeros((0, 0, 0), np.float32), np.zeros((0, 0), np.float32)
    header = packed[0][: _HEADER.size]
    if len(header) < _HEADER.size:
        raise ValueError(f"expected packed vectors, found {len(packed[0])} bytes")
    regions, dim = _HEADER.unpack(header)
    num_bytes = _HEADER.size + regions * (dim + 1) * _HALF.itemsize
    for data in packed:
        if len(data) != num_bytes or not data.startswith(header):
            raise ValueError(
                f"expected {num_bytes} bytes of {regions} vectors of {dim} values, "
                f"found {len(data)} bytes of something else"
            )
    joined = b"".join(memoryview(data)[_HEADER.size :] for data in packed)
    rows = np.frombuffer(joined, _HALF).reshape(len(packed), regions, dim + 1)
    found = rows.astype(np.float32)
    return found[:, :, :-1], found[:, :, -1]

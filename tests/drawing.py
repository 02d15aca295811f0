"""Pictures that tests draw, and the files they are saved to."""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageDraw


def draw_scene(width: int = 96, height: int = 64, *, seed: int = 0) -> Image.Image:
    """A smooth background with shapes on it: no symmetry, and every color differs."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (4, 5, 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        right = x + int(rng.integers(3, width // 2))
        bottom = y + int(rng.integers(3, height // 2))
        box = (x, y, right, bottom)
        color = tuple(int(c) for c in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            draw.rectangle(box, fill=color)
        else:
            draw.ellipse(box, fill=color)
    return image


def save(image: Image.Image, format: str, **options: object) -> bytes:
    """Encode a picture."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def exif_of(orientation: int) -> Image.Exif:
    """EXIF metadata that holds an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return (
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
    )


def png(
    width: int, height: int, *, depth: int, color: int, rows: bytes, extra: bytes = b""
) -> bytes:
    """A PNG of any depth and color type, from rows with their filter bytes."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def png_rows(samples: NDArray[np.uint16], depth: int) -> bytes:
    """Pack (h, w) or (h, w, c) samples as the rows of a PNG of 8 or 16 bits."""
    flat = samples.reshape(len(samples), -1)
    packed = flat.astype(">u2" if depth == 16 else np.uint8)
    return b"".join(b"\0" + row.tobytes() for row in packed)


def tiff(
    width: int,
    height: int,
    tags: Mapping[int, tuple[str, Sequence[int]]],
    pixels: bytes,
    *,
    order: str = "<",
) -> bytes:
    """A TIFF of one strip from its tags: struct code (B, H or I) and values."""
    tags = {
        256: ("I", (width,)),
        257: ("I", (height,)),
        273: ("I", (8,)),
        278: ("I", (height,)),
        279: ("I", (len(pixels),)),
        **tags,
    }
    values = pixels + bytes(len(pixels) % 2)
    entries = b""
    for tag, (code, numbers) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(numbers)}{code}", *numbers)
        kind = {"B": 1, "H": 3, "I": 4}[code]
        if len(packed) > 4:
            place = struct.pack(order + "I", 8 + len(values))
            values += packed + bytes(len(packed) % 2)
            packed = place
        entries += struct.pack(order + "HHI", tag, kind, len(numbers))
        entries += packed.ljust(4, b"\0")
    magic = b"II*\0" if order == "<" else b"MM\0*"
    head = magic + struct.pack(order + "I", 8 + len(values))
    return head + values + struct.pack(order + "H", len(tags)) + entries + bytes(4)


def swapped_profile() -> bytes:
    """An ICC profile of RGB that shows red as green, green as blue, blue as red.

    It is sRGB's with the names of its three color columns exchanged.
    """
    profile = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    (num_tags,) = struct.unpack_from(">I", profile, 128)
    names = {b"rXYZ": b"gXYZ", b"gXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    for at in range(132, 132 + 12 * num_tags, 12):
        name = bytes(profile[at : at + 4])
        profile[at : at + 4] = names.get(name, name)
    return bytes(profile)


def distance(pixels0: NDArray[np.uint8], pixels1: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures, in levels."""
    assert pixels0.shape == pixels1.shape
    return float(np.abs(pixels0.astype(float) - pixels1).mean())


SCENE = draw_scene()
PIXELS = np.asarray(SCENE)
LOSSLESS = {
    "png": save(SCENE, "PNG"),
    "webp": save(SCENE, "WEBP", lossless=True),
    "gif": save(SCENE.quantize(64), "GIF"),
    "bmp": save(SCENE, "BMP"),
    "tiff": save(SCENE, "TIFF"),
}
LOSSY = {
    "jpeg": save(SCENE, "JPEG", quality=95, subsampling=0),
    "avif": save(SCENE, "AVIF", quality=95, subsampling="4:4:4"),
    "webp": save(SCENE, "WEBP", quality=95),
}

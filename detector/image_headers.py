"""What a picture file says about itself, read in bounded time without a decoder.

A decoder is handed only what it needs for the pixels: metadata is read here and left
out of the `payload`, so that no comment, profile or tag list of a hostile file reaches
a library that would spend minutes or gigabytes on it, or warn about it.
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from detector.avif_boxes import read_avif
from detector.errors import UnreadableImage
from detector.foreign_files import describe
from detector.jpeg_segments import read_jpeg
from detector.tiff_directory import exif_orientation, read_tiff

SAVE_AGAIN = "Open it in an image editor and save it again as JPEG or PNG."
FETCH_AGAIN = "Download or export it again."

MAX_CHUNKS = 100_000
MAX_PROFILE_BYTES = 4_000_000
MAX_RLE_BYTES = 1_000_000  # Pillow unpacks this rarity in Python, run by run


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """The facts that are needed before, and beside, decoding.

    Attributes:
        format: lower-case name.
        width: in pixels as stored, before orientation.
        height: likewise.
        payload: the file as a decoder should see it.
        orientation: EXIF orientation, 1..8.
        icc_profile: the embedded color profile, unchecked.
        is_cut: the file ends before its picture does.
        is_inverted: CMYK is stored as light, not as ink (Adobe's habit in JPEG).
    """

    format: str
    width: int
    height: int
    payload: bytes
    orientation: int = 1
    icc_profile: bytes | None = None
    is_cut: bool = False
    is_inverted: bool = True


def read_header(data: bytes) -> ImageHeader:
    """Tell the format by content, and read what the file says about its picture.

    Raises:
        UnreadableImage: another format, or a header that makes no sense.
    """
    read = next((read for matches, read in _READERS if matches(data)), None)
    if read is None:
        raise UnreadableImage(
            f"This is {describe(data)}, not a picture in a format that is read.",
            remedy="Send JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF.",
        )
    try:
        header = read(data)
    except (struct.error, IndexError) as error:
        raise UnreadableImage(
            "The file ends inside its header.", remedy=FETCH_AGAIN
        ) from error
    except ValueError as error:
        raise UnreadableImage(
            f"The picture is damaged: {error}.", remedy=SAVE_AGAIN
        ) from error
    if header.width <= 0 or header.height <= 0:
        raise UnreadableImage(
            f"The {header.format.upper()} header gives a size of "
            f"{header.width} x {header.height} pixels.",
            remedy=SAVE_AGAIN,
        )
    return header


def _read_jpeg(data: bytes) -> ImageHeader:
    jpeg = read_jpeg(data)
    return ImageHeader(
        "jpeg",
        jpeg.width,
        jpeg.height,
        jpeg.payload,
        jpeg.orientation,
        jpeg.profile,
        is_cut=jpeg.is_cut,
        is_inverted=jpeg.is_adobe,
    )


def _read_png(data: bytes) -> ImageHeader:
    if data[12:16] != b"IHDR":
        raise ValueError("the PNG does not begin with its header")
    width, height, depth, color = struct.unpack_from(">IIBB", data, 16)
    kept = [data[:8]]
    pixels: list[bytes] = []
    orientation = 1
    profile = None
    position = 8
    for _ in range(MAX_CHUNKS):
        head = data[position : position + 8]
        kind = head[4:]
        if len(head) < 8 or kind == b"IEND":
            break
        length = int.from_bytes(head[:4])
        body = data[position + 8 : position + 8 + length]
        position += 12 + length
        if kind == b"IDAT":
            pixels.append(body)
        elif kind in (b"IHDR", b"PLTE"):
            kept.append(data[position - 12 - length : position])
        elif kind == b"tRNS":
            kept.append(_chunk(kind, _eight_bit_key(body, depth, color)))
        elif kind == b"iCCP":
            profile = _inflate(body.partition(b"\0")[2][1:])
        elif kind == b"eXIf":
            orientation = exif_orientation(body)
    else:
        raise ValueError(f"the PNG has over {MAX_CHUNKS:,} chunks")
    kept += [_chunk(b"IDAT", b"".join(pixels)), _chunk(b"IEND", b"")]
    return ImageHeader("png", width, height, b"".join(kept), orientation, profile)


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def _eight_bit_key(body: bytes, depth: int, color: int) -> bytes:
    """Scale a transparent color as Pillow scales the pixels that it is compared to."""
    values = struct.unpack(f">{len(body) // 2}H", body[: len(body) // 2 * 2])
    if color == 2 and depth == 16:
        values = tuple(value >> 8 for value in values)
    elif color == 0 and depth in (2, 4):
        values = tuple(value * 255 // (2**depth - 1) & 0xFF for value in values)
    else:
        return body
    return struct.pack(f">{len(values)}H", *values)


def _inflate(packed: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else profile


def _read_gif(data: bytes) -> ImageHeader:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    kept = [data[:position]]
    control = b""
    is_extension = False
    for _ in range(MAX_CHUNKS):
        block = data[position]
        if is_extension:
            is_extension = block > 0
            position += block
        elif block == 0x21:
            if data[position + 1 : position + 3] == b"\xf9\x04":
                control = data[position : position + 7] + b"\0"
            is_extension = True
            position += 1
        elif block == 0x2C:
            break
        elif block == 0x3B:
            raise ValueError("the GIF has no picture")
        position += 1
    else:
        raise ValueError(f"the GIF has over {MAX_CHUNKS:,} blocks before its picture")
    kept.append(control)
    left, top, frame_width, frame_height = struct.unpack_from("<4H", data, position + 1)
    kept.append(data[position:])
    return ImageHeader(
        "gif",
        max(width, left + frame_width),
        max(height, top + frame_height),
        b"".join(kept),
    )


def _read_bmp(data: bytes) -> ImageHeader:
    (header_bytes,) = struct.unpack_from("<I", data, 14)
    if header_bytes == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        return ImageHeader("bmp", width, height, data)
    width, height, _, _, compression = struct.unpack_from("<iiHHI", data, 18)
    if compression in (1, 2) and max(len(data), width * abs(height)) > MAX_RLE_BYTES:
        raise UnreadableImage(
            "The picture is a run-length encoded BMP of over a megabyte.",
            remedy=SAVE_AGAIN,
        )
    return ImageHeader("bmp", width, abs(height), data)


def _read_webp(data: bytes) -> ImageHeader:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (n & 0x3FFF for n in struct.unpack_from("<HH", data, 26))
    else:
        raise ValueError("the WebP has no picture")
    orientation = 1
    profile = None
    position = 12
    for _ in range(MAX_CHUNKS):
        head = data[position : position + 8]
        if len(head) < 8:
            break
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            orientation = exif_orientation(data[position + 8 : position + 8 + length])
        elif head[:4] == b"ICCP":
            profile = data[position + 8 : position + 8 + length]
        position += 8 + length + (length & 1)
    else:
        raise ValueError(f"the WebP has over {MAX_CHUNKS:,} chunks")
    return ImageHeader("webp", width, height, data, orientation, profile)


def _read_tiff(data: bytes) -> ImageHeader:
    tiff = read_tiff(data)
    return ImageHeader(
        "tiff", tiff.width, tiff.height, tiff.payload, tiff.orientation, tiff.profile
    )


def _read_avif(data: bytes) -> ImageHeader:
    avif = read_avif(data)
    return ImageHeader("avif", avif.width, avif.height, avif.payload)


def _is_avif(data: bytes) -> bool:
    if data[4:8] != b"ftyp":
        return False
    brands = data[8 : min(int.from_bytes(data[:4]), 512)]
    return b"avif" in brands or b"avis" in brands


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], ImageHeader]], ...] = (
    (lambda data: data.startswith(b"\xff\xd8\xff"), _read_jpeg),
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _read_png),
    (lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP", _read_webp),
    (_is_avif, _read_avif),
    (lambda data: data.startswith((b"GIF87a", b"GIF89a")), _read_gif),
    (lambda data: data.startswith(b"BM") and len(data) >= 26, _read_bmp),
    (lambda data: data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _read_tiff),
)

"""The segments of a JPEG file, and how many scans its picture takes."""

import re
import struct
from dataclasses import dataclass

from detector.tiff_directory import exif_orientation

MAX_SEGMENTS = 10_000
MAX_SCANS = 100  # encoders write about 10; each one costs a pass over the picture

_MARKER = re.compile(rb"\xff+([^\xff\x00])")
_SCAN_END = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # 20 times faster than _MARKER
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_KEPT = _FRAMES | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xE0, 0xEE}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """A JPEG file; fields as in `ImageHeader`.

    Attributes:
        is_adobe: written by Adobe's rules, which store CMYK inverted.
    """

    width: int
    height: int
    payload: bytes
    orientation: int
    profile: bytes | None
    is_adobe: bool
    is_cut: bool


def read_jpeg(data: bytes) -> JpegHeader:
    """Walk over the segments, and leave out those that pixels do not need.

    Raises:
        ValueError: damaged, or built to waste time.
        struct.error: the file ends inside a segment.
    """
    kept = [b"\xff\xd8"]
    size = None
    orientation = 1
    profile_parts: dict[int, bytes] = {}
    is_adobe = False
    position = 2
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(data, position)
        if marker is None or marker[1] == b"\xd9":
            raise ValueError("the JPEG ends before its first scan")
        code = marker[1][0]
        position = marker.end()
        if code == 0xDA:
            break
        if code in _BARE:
            continue
        (length,) = struct.unpack_from(">H", data, position)
        body = data[position + 2 : position + length]
        position += length
        if length < 2 or position > len(data):
            raise ValueError("a JPEG segment has an impossible length")
        if code in _FRAMES:
            if size is not None:
                raise ValueError("the JPEG has two frame headers")
            height, width = struct.unpack_from(">HH", body, 1)
            size = width, height
        elif code == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = exif_orientation(body[6:])
        elif code == 0xE2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            profile_parts[body[12]] = body[14:]
        elif code == 0xEE and body.startswith(b"Adobe"):
            is_adobe = True
        if code in _KEPT:
            kept.append(struct.pack(">BBH", 0xFF, code, length) + body)
    else:
        raise ValueError(f"the JPEG has over {MAX_SEGMENTS:,} segments")
    if size is None:
        raise ValueError("the JPEG has no frame header")
    is_cut = not _ends_properly(data, position)
    kept.append(b"\xff\xda" + data[position:])
    if is_cut:
        # The decoder then fills what is missing with gray instead of giving up.
        kept.append(b"\xff\xd9")
    return JpegHeader(
        *size,
        payload=b"".join(kept),
        orientation=orientation,
        profile=b"".join(part for _, part in sorted(profile_parts.items())) or None,
        is_adobe=is_adobe,
        is_cut=is_cut,
    )


def _ends_properly(data: bytes, position: int) -> bool:
    """Walk over the scans of a JPEG; say whether an end marker follows them."""
    num_scans = 1
    for _ in range(MAX_SEGMENTS):
        marker = _SCAN_END.search(data, position)
        if marker is None:
            return False
        code = marker[0][1]
        if code == 0xD9:
            return True
        position = marker.end()
        num_scans += code == 0xDA
        if num_scans > MAX_SCANS:
            raise ValueError(f"the JPEG has over {MAX_SCANS} scans")
        if code not in _BARE and position + 2 <= len(data):
            position += int.from_bytes(data[position : position + 2])
    raise ValueError(f"the JPEG has over {MAX_SEGMENTS:,} segments")

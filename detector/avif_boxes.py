"""The boxes of an AVIF file, as far as they tell how large a picture it unpacks to.

Layouts: ISO/IEC 14496-12 (meta, iinf, iloc), AV1 bitstream specification 5.3 and 5.5.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BOXES = 10_000
SEQUENCE_HEADER = 1


@dataclass(frozen=True, slots=True)
class AvifHeader:
    """An AVIF file.

    Attributes:
        width: of the largest picture inside, by box or by AV1 stream: a few hundred
            bytes of stream can unpack to far more than the boxes admit.
        height: likewise.
        payload: the file without its animation and without EXIF metadata; AVIF keeps
            orientation elsewhere.
    """

    width: int
    height: int
    payload: bytes


def read_avif(data: bytes) -> AvifHeader:
    """Read the boxes.

    Raises:
        ValueError: no picture there, or too many pieces.
        struct.error: the file ends inside its boxes.
    """
    payload = bytearray(data)
    meta = None
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"ftyp":
            brands = payload[start:end].replace(b"avis", b"avif")
            payload[start:end] = brands.replace(b"msf1", b"mif1")
        elif kind == b"moov":
            payload[start - 4 : start] = b"free"
        elif kind == b"meta" and meta is None:
            meta = start + 4, end
    if meta is None:
        raise ValueError("the AVIF has no still picture")
    start, end = meta
    payload[start:end] = payload[start:end].replace(b"Exif", b"exif")
    sizes = [
        struct.unpack_from(">II", data, match.end() + 4)
        for match in re.compile(b"ispe").finditer(data, start, end)
    ]
    for item in _coded_items(data, start, end):
        sizes.extend(_stream_sizes(item))
    if not sizes:
        raise ValueError("the AVIF does not give the size of its picture")
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return AvifHeader(width, height, bytes(payload))


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        elif size == 0:
            size = end - start
        if size < head:
            raise ValueError("an AVIF box has an impossible length")
        yield kind, start + head, min(start + size, end)
        start += size
    raise ValueError(f"the AVIF has over {MAX_BOXES:,} boxes")


def _coded_items(data: bytes, start: int, end: int) -> Iterator[bytes]:
    """Yield the AV1 stream of every item that has one."""
    boxes = {kind: (at, to) for kind, at, to in _boxes(data, start, end)}
    idat = boxes.get(b"idat", (0, 0))[0]
    if b"iinf" not in boxes or b"iloc" not in boxes:
        raise ValueError("the AVIF does not say where its picture is")
    coded = set()
    at, to = boxes[b"iinf"]
    entries = _boxes(data, at + (6 if data[at] == 0 else 8), to)
    for kind, item_at, _ in entries:
        if kind == b"infe" and data[item_at] >= 2:
            layout = ">4xI2x4s" if data[item_at] == 3 else ">4xH2x4s"
            item, item_kind = struct.unpack_from(layout, data, item_at)
            if item_kind == b"av01":
                coded.add(item)
    for item, extents in _locations(data, boxes[b"iloc"][0], idat):
        if item in coded:
            yield b"".join(data[at : at + length] for at, length in extents)


def _locations(
    data: bytes, at: int, idat: int
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield each item of an `iloc` box with the places of its pieces."""
    version, sizes = struct.unpack_from(">B3xH", data, at)
    at += 6

    def take(num_bytes: int) -> int:
        nonlocal at
        at += num_bytes
        if at > len(data):
            raise ValueError("the AVIF ends inside its boxes")
        return int.from_bytes(data[at - num_bytes : at])

    offset_bytes, length_bytes, base_bytes, index_bytes = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    num_pieces = 0
    for _ in range(take(4 if version == 2 else 2)):
        item = take(4 if version == 2 else 2)
        is_inside = version > 0 and take(2) & 15 == 1
        take(2)
        base = take(base_bytes) + (idat if is_inside else 0)
        extents = []
        for _ in range(take(2)):
            num_pieces += 1
            if num_pieces > MAX_BOXES:
                raise ValueError(f"the AVIF has over {MAX_BOXES:,} pieces")
            take(index_bytes if version > 0 else 0)
            offset = base + take(offset_bytes)
            extents.append((offset, take(length_bytes) or len(data) - offset))
        if sum(max(length, 0) for _, length in extents) > len(data):
            raise ValueError("the pieces of the AVIF do not fit the file")
        yield item, extents


def _stream_sizes(stream: bytes) -> Iterator[tuple[int, int]]:
    """Yield the frame size that each sequence header of an AV1 stream announces."""
    at = 0
    for _ in range(MAX_BOXES):
        if at >= len(stream):
            return
        head = stream[at]
        at += 2 if head & 4 else 1
        length = len(stream) - at
        if head & 2:
            length = 0
            for shift in range(0, 56, 7):
                (byte,) = struct.unpack_from("B", stream, at)
                at += 1
                length |= (byte & 127) << shift
                if byte < 128:
                    break
        if head >> 3 & 15 == SEQUENCE_HEADER:
            yield _Bits(stream[at : at + min(length, 1024)]).frame_size()
        at += length
    raise ValueError(f"the AVIF has over {MAX_BOXES:,} pieces")


class _Bits:
    """Reads a sequence header bit by bit."""

    def __init__(self, header: bytes) -> None:
        self._bits = int.from_bytes(header)
        self._left = 8 * len(header)

    def take(self, num_bits: int) -> int:
        self._left -= num_bits
        if self._left < 0:
            raise ValueError("the AV1 stream ends inside its header")
        return self._bits >> self._left & (1 << num_bits) - 1

    def frame_size(self) -> tuple[int, int]:
        self.take(4)
        if self.take(1):
            self.take(5)
        else:
            self._skip_timing()
        width_bits, height_bits = self.take(4) + 1, self.take(4) + 1
        return self.take(width_bits) + 1, self.take(height_bits) + 1

    def _skip_timing(self) -> None:
        delay_bits = 0
        if self.take(1):
            self.take(64)
            if self.take(1):
                num_zeros = 0
                while not self.take(1):
                    num_zeros += 1
                self.take(num_zeros)
            if self.take(1):
                delay_bits = self.take(5) + 1
                self.take(42)
        has_display_delay = self.take(1)
        for _ in range(self.take(5) + 1):
            self.take(12)
            if self.take(5) > 7:
                self.take(1)
            if delay_bits and self.take(1):
                self.take(2 * delay_bits + 1)
            if has_display_delay and self.take(1):
                self.take(4)

"""The tag directory that TIFF files and EXIF metadata share."""

import struct
from dataclasses import dataclass

MAX_TILES = 65_536
MAX_ENTRIES = 4_096
MAX_SCANS = 100
MAX_SAMPLES = 6
SMALL_TILE_PIXELS = 2**22

WIDTH, HEIGHT, COMPRESSION, ORIENTATION = 256, 257, 259, 274
SAMPLES, TILE_WIDTH, TILE_HEIGHT = 277, 322, 323
OFFSETS, BYTE_COUNTS = (273, 324), (279, 325)
PROFILE = 34675
JPEG_COMPRESSIONS = (6, 7)

# What a decoder needs for the pixels; tags of one value only, and of several.
SINGLE_TAGS = frozenset(
    {WIDTH, HEIGHT, COMPRESSION, SAMPLES, TILE_WIDTH, TILE_HEIGHT}
    | {262, 266, 278, 284, 292, 293, 317, 512, 513, 514, 515, 531}
)
LIST_TAGS = frozenset({258, *OFFSETS, *BYTE_COUNTS, 320, 338, 339, 347})
LIST_TAGS |= {519, 520, 521, 529, 530, 532}
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4}
TYPE_BYTES |= {12: 8, 13: 4, 16: 8}
UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first picture of a TIFF file; fields as in `ImageHeader`."""

    width: int
    height: int
    payload: bytes
    orientation: int
    profile: bytes | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One tag: its 12 or 20 bytes as stored, and its value."""

    raw: bytes
    kind: int
    count: int
    value: bytes


@dataclass(frozen=True, slots=True)
class _Layout:
    """Struct codes of a classic TIFF, or of a BigTIFF."""

    offset_at: int
    offset: str
    count: str
    entry: str
    entry_bytes: int


_CLASSIC = _Layout(4, "I", "H", "HHI4s", 12)
_BIG = _Layout(8, "Q", "Q", "HHQ8s", 20)


@dataclass(frozen=True, slots=True)
class _Directory:
    order: str
    layout: _Layout
    entries: dict[int, _Entry]

    def numbers(self, tag: int) -> tuple[int, ...]:
        entry = self.entries.get(tag)
        if entry is None or entry.kind not in UNSIGNED:
            return ()
        return struct.unpack(
            f"{self.order}{entry.count}{UNSIGNED[entry.kind]}", entry.value
        )

    def number(self, tag: int, default: int) -> int:
        return next(iter(self.numbers(tag)), default)


def exif_orientation(exif: bytes) -> int:
    """Read the orientation, 1..8; broken metadata counts as upright."""
    try:
        directory = _read_directory(exif.removeprefix(b"Exif\0\0"))
    except (ValueError, struct.error):
        return 1
    orientation = directory.number(ORIENTATION, 1)
    return orientation if orientation in range(1, 9) else 1


def read_tiff(data: bytes) -> TiffHeader:
    """Read the first directory, and replace it by one without metadata.

    Raises:
        ValueError: no picture there, or one laid out to waste time or memory.
    """
    directory = _read_directory(data)
    _check_tiles(data, directory)
    profile = directory.entries.get(PROFILE)
    orientation = directory.number(ORIENTATION, 1)
    return TiffHeader(
        directory.number(WIDTH, 0),
        directory.number(HEIGHT, 0),
        _without_metadata(data, directory),
        orientation if orientation in range(1, 9) else 1,
        profile.value if profile else None,
    )


def _read_directory(data: bytes) -> _Directory:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise ValueError("it has no TIFF header")
    is_big = 43 in data[2:4]
    layout = _BIG if is_big else _CLASSIC
    (start,) = struct.unpack_from(order + layout.offset, data, layout.offset_at)
    if start >= len(data):
        raise ValueError("its tag directory lies behind the end of the file")
    (num_entries,) = struct.unpack_from(order + layout.count, data, start)
    if num_entries > MAX_ENTRIES:
        raise ValueError(f"its tag directory has over {MAX_ENTRIES:,} entries")
    start += struct.calcsize(order + layout.count)
    entries: dict[int, _Entry] = {}
    for position in range(
        start, start + num_entries * layout.entry_bytes, layout.entry_bytes
    ):
        raw = data[position : position + layout.entry_bytes]
        if len(raw) < layout.entry_bytes:
            break
        tag, kind, count, value = struct.unpack(order + layout.entry, raw)
        num_bytes = count * TYPE_BYTES.get(kind, 0)
        if num_bytes > len(value):
            (offset,) = struct.unpack(order + layout.offset, value)
            value = data[offset : offset + num_bytes]
        if 0 < num_bytes <= len(value):
            entries.setdefault(tag, _Entry(raw, kind, count, value[:num_bytes]))
    return _Directory(order, layout, entries)


def _check_tiles(data: bytes, directory: _Directory) -> None:
    """Refuse what would cost far more than the number of pixels tells."""
    num_pieces = [len(directory.numbers(tag)) for tag in OFFSETS]
    if not any(num_pieces):
        raise ValueError("the TIFF does not say where its pixels are")
    if max(num_pieces) > MAX_TILES:
        raise ValueError(f"the TIFF is cut into over {MAX_TILES:,} pieces")
    if directory.number(SAMPLES, 1) > MAX_SAMPLES:
        raise ValueError(f"the TIFF has over {MAX_SAMPLES} samples per pixel")
    num_pixels = directory.number(WIDTH, 0) * directory.number(HEIGHT, 0)
    tile_pixels = directory.number(TILE_WIDTH, 0) * directory.number(TILE_HEIGHT, 0)
    if tile_pixels > max(4 * num_pixels, SMALL_TILE_PIXELS):
        raise ValueError("the tiles of the TIFF are far larger than its picture")
    if directory.number(COMPRESSION, 1) not in JPEG_COMPRESSIONS:
        return
    places = [place for tag in OFFSETS for place in directory.numbers(tag)]
    lengths = [length for tag in BYTE_COUNTS for length in directory.numbers(tag)]
    if len(places) != len(lengths) or sum(lengths) > 2 * len(data):
        raise ValueError("the pieces of the TIFF do not fit the file")
    for place, length in zip(places, lengths, strict=True):
        if data.count(b"\xff\xda", place, place + length) > MAX_SCANS:
            raise ValueError(f"a JPEG inside the TIFF has over {MAX_SCANS} scans")


def _without_metadata(data: bytes, directory: _Directory) -> bytes:
    """Append a directory of the tags that pixels need, and point the header at it.

    Values stay where they are, as entries hold absolute offsets.
    """
    kept = [
        entry
        for tag, entry in sorted(directory.entries.items())
        if tag in LIST_TAGS or (tag in SINGLE_TAGS and entry.count == 1)
    ]
    if sum(len(entry.value) for entry in kept) > len(data):
        raise ValueError("the tags of the TIFF overlap")
    order, layout = directory.order, directory.layout
    start = len(data) + len(data) % 2
    return b"".join(
        (
            data[: layout.offset_at],
            struct.pack(order + layout.offset, start),
            data[layout.offset_at + struct.calcsize(order + layout.offset) :],
            bytes(start - len(data)),
            struct.pack(order + layout.count, len(kept)),
            *(entry.raw for entry in kept),
            struct.pack(order + layout.offset, 0),
        )
    )

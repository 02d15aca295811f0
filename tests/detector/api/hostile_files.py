"""Files that no catalogue should be: bombs, escapes, lies."""

import io
import struct
import zipfile
import zlib

from tests.drawing import png_chunk
from tests.live_service import picture

GOOD = picture(41)
TABLE = b"id,title,image_link\ngood-1,A shoe,good.png\n"
ROWS = b"good-1,A shoe,good.png\n"


def zip_of(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    """Pack members beside a good picture."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.png", GOOD)
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def png_bomb() -> bytes:
    """Make a PNG of a few kB that says it has 400 megapixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + png_chunk(b"IEND", b"")
    )


def jpeg_bomb() -> bytes:
    """Make a JPEG of a few bytes that says it has 4 gigapixels."""
    frame = struct.pack(">BHHB", 8, 65_000, 65_000, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def text_bomb() -> bytes:
    """Make a PNG with a comment that unpacks to 64 MB."""
    packed = zlib.compress(bytes(64_000_000), 9)
    chunk = png_chunk(b"zTXt", b"c\0\0" + packed)
    return GOOD[:33] + chunk + GOOD[33:]


def link_to(target: str) -> tuple[zipfile.ZipInfo, bytes]:
    """Make a member that is a symbolic link."""
    entry = zipfile.ZipInfo("link.png")
    entry.create_system = 3
    entry.external_attr = 0o120777 << 16
    return entry, target.encode()


def lying(packed: bytes, name: str, size: int) -> bytes:
    """Change the size that the directory declares for a member once unpacked."""
    place = packed.rindex(b"PK\x01\x02", 0, packed.rindex(name.encode()))
    return packed[: place + 24] + struct.pack("<I", size) + packed[place + 28 :]


def overlapping() -> bytes:
    """Make a ZIP whose directory names the same bytes twice."""
    packed = zip_of()
    start = packed.index(b"PK\x01\x02")
    end = packed.index(b"PK\x05\x06")
    entry = packed[start:end]
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, 2 * len(entry), start, 0)
    return packed[:start] + 2 * entry + tail


def of_many_members(count: int) -> bytes:
    """Make a ZIP that lists one empty member after another."""
    local = b"PK\x03\x04" + bytes(22) + struct.pack("<HH", 1, 0) + b"a"
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    body = local + count * entry
    shown = min(count, 0xFFFF)
    tail = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, shown, shown, len(body) - len(local), 31, 0
    )
    return body + tail


def xml(dtd: str, title: str = "A shoe") -> bytes:
    """Make a Google feed with a document type of its own."""
    return (
        f'<?xml version="1.0"?>{dtd}<rss xmlns:g="http://base.google.com/ns/1.0">'
        f"<channel><item><g:id>1</g:id><title>{title}</title></item></channel></rss>"
    ).encode()


def laughs() -> bytes:
    """Make an XML file whose one entity would grow to 3 GB."""
    lines = ['<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)]
    return xml(f"<!DOCTYPE rss [{''.join(lines)}]>", "&a9;")


def external(target: str) -> bytes:
    """Make an XML file with an entity that lies elsewhere."""
    return xml(f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>', "&x;")


def deep(levels: int) -> bytes:
    """Make an XML file of elements within elements."""
    return xml("", "<b>" * levels + "</b>" * levels)

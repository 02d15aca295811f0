"""Catalogue files with ill intent, and what each has to end in."""

from dataclasses import dataclass

from tests.detector.api import hostile_files as files
from tests.detector.api.hostile_files import GOOD, zip_of

ROW = "good-1,A shoe,good.png"
DOCTYPE = "DOCTYPE or entities"


@dataclass(frozen=True, slots=True)
class Upload:
    """A hostile catalogue file.

    Attributes:
        codes: of the problems that its rows have to have.
        failure: part of the reason why it fails as a whole; "" where it does not.
        num_good: pictures that have to go in nevertheless.
    """

    file: bytes
    codes: frozenset[str]
    failure: str = ""
    num_good: int = 1
    format: str = "auto"


def kept(file: bytes, *codes: str, num_good: int = 1, format: str = "auto") -> Upload:
    """Expect the good rows to go in, and the others to be told of."""
    return Upload(file, frozenset(codes), num_good=num_good, format=format)


def failed(file: bytes, reason: str, format: str = "auto") -> Upload:
    """Expect nothing to go in."""
    return Upload(file, frozenset(), reason, 0, format)


def table(*rows: str, columns: str = "id,title,image_link") -> bytes:
    """Make a ZIP of a table and of a good picture."""
    return zip_of(("a.csv", "\n".join([columns, *rows, ""]).encode()))


def links(*addresses: str) -> bytes:
    """Make a ZIP of a table whose pictures lie there, and of a good one."""
    rows = [f"bad-{i},A shoe,{address}" for i, address in enumerate(addresses)]
    return table(ROW, *rows)


MEMBER, HOST = "refused_member", "image_host_not_allowed"
LIES = zip_of(("b.png", GOOD))
MANY = "|".join(["good.png", *(f"{i}.png" for i in range(20))])

UPLOADS = {
    "a ZIP within a ZIP": kept(zip_of(("inner.zip", zip_of())), "unreadable_image"),
    "a bomb of a member": kept(zip_of(("b.png", bytes(11_000_000))), MEMBER),
    "more than may be unpacked": failed(
        zip_of(("b.png", bytes(13_000_000))), "once unpacked"
    ),
    "members over each other": failed(files.overlapping(), "over each other"),
    "200,001 members": failed(files.of_many_members(200_001), "200,000"),
    "a size too small": kept(files.lying(LIES, "b.png", 10), "invalid_input"),
    "a size too large": kept(files.lying(LIES, "b.png", 200_000), "invalid_input"),
    "a size of 4 GB": failed(files.lying(LIES, "b.png", 0xFFFF_FFF0), "once unpacked"),
    "a way out": kept(zip_of(("../../etc/cron.d/x.png", GOOD)), MEMBER),
    "an absolute name": kept(zip_of(("/etc/cron.d/x.png", GOOD)), MEMBER),
    "names of Windows": kept(zip_of(("C:/x.png", GOOD), ("a\\..\\x", GOOD)), MEMBER),
    "a link": kept(zip_of(files.link_to("/etc/passwd")), MEMBER),
    "a name of 5,000 letters": kept(zip_of(("x" * 5_000, GOOD)), MEMBER),
    "control characters in a name": kept(zip_of(("a\x1b[2J\r\n", GOOD)), MEMBER),
    "bombs for pictures": kept(
        zip_of(("a.png", files.png_bomb()), ("b.jpg", files.jpeg_bomb())),
        "image_too_large",
        "unreadable_image",
    ),
    "a picture with a bomb of a comment": kept(
        zip_of(("a.png", files.text_bomb())), num_good=2
    ),
    "half a ZIP": failed(zip_of()[:500], "a ZIP or an Excel workbook"),
    "billion laughs": failed(files.laughs(), DOCTYPE, "google"),
    "an entity of this machine": failed(
        files.external("file:///etc/passwd"), DOCTYPE, "google"
    ),
    "an entity of the web": failed(
        files.external("http://169.254.169.254/"), DOCTYPE, "google"
    ),
    "a document type elsewhere": failed(
        files.xml('<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x">'), DOCTYPE, "google"
    ),
    "deep XML": kept(files.deep(100_000), "xml_broken", num_good=0, format="google"),
    "no XML": failed(b"<rss" * 1_000, "not well-formed", "google"),
    "links into the network": kept(
        links("http://169.254.169.254/latest/", "http://localhost:5432/"),
        HOST,
    ),
    "links to addresses in disguise": kept(
        links("http://[::1]/a.png", "http://2130706433/a.png", "http://0x7f.1/a.png"),
        HOST,
        "image_fetch_failed",
    ),
    "links of other kinds": kept(
        links("file:///etc/passwd", "gopher://127.0.0.1:70/", "/etc/passwd", "../etc"),
        "bad_link",
        "no_image",
    ),
    "more than 11 pictures": kept(
        table(f"good-1,A shoe,{MANY}", columns="product_id,title,image_paths"),
        "too_many_images",
        "unknown_picture",
    ),
    "a cell of 10 MB": kept(table(ROW, f"b,{'x' * 10_000_000},"), "row_unreadable"),
    "a cell of 100 kB": kept(table(ROW, f"b,{'x' * 100_000},good.png"), "too_long"),
    "NUL in cells": kept(table(ROW, "bad\0-1,A\0,good.png"), "control_character"),
}
"""What it is → the file, and how its import ends."""

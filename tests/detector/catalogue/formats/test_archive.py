import io
import stat
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.catalogue.formats.archive import (
    MAX_DEPTH,
    MAX_MEMBERS,
    RATIO_FREE_BYTES,
    find_table,
    open_archive,
)
from detector.errors import DetectorError, ImageTooLarge, InvalidInput

CONTENT = bytes(range(256)) * 4


def zip_of(
    *members: str | tuple[str | zipfile.ZipInfo, bytes],
    compression: int = zipfile.ZIP_DEFLATED,
) -> io.BytesIO:
    """Write a ZIP of names, or of pairs of a name or ZipInfo and its content."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for member in members:
            name, content = (member, CONTENT) if isinstance(member, str) else member
            archive.writestr(name, content)
    return file


def patched(
    file: io.BytesIO, place: int, value: int, *, field_bytes: int
) -> io.BytesIO:
    """Overwrite a field of the first entry of the directory."""
    data = bytearray(file.getvalue())
    start = data.index(b"PK\x01\x02") + place
    data[start : start + field_bytes] = value.to_bytes(field_bytes, "little")
    return io.BytesIO(data)


def test_members_are_listed_and_read():
    archive = open_archive(zip_of("a/b.jpg", "./c//d.jpg", ("e/", b"")))
    assert archive.names == ("a/b.jpg", "c/d.jpg")
    assert archive.refused == {}
    assert archive.read("c/d.jpg", max_bytes=len(CONTENT)) == CONTENT
    with archive.open("a/b.jpg", max_bytes=len(CONTENT)) as file:
        assert file.read() == CONTENT
        assert file.seek(0) == 0
    assert archive.size_bytes("a/b.jpg") == len(CONTENT)


def test_an_empty_archive_holds_nothing():
    assert open_archive(zip_of()).names == ()


def test_litter_is_ignored():
    names = ["__MACOSX/a/._b.jpg", "a/.DS_Store", "Thumbs.db", "a/._b.jpg", "a/b.jpg"]
    archive = open_archive(zip_of(*names))
    assert archive.names == ("a/b.jpg",)
    assert archive.refused == {}


def test_names_are_read_as_macos_writes_them():
    file = zip_of("_e____.jpg")
    decomposed = "e\u0301".encode()
    data = file.getvalue().replace(b"_e____", b"_" + decomposed + b"__")
    archive = open_archive(io.BytesIO(data))
    assert archive.names == ("_é__.jpg",)
    assert archive.read("_é__.jpg", max_bytes=2000) == CONTENT


def link() -> io.BytesIO:
    info = zipfile.ZipInfo("bad.jpg")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zip_of("good.jpg", (info, b"/etc/passwd"))


def nameless() -> io.BytesIO:
    """Let a name begin with the NUL that ends it for some readers."""
    return io.BytesIO(zip_of("good.jpg", "_bad").getvalue().replace(b"_bad", b"\0bad"))


def bomb() -> io.BytesIO:
    return zip_of("good.jpg", ("bad.jpg", bytes(RATIO_FREE_BYTES + 1)))


def twice() -> io.BytesIO:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zip_of("good.jpg", "bad.jpg", "bad.jpg")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (zip_of("../bad.jpg", "good.jpg"), "out of the ZIP"),
        (zip_of("a/../../bad.jpg", "good.jpg"), "out of the ZIP"),
        (zip_of("/bad.jpg", "good.jpg"), "relative path"),
        (zip_of("C:/bad.jpg", "good.jpg"), "relative path"),
        (zip_of("C:bad.jpg", "good.jpg"), "relative path"),
        (zip_of("..\\bad.jpg", "good.jpg"), "relative path"),
        (zip_of("\\\\host\\bad.jpg", "good.jpg"), "relative path"),
        (zip_of("bad\x1b.jpg", "good.jpg"), "rename"),
        (zip_of("x" * 1001 + ".jpg", "good.jpg"), "rename"),
        (zip_of("a/" * MAX_DEPTH + "bad.jpg", "good.jpg"), "folders deep"),
        (nameless(), "rename"),
        (link(), "a link"),
        (bomb(), "times its size"),
        (twice(), "several files of this name"),
        (patched(zip_of("bad.jpg", "good.jpg"), 8, 1, field_bytes=2), "encrypted"),
        (patched(zip_of("bad.jpg", "good.jpg"), 10, 97, field_bytes=2), "compression"),
    ],
)
def test_a_member_that_cannot_be_trusted_is_refused_and_the_others_read(file, reason):
    archive = open_archive(file)
    assert archive.read("good.jpg", max_bytes=2000) == CONTENT
    ((name, why),) = archive.refused.items()
    assert reason in why
    with pytest.raises(InvalidInput, match="cannot be read"):
        archive.read(name, max_bytes=2000)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(compression):
    archive = open_archive(zip_of("a.jpg", compression=compression))
    assert archive.names == ()
    assert "compression" in archive.refused["a.jpg"]


def test_both_sides_of_the_limit_of_a_member():
    archive = open_archive(zip_of("a.jpg"))
    assert archive.read("a.jpg", max_bytes=1024) == CONTENT
    for read in (archive.read, archive.open):
        with pytest.raises(ImageTooLarge, match="1,024 bytes"):
            read("a.jpg", max_bytes=1023)


def test_both_sides_of_the_limit_of_all_members():
    file = zip_of("a.jpg", "b.jpg")
    assert open_archive(file, max_total_bytes=2048).names
    with pytest.raises(InvalidInput, match="2,048 bytes"):
        open_archive(file, max_total_bytes=2047)


@pytest.mark.parametrize("declared", [0, 10, 1023, 1025, 1 << 30])
def test_a_member_that_lies_about_its_size_is_damaged(declared):
    file = patched(zip_of("a.jpg"), 24, declared, field_bytes=4)
    archive = open_archive(file)
    with pytest.raises(DetectorError) as caught:
        archive.read(*archive.names or ["a.jpg"], max_bytes=2000)
    assert caught.value.remedy


def test_a_bomb_that_declares_little_unpacks_little():
    file = zip_of(("a.jpg", bytes(300 << 20)))
    archive = open_archive(patched(file, 24, 1000, field_bytes=4))
    with pytest.raises(InvalidInput, match="damaged"):
        archive.read("a.jpg", max_bytes=2000)


def overlapping() -> bytes:
    """Make two entries of the directory point to the same bytes."""
    data = zip_of("a.jpg", "b.jpg").getvalue()
    second = data.rindex(b"PK\x01\x02") + 42
    return data[:second] + bytes(4) + data[second + 4 :]


def quoting() -> bytes:
    """Let the first member's bytes contain the second's header, as Fifield's do."""
    inner = zip_of("b.jpg", compression=zipfile.ZIP_STORED).getvalue()
    member = inner[: inner.index(b"PK\x01\x02")]
    outer = zip_of(("a.jpg", member), compression=zipfile.ZIP_STORED).getvalue()
    start = outer.index(b"PK\x01\x02")
    tail = outer[outer.index(b"PK\x05\x06") :]
    entry = bytearray(inner[inner.index(b"PK\x01\x02") : inner.index(b"PK\x05\x06")])
    entry[42:46] = struct.pack("<I", outer.index(b"PK\x03\x04", 4))
    directory = outer[start : outer.index(b"PK\x05\x06")] + bytes(entry)
    end = bytearray(tail)
    end[8:12] = struct.pack("<HH", 2, 2)
    end[12:20] = struct.pack("<II", len(directory), start)
    return outer[:start] + directory + bytes(end)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no ZIP"),
        (b"not a zip at all", "no ZIP"),
        (zip_of("a.jpg").getvalue()[:-30], "no ZIP"),
        (zip_of("a.jpg").getvalue()[500:], "no ZIP"),
        (overlapping(), "lie over each other"),
        (quoting(), "lie over each other"),
    ],
)
def test_a_hostile_structure_refuses_the_archive(data, message):
    with pytest.raises(InvalidInput, match=message) as caught:
        open_archive(io.BytesIO(data))
    assert caught.value.remedy


def test_more_members_than_allowed_are_refused_before_they_are_listed():
    entry = struct.pack(
        "<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, *([0] * 7), 1, *([0] * 6)
    )
    directory = (entry + b"a") * (MAX_MEMBERS + 1)
    end = struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0
    )
    with pytest.raises(InvalidInput, match="more than 200,000 files"):
        open_archive(io.BytesIO(directory + end))


def test_members_are_read_from_several_threads():
    contents = {f"{n}.bin": bytes([n]) * 300_000 for n in range(20)}
    archive = open_archive(zip_of(*contents.items(), compression=zipfile.ZIP_STORED))
    with ThreadPoolExecutor(8) as pool:
        read = pool.map(lambda n: archive.read(n, max_bytes=300_000), contents)
        assert list(read) == list(contents.values())


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (["a.csv", "b.jpg"], "a.csv"),
        (["shop/a.TSV", "shop/b.jpg"], "shop/a.TSV"),
        (["feed.xml", "x/y/z.csv"], "feed.xml"),
        (["a.csv", "b.txt"], None),
        (["a.jpg"], None),
        (["x/y/z.csv"], None),
    ],
)
def test_the_one_table_is_found(names, table):
    archive = open_archive(zip_of(*names))
    if table is not None:
        assert find_table(archive) == table
        return
    with pytest.raises(InvalidInput, match="must hold one table"):
        find_table(archive)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6)), max_size=4),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.integers(0, 3),
)
def test_any_damage_to_an_archive_ends_in_our_error(damages, compression, cut):
    data = zip_of("a.jpg", "b/c.jpg", compression=compression).getvalue()
    for place, put in damages:
        place %= len(data)
        data = data[:place] + put + data[place + len(put) :]
    with suppress(InvalidInput):
        archive = open_archive(io.BytesIO(data[cut:]))
        for name in archive.names:
            with suppress(InvalidInput, ImageTooLarge):
                assert len(archive.read(name, max_bytes=2000)) <= 2000

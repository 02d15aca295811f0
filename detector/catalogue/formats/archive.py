"""An uploaded ZIP, opened without trusting anything that it says."""

import io
import re
import shutil
import stat
import struct
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from contextlib import ExitStack, suppress
from typing import IO, BinaryIO, cast

from detector.errors import ImageTooLarge, InvalidInput

MAX_MEMBERS = 200_000
MAX_TOTAL_BYTES = 20 << 30
MAX_RATIO = 200
"""Photographs hardly shrink, and tables about tenfold; deflate reaches 1032."""
RATIO_FREE_BYTES = 10 << 20
"""A member up to this size may have any ratio."""
MAX_NAME_CHARS = 1_000
MAX_DEPTH = 32
_MAX_DIRECTORY_BYTES = 64 << 20
_LOCAL_HEADER_BYTES = 30
_ENTRY_SIGNATURE = b"PK\x01\x02"
_TABLES = (".csv", ".tsv", ".txt", ".xml")
_LITTER = re.compile(
    r"(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX/.*)",
    re.IGNORECASE,
)
_DRIVE = re.compile(r"[A-Za-z]:")
_AGAIN = "Make the ZIP again with the tool that came with your computer."
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class _Directory:
    """The file while `zipfile` looks for its directory, which it reads in one go."""

    def __init__(self, file: BinaryIO) -> None:
        self.is_open = False
        self.seek = file.seek
        self.tell = file.tell
        self._file = file

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self.is_open:
            return self._file.read(size)
        if size > _MAX_DIRECTORY_BYTES:
            raise InvalidInput(
                f"The ZIP's directory alone is over {_MAX_DIRECTORY_BYTES >> 20} MiB.",
                remedy=f"Keep to {MAX_MEMBERS:,} files a ZIP.",
            )
        data = self._file.read(size)
        # Before a Python object is made of each: there is room for a million.
        if data.count(_ENTRY_SIGNATURE) > MAX_MEMBERS:
            raise _too_many_members()
        return data


class Archive:
    """A ZIP whose members can be read.

    Attributes:
        names: relative, with forward slashes, in NFC, as the ZIP lists them.
        refused: name → why that member cannot be read; the others can.
    """

    def __init__(self, file: BinaryIO, *, max_total_bytes: int) -> None:
        directory = _Directory(file)
        try:
            self._zip = zipfile.ZipFile(cast("IO[bytes]", directory))
        except _FAULTS as error:
            raise InvalidInput(
                f"The file is no ZIP that can be read: {error}.", remedy=_AGAIN
            ) from None
        directory.is_open = True
        entries = self._zip.infolist()
        if len(entries) > MAX_MEMBERS:
            raise _too_many_members()
        _refuse_overlaps(entries, self._zip.start_dir)
        total = sum(entry.file_size for entry in entries)
        if total > max_total_bytes:
            raise InvalidInput(
                f"The ZIP holds {total:,} bytes once unpacked.",
                remedy=f"Part it into ZIPs of at most {max_total_bytes:,} bytes each.",
            )
        files = [(entry, _name_of(entry)) for entry in entries]
        files = [(e, n) for e, n in files if not _is_litter(e, n)]
        counts = Counter(name for _, name in files)
        self.refused: dict[str, str] = {}
        self._members: dict[str, zipfile.ZipInfo] = {}
        for entry, name in files:
            reason = _fault_of(entry, name)
            if counts[name] > 1:
                reason = "the ZIP holds several files of this name; keep one"
            if reason is None:
                self._members[name] = entry
            else:
                self.refused[name] = reason
        self.names: tuple[str, ...] = tuple(self._members)

    def size_bytes(self, name: str) -> int:
        """Say how large a member is at most once unpacked."""
        return self._members[name].file_size

    def read(self, name: str, *, max_bytes: int) -> bytes:
        """Unpack a member.

        Raises:
            ImageTooLarge: over `max_bytes`; no more than that is unpacked.
            InvalidInput: damaged, or no member of `names`.
        """
        target = io.BytesIO()
        self._unpack(name, target, max_bytes)
        return target.getvalue()

    def open(self, name: str, *, max_bytes: int) -> BinaryIO:
        """Unpack a member into a temporary file, which the caller closes.

        Raises:
            ImageTooLarge: over `max_bytes`; no more than that is unpacked.
            InvalidInput: damaged, or no member of `names`.
        """
        with ExitStack() as stack:
            target = stack.enter_context(tempfile.TemporaryFile())
            self._unpack(name, target, max_bytes)
            target.seek(0)
            stack.pop_all()
            return cast("BinaryIO", target)

    def _unpack(self, name: str, target: IO[bytes], max_bytes: int) -> None:
        entry = self._members.get(name)
        if entry is None:
            reason = self.refused.get(name, "there is no such file")
            raise InvalidInput(
                f"{name!r} cannot be read from the ZIP: {reason}.", remedy=_AGAIN
            )
        if entry.file_size > max_bytes:
            raise ImageTooLarge(
                f"{name!r} has {entry.file_size:,} bytes once unpacked.",
                remedy=f"Keep it to {max_bytes:,} bytes.",
            )
        # zipfile unpacks no more than the declared size, and then compares the
        # checksum: what is larger than it says comes out damaged, not large.
        try:
            with self._zip.open(entry) as source:
                shutil.copyfileobj(source, target)
            if target.tell() != entry.file_size:
                raise zipfile.BadZipFile("it is shorter than the ZIP says")
        except _FAULTS as error:
            raise InvalidInput(
                f"{name!r} in the ZIP is damaged: {error}.", remedy=_AGAIN
            ) from None


def open_archive(file: BinaryIO, *, max_total_bytes: int = MAX_TOTAL_BYTES) -> Archive:
    """Open an uploaded ZIP; the file stays open and is not closed.

    A member that cannot be trusted is listed in `refused`. An archive whose structure
    is hostile is refused as a whole.

    Raises:
        InvalidInput: no ZIP; over MAX_MEMBERS; over `max_total_bytes` once unpacked;
            members that share bytes.
    """
    return Archive(file, max_total_bytes=max_total_bytes)


def find_table(archive: Archive) -> str:
    """Name the one table of an archive, at its top or one folder down.

    Raises:
        InvalidInput: there is none, or there are several.
    """
    found = [
        name
        for name in archive.names
        if name.lower().endswith(_TABLES) and name.count("/") <= 1
    ]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(found[:5]) or "none"
    raise InvalidInput(
        f"The ZIP must hold one table at its top or one folder down; found {listed}.",
        remedy=f"Put one file that ends in {', '.join(_TABLES)} beside the pictures.",
    )


def _too_many_members() -> InvalidInput:
    return InvalidInput(
        f"The ZIP holds more than {MAX_MEMBERS:,} files.",
        remedy="Part it into several.",
    )


def _refuse_overlaps(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse members that share bytes, as those of bombs do (Fifield, 2019)."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    limits = [entry.header_offset for entry in ordered[1:]] + [end]
    for entry, limit in zip(ordered, limits, strict=False):
        least = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size
        if entry.header_offset < 0 or least > limit:
            raise InvalidInput(
                "Files in the ZIP lie over each other, or reach beyond its end.",
                remedy=_AGAIN,
            )


def _name_of(entry: zipfile.ZipInfo) -> str:
    """Spell a member's name; macOS writes UTF-8 without saying so."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = unicodedata.normalize("NFC", name)
    if name.startswith("/"):
        return name
    return "/".join(part for part in name.split("/") if part not in {"", "."})


def _is_litter(entry: zipfile.ZipInfo, name: str) -> bool:
    """Tell whether it is a folder, or what operating systems leave behind."""
    return entry.orig_filename.endswith("/") or _LITTER.match(name) is not None


def _fault_of(entry: zipfile.ZipInfo, name: str) -> str | None:
    """Say why a member cannot be trusted."""
    size, packed = entry.file_size, entry.compress_size
    if not name or not name.isprintable() or len(name) > MAX_NAME_CHARS:
        return "its name cannot be used; rename it"
    if name.startswith("/") or _DRIVE.match(name) or "\\" in name:
        return "its name is no relative path with forward slashes; make the ZIP again"
    if ".." in (parts := name.split("/")) or len(parts) > MAX_DEPTH:
        return f"its path leads out of the ZIP or is over {MAX_DEPTH} folders deep"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "it is a link; put the file itself in"
    if entry.flag_bits & 0x2041:
        return "it is encrypted; make the ZIP without a password"
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return "its compression is not supported; make the ZIP with the usual one"
    if size > RATIO_FREE_BYTES and size > MAX_RATIO * max(packed, 1):
        return f"it would unpack to {size:,} bytes, over {MAX_RATIO} times its size"
    return None

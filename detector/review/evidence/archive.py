"""The file of an evidence pack: a ZIP that the same contents always make the same.

Nothing is compressed and no time is noted, so that whoever has the contents can write
the archive again and compare it to the last byte.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

FORMAT = "detector-evidence"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
MAX_MEMBERS = 20_000

Files = Mapping[str, bytes]

_DAMAGE = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What reading a ZIP raises where its bytes are not what they were."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What could be read of an archive.

    Attributes:
        files: name → contents.
        faults: name → why a member could not be read.
    """

    files: Files
    faults: Mapping[str, str]


def write_json(value: object) -> bytes:
    """Write a value down in the one way that has no choices."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
    return text.encode() + b"\n"


def make_manifest(case_id: str, files: Files, *, detector_version: str) -> bytes:
    """List files and their hashes.

    Args:
        case_id: of the case.
        files: name → contents.
        detector_version: by which version they were put together.
    """
    return write_json(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "case_id": case_id,
            "detector_version": detector_version,
            "files": [
                {
                    "name": name,
                    "num_bytes": len(files[name]),
                    "sha256": sha256(files[name]).hexdigest(),
                }
                for name in sorted(files)
            ],
        }
    )


def write_archive(files: Files) -> bytes:
    """Make the archive of files, the manifest first."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name in _in_order(files):
            info = ZipInfo(name)  # its time is that of the format's beginning
            info.external_attr = 0o600 << 16
            info.create_system = 3
            archive.writestr(info, files[name])
    return packed.getvalue()


def read_archive(data: bytes) -> Opened:
    """Read what can be read of an archive; it may come from anywhere."""
    files: dict[str, bytes] = {}
    faults: dict[str, str] = {}
    num_left = len(data)  # that members which do not overlap can still have
    try:
        with ZipFile(BytesIO(data)) as archive:
            members = archive.infolist()[:MAX_MEMBERS]
            for info in members:
                if info.compress_type != ZIP_STORED or info.file_size > num_left:
                    faults[info.filename] = "its entry in the archive was changed"
                    continue
                num_left -= info.file_size
                try:
                    files[info.filename] = archive.read(info)
                except _DAMAGE as error:
                    faults[info.filename] = str(error) or type(error).__name__
    except _DAMAGE as error:
        faults[""] = str(error) or type(error).__name__
    return Opened(files, faults)


def changed_place(data: bytes, files: Files) -> tuple[str, int] | None:
    """Find the first byte in which an archive differs from one written anew.

    Args:
        data: the archive.
        files: that were read from it.

    Returns:
        Name of the file that lies there, empty for the archive's list of them, and the
        place in the archive; None if there is no such byte.
    """
    anew = write_archive(files)
    if anew == data:
        return None
    pairs = enumerate(zip(anew, data, strict=False))
    place = next((at for at, (a, b) in pairs if a != b), min(len(anew), len(data)))
    with ZipFile(BytesIO(anew)) as archive:
        starts = [(info.header_offset, info.filename) for info in archive.infolist()]
        ends = archive.start_dir
    before = [name for start, name in starts if start <= place < ends]
    return (before[-1] if before else ""), place


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name != MANIFEST, name))

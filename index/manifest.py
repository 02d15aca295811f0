"""The manifest of a stored index: what is in its files, and of which model."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from index.errors import CorruptIndex
from index.vector_index import Origin

FORMAT = "counterfeit-detector-index"
VERSION = 1
REMEDY = "Rebuild it with `detector index rebuild`."
GENERATION = re.compile(r"generation-[0-9a-f]{16}")
SHA256 = re.compile(r"[0-9a-f]{64}")


def corrupt(path: Path, expected: str, found: str) -> CorruptIndex:
    """Say which file is wrong, how, and what mends it."""
    return CorruptIndex(f"{path}: expected {expected}, found {found}. {REMEDY}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size in bytes and SHA-256 (hex) of one file."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one save wrote.

    Attributes:
        engine: which kind of index can read the files.
        dim: length of a vector, or bits of a code.
        count: number of ids.
        origin: the model behind the vectors, and the watermark.
        generation: folder of the files, beside the manifest.
        files: by name, inside that folder.
    """

    engine: str
    dim: int
    count: int
    origin: Origin
    generation: str
    files: Mapping[str, StoredFile]

    def serialize(self) -> bytes:
        """Write as JSON that carries its own checksum."""
        body = {
            "format": FORMAT,
            "version": VERSION,
            "engine": self.engine,
            "dim": self.dim,
            "count": self.count,
            **asdict(self.origin),
            "generation": self.generation,
            "files": {name: asdict(file) for name, file in self.files.items()},
        }
        checksum = hashlib.sha256(json.dumps(body).encode()).hexdigest()
        return (json.dumps({**body, "checksum": checksum}, indent=2) + "\n").encode()


def parse_manifest(content: bytes, path: Path) -> Manifest:
    """Read what `Manifest.serialize` wrote; anything else is refused.

    Args:
        content: the file's bytes.
        path: where they came from, for the message.

    Raises:
        CorruptIndex: not a manifest, of another version, or altered since.
    """
    try:
        entries = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise corrupt(path, "JSON", f"none ({error})") from error
    if not isinstance(entries, dict) or entries.get("format") != FORMAT:
        raise corrupt(path, f"the format {FORMAT!r}", "something else")
    if entries.get("version") != VERSION:
        found = repr(entries.get("version"))[:80]
        raise corrupt(path, f"format version {VERSION}", found)
    manifest = _build(entries, path)
    if manifest.serialize() != content:
        raise corrupt(path, "the content its checksum was made of", "altered content")
    return manifest


def _build(entries: Mapping[str, object], path: Path) -> Manifest:
    def text(name: str) -> str:
        value = entries.get(name)
        if not isinstance(value, str):
            raise corrupt(path, f"text under {name!r}", repr(value)[:80])
        return value

    def number(name: str) -> int:
        return _whole_number(entries, name, path)

    files = entries.get("files")
    if not isinstance(files, dict):
        raise corrupt(path, "a table under 'files'", repr(files)[:80])
    manifest = Manifest(
        engine=text("engine"),
        dim=number("dim"),
        count=number("count"),
        origin=Origin(text("model"), text("weights_hash"), number("watermark")),
        generation=text("generation"),
        files={name: _stored_file(name, file, path) for name, file in files.items()},
    )
    if not GENERATION.fullmatch(manifest.generation):
        raise corrupt(path, "the name of a generation", repr(manifest.generation)[:80])
    return manifest


def _stored_file(name: str, file: object, path: Path) -> StoredFile:
    checksum = file.get("sha256") if isinstance(file, dict) else None
    if not isinstance(file, dict) or not isinstance(checksum, str):
        raise corrupt(path, f"size and sha256 of {name!r}", repr(file)[:80])
    if not SHA256.fullmatch(checksum):
        raise corrupt(path, f"a SHA-256 for {name!r}", repr(checksum)[:80])
    return StoredFile(_whole_number(file, "size", path), checksum)


def _whole_number(entries: Mapping[str, object], name: str, path: Path) -> int:
    value = entries.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise corrupt(path, f"a whole number under {name!r}", repr(value)[:80])
    return value

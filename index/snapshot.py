"""An index on disk: checked files behind a manifest that is replaced in one step.

    folder/
      manifest.json            what is stored, of which model, sizes and checksums
      generation-<16 hex>/     the files of one save, never changed once written
        ids.json               the string ids
        <name>.npy             arrays
        <name>-<16 hex>.npy    arrays of a block of rows, which never change
      .lock                    held by whoever saves

A save writes a new generation, flushes it to the disk, and then replaces the manifest,
which names it: a reader, or a kill at any moment, sees the old index or the new one. (A
folder that holds files cannot be renamed onto another in one step.) Generations that
the manifest does not name are deleted by the next save, under the lock. Blocks that the
generation before has are not written again: the new one holds hard links to them.

Arrays are stored as `.npy` and not in faiss' format, because faiss parses whatever
bytes it is given. A load of 1 M x 256 from a warm disk costs 2.3 s of CPU, 1.4 of them
the checksum, 0.7 the reading; `faiss.read_index`, which checks nothing, 0.8 to 1.7 s.
"""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.array_file import (
    Bytes,
    Scalar,
    decode_array,
    encode_array,
    map_file,
    read_file,
    write_file,
)
from index.block_files import block_keys, find_blocks, link_file
from index.errors import CorruptIndex, ModelMismatch
from index.manifest import REMEDY, Manifest, corrupt, parse_manifest
from index.vector_index import Origin

MANIFEST_FILE = "manifest.json"
IDS_FILE = "ids.json"
LOCK_FILE = ".lock"
MAX_MANIFEST_BYTES = 1_000_000

Arrays = Mapping[
    str,
    NDArray[np.float32]
    | NDArray[np.float16]
    | NDArray[np.uint8]
    | NDArray[np.int32]
    | NDArray[np.int64],
]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A stored index whose every byte was checked.

    Attributes:
        folder: where it lies.
        manifest: what it says about itself.
        ids: unique, in the order of the arrays' rows.
        contents: the bytes of each array file, by name.
        keys: of the blocks, in the order of their rows.
    """

    folder: Path
    manifest: Manifest
    ids: list[str]
    contents: Mapping[str, Bytes]
    keys: Sequence[str]

    def path(self, name: str) -> Path:
        """Tell where the array of that name lies."""
        return self.folder / self.manifest.generation / f"{name}.npy"

    def array(
        self, name: str, dtype: type[Scalar], shape: tuple[int, ...]
    ) -> NDArray[Scalar]:
        """Take an array; another type or shape is `CorruptIndex`."""
        return decode_array(self.contents[name], dtype, shape, self.path(name))


def save_snapshot(
    folder: Path,
    origin: Origin,
    *,
    engine: str,
    dim: int,
    ids: Sequence[str],
    arrays: Arrays,
    count: int | None = None,
) -> None:
    """Write an index to `folder`, in place of the one there.

    Processes that save at the same time take turns; the last one stands.

    Args:
        folder: made where it does not exist.
        origin: of the vectors.
        engine: the kind of index.
        dim: length of a vector, or bits of a code.
        ids: in the order of the arrays' rows.
        arrays: by name; `name-<16 hex>` for those of a block.
        count: of all ids, where blocks hold some; otherwise those of `ids`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _saving(folder):
        generation = folder / f"generation-{secrets.token_hex(8)}"
        generation.mkdir()
        try:
            files = {IDS_FILE: write_file(generation / IDS_FILE, [_encode_ids(ids)])}
            former = find_blocks(folder, _read_former(folder))
            for name, array in arrays.items():
                path = generation / f"{name}.npy"
                if path.name in former and link_file(former[path.name][0], path):
                    files[path.name] = former[path.name][1]
                else:
                    files[path.name] = write_file(path, encode_array(array))
            _flush_folder(generation)
            num_ids = len(ids) if count is None else count
            manifest = Manifest(
                engine, dim, num_ids, origin, generation.name, files
            ).serialize()
            new = generation / MANIFEST_FILE
            write_file(new, [manifest])
            _flush_folder(folder)
            new.replace(folder / MANIFEST_FILE)
        except OSError:
            shutil.rmtree(generation, ignore_errors=True)
            raise
        _flush_folder(folder)
        for other in folder.glob("generation-*"):
            if other.name != generation.name:
                # What cannot be deleted now is tried again by the next save.
                shutil.rmtree(other, ignore_errors=True)


def load_snapshot(
    folder: Path,
    *,
    engine: str,
    names: Sequence[str],
    model: str,
    weights_hash: str,
    block_names: Sequence[str] = (),
) -> Snapshot:
    """Read an index and check everything about it that its kind need not know.

    Args:
        folder: where it was saved.
        engine: the kind that the caller can read.
        names: of the arrays that this kind consists of.
        model: the model in use.
        weights_hash: of the model in use.
        block_names: of the arrays that each block consists of; they are mapped, the
            others read into memory.

    Raises:
        FileNotFoundError: no index there.
        CorruptIndex: damaged, truncated, foreign, or of another format.
        ModelMismatch: made from another model or weights.
    """
    manifest = read_manifest(folder)
    while True:
        try:
            return _read_generation(
                folder,
                manifest,
                engine,
                names,
                block_names,
                Origin(model, weights_hash, 0),
            )
        except CorruptIndex:
            # A save may have replaced and deleted the files while we read them.
            latest = read_manifest(folder)
            if latest.generation == manifest.generation:
                raise
            manifest = latest


def read_manifest(folder: Path) -> Manifest:
    """Read what a stored index says about itself, without its arrays.

    Raises:
        FileNotFoundError: no index there.
        CorruptIndex: no manifest of ours.
    """
    path = folder / MANIFEST_FILE
    try:
        with path.open("rb") as file:
            content = file.read(MAX_MANIFEST_BYTES + 1)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path}: no index is stored there. {REMEDY}"
        ) from error
    except (NotADirectoryError, IsADirectoryError) as error:
        raise corrupt(path, "a file in a folder", "something else") from error
    if len(content) > MAX_MANIFEST_BYTES:
        raise corrupt(path, f"at most {MAX_MANIFEST_BYTES} bytes", "more")
    return parse_manifest(content, path)


def _read_generation(
    folder: Path,
    manifest: Manifest,
    engine: str,
    names: Sequence[str],
    block_names: Sequence[str],
    origin: Origin,
) -> Snapshot:
    path = folder / MANIFEST_FILE
    if manifest.engine != engine:
        raise corrupt(path, f"an index of kind {engine}", manifest.engine)
    check_model(path, manifest.origin, origin)
    keys = block_keys(manifest) if block_names else []
    mapped = {f"{name}-{key}" for key in keys for name in block_names}
    expected = {IDS_FILE, *(f"{name}.npy" for name in [*names, *mapped])}
    if manifest.files.keys() != expected:
        found = ", ".join(sorted(manifest.files))
        raise corrupt(path, f"the files {', '.join(sorted(expected))}", found)
    generation = folder / manifest.generation
    ids_file = generation / IDS_FILE
    ids = _decode_ids(
        read_file(ids_file, manifest.files[IDS_FILE]).tobytes(),
        None if block_names else manifest.count,
        ids_file,
    )
    contents = {}
    for name in [*names, *mapped]:
        read = map_file if name in mapped else read_file
        file = f"{name}.npy"
        contents[name] = read(generation / file, manifest.files[file])
    return Snapshot(folder, manifest, ids, contents, keys)


def _read_former(folder: Path) -> Manifest | None:
    """Read the manifest that a save is to replace; None if there is none to trust."""
    try:
        return read_manifest(folder)
    except (FileNotFoundError, CorruptIndex):
        return None


def check_model(path: Path | str, found: Origin, expected: Origin) -> None:
    """Refuse an index that was made from another model or other weights."""
    if (found.model, found.weights_hash) == (expected.model, expected.weights_hash):
        return
    raise ModelMismatch(
        f"{path}: expected vectors of {_describe(expected)}, found {_describe(found)}."
        f" {REMEDY}"
    )


def _describe(origin: Origin) -> str:
    weights = f"weights {origin.weights_hash[:12]}" if origin.weights_hash else "none"
    return f"model {origin.model!r} ({weights})"


def _encode_ids(ids: Sequence[str]) -> bytes:
    return json.dumps(list(ids), separators=(",", ":")).encode()


def _decode_ids(content: bytes, count: int | None, path: Path) -> list[str]:
    try:
        ids = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise corrupt(path, "a list of ids", f"none ({error})") from error
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids):
        raise corrupt(path, "a list of ids", "something else")
    expected = len(ids) if count is None else count
    if not len(ids) == len(set(ids)) == expected:
        found = f"{len(ids)}, {len(set(ids))} of them different"
        raise corrupt(path, f"{expected} different ids", found)
    return ids


@contextmanager
def _saving(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system releases it when its holder is killed."""
    with (folder / LOCK_FILE).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _flush_folder(folder: Path) -> None:
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot flush a folder, and need not.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)

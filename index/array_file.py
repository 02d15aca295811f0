"""Files of a stored index: written with a checksum, checked before they are read.

Arrays are plain `.npy`, which numpy opens anywhere; nothing here can unpickle.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.manifest import StoredFile, corrupt

CHUNK_BYTES = 1 << 22
Scalar = TypeVar("Scalar", bound=np.generic)
Bytes = NDArray[np.uint8]


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> StoredFile:
    """Write a new file and flush it to the disk."""
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
            size += memoryview(chunk).nbytes
        file.flush()
        os.fsync(file.fileno())
    return StoredFile(size, digest.hexdigest())


def read_file(path: Path, stored: StoredFile) -> Bytes:
    """Read a file into memory, and refuse it unless it is what was written.

    Size comes first, so that no more memory is taken than the manifest admits; the
    bytes returned are the ones that were summed, not a second reading of the file.

    Raises:
        CorruptIndex: missing, or another size or checksum.
    """
    digest = hashlib.sha256()
    with _open_sized(path, stored) as file:
        content = np.empty(stored.size, np.uint8)
        for start in range(0, stored.size, CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            if file.readinto(chunk.data) != len(chunk):
                raise corrupt(path, f"{stored.size} bytes", "fewer")
            digest.update(chunk.data)
    _check_sum(path, stored, digest.hexdigest())
    return content


def map_file(path: Path, stored: StoredFile) -> Bytes:
    """Map a file, and refuse it unless it is what was written.

    All of it is read and summed once, which also brings it into memory; the system may
    take that back and read the file again.

    Raises:
        CorruptIndex: missing, or another size or checksum.
    """
    with _open_sized(path, stored) as file:
        if not stored.size:
            raise corrupt(path, "content", "none")
        content = np.asarray(np.memmap(file, np.uint8, "r"))
    digest = hashlib.sha256()
    for start in range(0, stored.size, CHUNK_BYTES):
        digest.update(content[start : start + CHUNK_BYTES].data)
    _check_sum(path, stored, digest.hexdigest())
    return content


@contextmanager
def _open_sized(path: Path, stored: StoredFile) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != stored.size:
                raise corrupt(path, f"{stored.size} bytes", f"{size}")
            yield file
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise corrupt(path, "a file", "none") from error


def _check_sum(path: Path, stored: StoredFile, sha256: str) -> None:
    if sha256 != stored.sha256:
        raise corrupt(path, f"SHA-256 {stored.sha256[:12]}…", f"{sha256[:12]}…")


def encode_array(array: NDArray[Scalar]) -> tuple[bytes, memoryview]:
    """Split an array into the header and the data of a `.npy` file."""
    array = np.ascontiguousarray(array)
    return _header(array.dtype, array.shape), array.reshape(-1).view(np.uint8).data


def decode_array(
    content: Bytes, dtype: type[Scalar], shape: tuple[int, ...], path: Path
) -> NDArray[Scalar]:
    """View the bytes of a `.npy` file as the array they hold, without a copy.

    The header is compared, not parsed: the caller knows what must be there.

    Args:
        content: all bytes of the file.
        dtype: the only type accepted.
        shape: the only shape accepted.
        path: where the bytes came from, for the message.

    Raises:
        CorruptIndex: no `.npy`, or another type or shape.
    """
    header = _header(np.dtype(dtype), shape)
    if content[: len(header)].tobytes() != header:
        raise corrupt(path, f"{np.dtype(dtype)} of shape {shape}", "another array")
    data = content[len(header) :]
    num_bytes = int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if len(data) != num_bytes:
        raise corrupt(path, f"{num_bytes} bytes of data", f"{len(data)}")
    return data.view(dtype).reshape(shape)


def bytes_shape(content: Bytes) -> tuple[int]:
    """Tell the shape that an array of bytes has, from the size of its file."""
    return (max(0, len(content) - len(_header(np.dtype(np.uint8), (0,)))),)


def _header(dtype: np.dtype[Scalar], shape: tuple[int, ...]) -> bytes:
    """Write the header that a row-major array of this type and shape has."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header,
        {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": shape,
        },
    )
    return header.getvalue()

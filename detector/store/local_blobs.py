"""Blobs in a folder of this machine, through fsspec."""

import fcntl
import os
import time
import uuid
from hashlib import sha256
from pathlib import Path

from fsspec.implementations.local import (  # type: ignore[import-untyped]
    LocalFileSystem,
)

from detector.errors import StoreFault
from detector.store.blobs import UNUSED_S, checked, missing


class LocalBlobs:
    """Files `ab/cd/<sha256>`; see `Blobs`.

    A blob is written under a temporary name, synced and renamed, so that a kill
    leaves either all of it or none. Temporary files carry a lock that dies with their
    writer; what has lost its lock is litter, see `sweep`.
    """

    is_on_disk = True

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder
        self._temporary = folder / "tmp"
        self._files = LocalFileSystem()
        self._files.makedirs(str(self._temporary), exist_ok=True)

    def place(self, digest: str) -> str:
        """Say which file a blob is, or would be."""
        return str(self._path(digest))

    def put(self, data: bytes) -> str:
        """Store the bytes and return their SHA-256."""
        digest = sha256(data).hexdigest()
        target = self._path(digest)
        try:
            if not self._renew(target):
                self._files.makedirs(str(target.parent), exist_ok=True)
                while not self._write(data, target):
                    pass
        except OSError as error:
            raise StoreFault(
                f"{target} cannot be written: {error.strerror}.",
                remedy="Free some disk space, or let this user write to the folder.",
            ) from error
        return digest

    def read(self, digest: str) -> bytes:
        """Read a blob and check it against its name."""
        path = self._path(digest)
        try:
            data: bytes = self._files.cat_file(str(path))
        except FileNotFoundError as error:
            raise missing(str(path)) from error
        except OSError as error:
            raise StoreFault(
                f"{path} cannot be read: {error.strerror}.",
                remedy="Let this user read the folder, or mend the disk.",
            ) from error
        return checked(data, digest, str(path))

    def size(self, digest: str) -> int | None:
        """Say how many bytes a blob has; None if it is not there."""
        path = str(self._path(digest))
        return self._files.size(path) if self._files.exists(path) else None

    def delete(self, digest: str, *, unused_s: float = UNUSED_S) -> bool:
        """Delete a blob, unless somebody has put the same bytes of late."""
        path = self._path(digest)
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                found = os.fstat(file.fileno())
                if found.st_nlink == 0:  # another process was quicker
                    return not path.exists()
                if time.time() - found.st_mtime < unused_s:
                    return False
                path.unlink()
        except FileNotFoundError:
            return True
        return True

    def sweep(self) -> int:
        """Delete the temporary files of writers that were killed; return how many."""
        num_deleted = 0
        for path in self._temporary.glob("*"):
            try:
                with path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    num_deleted += 1
            except (BlockingIOError, FileNotFoundError):
                continue
        return num_deleted

    def flaws(self) -> list[StoreFault]:
        """Find nothing amiss with a folder that can be used."""
        return []

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest[2:4] / digest

    def _renew(self, path: Path) -> bool:
        """Note that somebody has put a blob again; False if it is not there."""
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                os.utime(file.fileno())
                return os.fstat(file.fileno()).st_nlink > 0
        except FileNotFoundError:
            return False

    def _write(self, data: bytes, target: Path) -> bool:
        """Write one file; False if a sweep took it before its lock was on."""
        path = self._temporary / uuid.uuid4().hex
        with self._files.open(str(path), "wb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            try:
                path.replace(target)
            except FileNotFoundError:
                return False
        sync_folder(target.parent)
        return True


def sync_folder(folder: Path) -> None:
    """Write a folder's list of names to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Pictures by the SHA-256 of their bytes, in a folder, through fsspec."""

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

UNUSED_S = 3_600.0
"""Far longer than it takes to commit what refers to a blob that was just put."""


class Blobs:
    """Content-addressed files `ab/cd/<sha256>`; a name that exists is complete.

    A blob is written under a temporary name, synced and renamed, so that a kill
    leaves either all of it or none. Temporary files carry a lock that dies with their
    writer; what has lost its lock is litter, see `sweep`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._temporary = folder / "tmp"
        self._files = LocalFileSystem()
        self._files.makedirs(str(self._temporary), exist_ok=True)

    def path(self, digest: str) -> Path:
        """Say where a blob lies, or would."""
        return self.folder / digest[:2] / digest[2:4] / digest

    def put(self, data: bytes) -> str:
        """Store the bytes and return their SHA-256; storing twice is harmless.

        Raises:
            StoreFault: the disk is full, or the folder may not be written to.
        """
        digest = sha256(data).hexdigest()
        target = self.path(digest)
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
        """Read a blob and check it against its name.

        Raises:
            StoreFault: it is not there, or is not what its name says.
        """
        path = self.path(digest)
        try:
            data: bytes = self._files.cat_file(str(path))
        except FileNotFoundError as error:
            raise StoreFault(
                f"{path} is missing.",
                remedy="Restore it from a backup, or import its picture again.",
            ) from error
        except OSError as error:
            raise StoreFault(
                f"{path} cannot be read: {error.strerror}.",
                remedy="Let this user read the folder, or mend the disk.",
            ) from error
        if sha256(data).hexdigest() != digest:
            raise StoreFault(
                f"{path} does not hold the bytes that its name says.",
                remedy="Restore it from a backup, or delete it and import its "
                "picture again.",
            )
        return data

    def size(self, digest: str) -> int | None:
        """Say how many bytes a blob has; None if it is not there."""
        path = str(self.path(digest))
        return self._files.size(path) if self._files.exists(path) else None

    def delete(self, digest: str, *, unused_s: float = UNUSED_S) -> bool:
        """Delete a blob, unless somebody has put the same bytes of late.

        Who puts bytes commits what refers to them only afterwards: until then, that
        they were put is all that tells of it.

        Args:
            digest: SHA-256 of its bytes.
            unused_s: nobody may have put them for so long.

        Returns:
            Whether it is gone.
        """
        path = self.path(digest)
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

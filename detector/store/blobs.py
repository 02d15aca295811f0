"""Pictures by the SHA-256 of their bytes, wherever they lie."""

import uuid
from hashlib import sha256
from typing import Protocol

from detector.errors import StoreFault

UNUSED_S = 3_600.0
"""Far longer than it takes to commit what refers to a blob that was just put."""


class Blobs(Protocol):
    """Content-addressed bytes; a name that exists is complete.

    Safe to use from several threads, and by several processes at once.
    """

    name: str
    """Where they are, for people."""
    is_on_disk: bool
    """Whether they take room on the disk of the data directory."""

    def place(self, digest: str) -> str:
        """Say where a blob lies, or would."""

    def put(self, data: bytes) -> str:
        """Store the bytes and return their SHA-256; storing twice is harmless.

        Raises:
            StoreFault: they cannot be stored.
        """

    def read(self, digest: str) -> bytes:
        """Read a blob and check it against its name.

        Raises:
            StoreFault: it is not there, or is not what its name says.
        """

    def size(self, digest: str) -> int | None:
        """Say how many bytes a blob has; None if it is not there."""

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

    def sweep(self) -> int:
        """Delete what killed processes left half done; return how many files."""

    def flaws(self) -> list[StoreFault]:
        """List what is amiss with the place though it can be used.

        Raises:
            StoreFault: it cannot be looked at.
        """


def try_out(blobs: Blobs) -> list[StoreFault]:
    """Store something, read and delete it; list what is amiss all the same.

    Raises:
        StoreFault: that does not work.
    """
    digest = blobs.put(uuid.uuid4().bytes)
    blobs.read(digest)
    blobs.delete(digest, unused_s=0)
    return blobs.flaws()


def checked(data: bytes, digest: str, place: str) -> bytes:
    """Pass bytes on that are what their name says.

    Raises:
        StoreFault: they are not.
    """
    if sha256(data).hexdigest() != digest:
        raise StoreFault(
            f"{place} does not hold the bytes that its name says.",
            remedy="Restore it from a backup, or delete it and import its "
            "picture again.",
        )
    return data


def missing(place: str) -> StoreFault:
    """Say of a blob that it is not there."""
    return StoreFault(
        f"{place} is missing.",
        remedy="Restore it from a backup, or import its picture again.",
    )

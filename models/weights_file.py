"""Weights on disk: found, hashed, and held to the hash that was published with them."""

import hashlib
from pathlib import Path

from models.errors import CorruptWeights, MissingWeights

HASH_SUFFIX = ".sha256"
"""A file beside the weights, in the format of `sha256sum`."""


def require_weights(path: Path, *, remedy: str) -> str:
    """Hash a weights file, and compare with the hash file beside it if there is one.

    Args:
        path: the weights.
        remedy: the sentence that tells how to get the file, for the error.

    Returns:
        SHA-256, hex.

    Raises:
        MissingWeights: no file there.
        CorruptWeights: the file is not the one whose hash was written down.
    """
    if not path.is_file():
        raise MissingWeights(f"{path}: no such weights file. {remedy}")
    found = sha256_of(path)
    hash_file = path.with_name(path.name + HASH_SUFFIX)
    if hash_file.is_file():
        words = hash_file.read_text().split(maxsplit=1)
        expected = words[0].lower() if words else "nothing"
        if found != expected:
            raise CorruptWeights(
                f"{path}: its SHA-256 is {found[:12]}…, but {hash_file.name} says "
                f"{expected[:12]}…: the file was cut off or altered. {remedy}"
            )
    return found


def write_hash(path: Path) -> None:
    """Write the hash file that `require_weights` reads."""
    hash_file = path.with_name(path.name + HASH_SUFFIX)
    hash_file.write_text(f"{sha256_of(path)}  {path.name}\n")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
